"""What strangers do together: tries that come from places where nobody signs in well, each of them too few to tell.

Rules of this file: pure; sharded by origin, of fixed size, so that no number of sources or names pushes anything out of it.
A crowd is weighed by a sum that grows with every day above the usual (CUSUM), so that a slow one is found too. What is
usual may grow by a quarter from week to week and no faster: who begins slowly to become usual has to stay slow.
Source: Page 1954 (CUSUM).
"""

from statistics import median

import msgspec

from bartizan.access.signin.counted import distinct, mark
from bartizan.access.signin.subject import GUESSES, Seen
from bartizan.access.signin.suspicion import Kind, Suspicion, suspicion
from bartizan.control import Watch

_KEPT = 28
_WEEK = 7
_SLACK, _GROWTH, _LEAST_SLACK = 1.25, 1.25, 1.0
_LEARNING = 3
_WORKING_DAYS = 5
_THURSDAY = 3


class Count(msgspec.Struct, frozen=True, gc=False):
    """One thing that is counted in a day: its marks, the sum of days before, and what days came to, oldest first."""

    marks: int = 0
    sum: float = 0.0
    past: tuple[float, ...] = ()

    @property
    def usual(self) -> float:
        """How many there are on a day; it grows slowly, whatever comes."""
        recent = median(self.past[-_WEEK:]) if self.past else 0.0
        older = self.past[:-_WEEK]
        return min(recent, _GROWTH * median(older) + _LEAST_SLACK) if len(older) >= _LEARNING else recent

    @property
    def over(self) -> float:
        """The sum with today's in it."""
        return self.sum + distinct(self.marks) - (_SLACK * self.usual + _LEAST_SLACK)

    def turned(self, *, working: bool) -> "Count":
        """Return the count at the end of a day; days without work teach nothing, since there is less of everything."""
        past = (*self.past, distinct(self.marks))[-_KEPT:] if working else self.past
        return Count(0, max(0.0, self.over), past)


class Crowd(msgspec.Struct, frozen=True, gc=False):
    """The strangers of one origin: principals that they try, and places from which they try names that nobody has."""

    day: int = 0
    principals: Count = Count()
    places: Count = Count()


def _step(state: Crowd, seen: Seen) -> tuple[Crowd, tuple[Suspicion, ...]]:
    signin = seen.signin
    if seen.familiar or signin.reason not in GUESSES:
        return state, ()
    state = _today(state, signin.day)
    if signin.principal:
        kind, before, placed = Kind.SPRAYING, state.principals, mark(signin.principal)
        after = msgspec.structs.replace(before, marks=before.marks | placed)
        state = msgspec.structs.replace(state, principals=after)
    else:
        kind, before, placed = Kind.STUFFING, state.places, mark(signin.source)
        after = msgspec.structs.replace(before, marks=before.marks | placed)
        state = msgspec.structs.replace(state, places=after)
    if before.marks & placed or after.over <= 0 or seen.age < _LEARNING:
        return state, ()
    return state, (suspicion(kind, f"{kind.value}.crowd", after.over, signin.origin, signin),)


def _today(state: Crowd, day: int) -> Crowd:
    """Return the state on a day; days between on which no stranger tried count as such."""
    if not state.day:
        return Crowd(day)
    at = max(state.day, day - _KEPT)
    principals, places = state.principals, state.places
    while at < day:
        working = (at + _THURSDAY) % _WEEK < _WORKING_DAYS
        principals, places = principals.turned(working=working), places.turned(working=working)
        at += 1
    return Crowd(day, principals, places) if day > state.day else state


WATCH = Watch("access.login-anomaly", lambda seen: seen.signin.origin, Crowd(), _step)
