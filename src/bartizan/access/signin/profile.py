"""What a principal does: devices, places, sources, clients and hours, and how often each is new with it.

Rules of this file: pure; sharded by principal; every list bounded. Only good sign-ins teach, and a value counts as known
after two days: until then it is suspected again, half as much, so that one success in the quiet buys nothing.
A value that is known gives way only to age, never to new ones. What is new is weighed by how often that is so with this
principal, which few days say little of (the rule of succession): who travels every week may be anywhere.
"""

from collections.abc import Mapping
from math import log2
from typing import Final

import msgspec

from bartizan.access.signin.subject import SignIn
from bartizan.clock import DAY

KNOWN: Final = 2
"""Days on which a value must have been used well to be known."""
_MOST: Final = 16
_STALE: Final = 60
_HOURS: Final = 24
_HOUR: Final = DAY // _HOURS
_DECAY: Final = 0.98
_BITS: Final = 3.0
"""What a new value weighs at most; where it grew on, the past would seem ordinary."""
_NEWS, _NEWS_DAYS = 1, 7
"""What is presumed of a principal before its own habit tells: one new value a week."""
_SETTLED: Final = 3
"""Days of a principal before which everything is new with it, and nothing tells."""
_HOUR_BITS: Final = 4.0

Values = Mapping[str, tuple[int, int]]
"""Value -> (on how many days, last day)."""


class Trait(msgspec.Struct, frozen=True):
    """One thing that sign-ins of a principal have: the values seen, and how often a value was new."""

    values: Values = {}
    new: int = 0

    def novelty(self, value: str, days: int) -> float:
        """Return how surprising a value is, in bits; 0 for what is known or not said.

        Args:
            value: as in this sign-in.
            days: on how many the principal has been active.
        """
        used = self.values.get(value, (0, 0))[0]
        if not value or used >= KNOWN or not self.values or days < _SETTLED:
            return 0.0
        often = (self.new + _NEWS) / (days + _NEWS_DAYS)
        return max(0.0, min(_BITS, -log2(often))) * (1 - used / KNOWN)

    def learn(self, value: str, day: int) -> "Trait":
        """Return the trait after a good sign-in with a value."""
        known = self.values.get(value)
        if not value or (known is not None and known[1] >= day):
            return self
        values = dict(self.values)
        values[value] = (1, day) if known is None else (known[0] + 1, day)
        if len(values) > _MOST:
            del values[self._leaving(day, value)]
        return Trait(values, self.new + (known is None and bool(self.values)))

    def _leaving(self, day: int, but: str) -> str:
        """Return which value gives way: of those that are not known, or not used for long, the oldest."""

        def rank(item: tuple[str, tuple[int, int]]) -> tuple[bool, int]:
            (_, (used, last)) = item
            return used >= KNOWN and day - last < _STALE, last

        return min(((value, each) for value, each in self.values.items() if value != but), key=rank)[0]


class Tries(msgspec.Struct, frozen=True, gc=False):
    """What strangers tried with a principal: today's tries and marks of their sources, and the sum of days before."""

    day: int = 0
    marks: int = 0
    count: int = 0
    sum: float = 0.0


class Session(msgspec.Struct, frozen=True, gc=False):
    """Where a session was begun."""

    source: str
    device: str
    place: str


class Profile(msgspec.Struct, frozen=True):
    """What is known of a principal.

    Attributes:
        days, last_day, last_at: on how many it was active, and the last of them.
        longest: its longest pause so far, in days.
        devices, sources, places, clients: its traits.
        hours: how much it signs in at each hour of the day, UTC.
        place: where it was last.
        tried: what strangers did with its name.
        sessions: that it began lately, oldest first.
    """

    days: int = 0
    last_day: int = 0
    last_at: int = 0
    longest: int = 0
    devices: Trait = Trait()
    sources: Trait = Trait()
    places: Trait = Trait()
    clients: Trait = Trait()
    hours: tuple[float, ...] = (0.0,) * _HOURS
    place: str = ""
    tried: Tries = Tries()
    sessions: Mapping[str, Session] = {}

    @property
    def earned(self) -> bool:
        """Whether it ever signed in well."""
        return self.days > 0

    @property
    def tries(self) -> int:
        """How often strangers tried its name on the last day that they did."""
        return self.tried.count

    def hour_bits(self, at: int) -> float:
        """Return how surprising the hour is, in bits, against the principal's busiest."""
        if self.days < KNOWN:
            return 0.0
        here = at // _HOUR % _HOURS
        most = max(self._around(hour) for hour in range(_HOURS))
        return min(_HOUR_BITS, log2((most + 0.5) / (self._around(here) + 0.5)))

    def _around(self, hour: int) -> float:
        return self.hours[hour] + (self.hours[hour - 1] + self.hours[(hour + 1) % _HOURS]) / 2


def learnt(profile: Profile, signin: SignIn) -> Profile:
    """Return a profile after a good sign-in."""
    day = signin.day
    fresh = day > profile.last_day
    pause = day - profile.last_day if profile.days else 0
    hours = [each * _DECAY for each in profile.hours] if fresh else list(profile.hours)
    hours[signin.at // _HOUR % _HOURS] += 1
    return Profile(
        profile.days + fresh,
        max(day, profile.last_day),
        max(signin.at, profile.last_at),
        max(profile.longest, pause),
        profile.devices.learn(signin.device, day),
        profile.sources.learn(signin.source, day),
        profile.places.learn(signin.place, day),
        profile.clients.learn(signin.client, day),
        tuple(hours),
        signin.place or profile.place,
        profile.tried,
        profile.sessions,
    )
