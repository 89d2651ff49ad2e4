"""Who stays when there are more connections than a worker may hold.

Rules of this file: a new connection always finds room, as long as a stranger can make it. A source that has more
than its share makes the room itself; else the oldest stranger does, and a stranger at an address where a good token
was shown lately only after all others. Somebody whose principal has shown a good token is no stranger and stays,
except beyond that principal's share. So strangers can take places from each other only, none from many sources what
it holds itself, and no principal can take all.
"""

from collections import Counter
from typing import Protocol

from bartizan.gateway.bounds import TRUSTED

_SHARE = 8
"""A source of strangers may hold one in so many places while others want them; a principal too, and no more than `TRUSTED`."""


class Seat(Protocol):
    """A connection, seen from outside: the raw transport."""

    def abort(self) -> None:
        """End it at once."""
        ...


class Crowd:
    """The connections of one worker, from the first octet of their handshake on.

    Attributes:
        evicted: how many had to make room since the last look.
    """

    __slots__ = ("_by_source", "_familiar", "_most", "_share", "_shares", "_strangers", "_trusted", "evicted")

    def __init__(self, most: int) -> None:
        """Start empty.

        Args:
            most: connections at once.
        """
        self._most, self._share = most, max(1, min(TRUSTED, most // _SHARE))
        self._strangers: dict[Seat, str] = {}
        self._familiar: dict[Seat, str] = {}
        self._by_source: dict[str, dict[Seat, None]] = {}
        self._trusted: dict[Seat, str] = {}
        self._shares: Counter[str] = Counter()
        self.evicted = 0

    def __len__(self) -> int:
        """Return how many are there."""
        return len(self._strangers) + len(self._familiar) + len(self._trusted)

    def counts(self) -> tuple[int, int]:
        """Return how many are trusted, and how many are strangers."""
        return len(self._trusted), len(self._strangers) + len(self._familiar)

    def enter(self, seat: Seat, source: str = "", *, familiar: bool = False) -> None:
        """Take a connection in; where there is no room, a stranger's ends, or else this one.

        Args:
            seat: the connection; a second time, nothing happens.
            source: where it comes from.
            familiar: whether a good token was shown there lately.
        """
        if seat in self._trusted or seat in self._strangers or seat in self._familiar:
            return
        if len(self) >= self._most:
            self.evicted += 1
            leaving = self._who_leaves(source)
            if leaving is None:
                seat.abort()
                return
            self.leave(leaving)
            leaving.abort()
        (self._familiar if familiar else self._strangers)[seat] = source
        self._by_source.setdefault(source, {})[seat] = None

    def _who_leaves(self, source: str) -> Seat | None:
        own = self._by_source.get(source, {})
        if len(own) * _SHARE > self._most:
            return next(iter(own))
        return next(iter(self._strangers or self._familiar), None)

    def trust(self, seat: Seat, principal: str) -> bool:
        """Note that a principal has shown a good token; return whether no stranger takes this place any more."""
        if seat in self._trusted:
            return True
        if self._shares[principal] >= self._share or not self._forget(seat):
            return False
        self._trusted[seat] = principal
        self._shares[principal] += 1
        return True

    def leave(self, seat: Seat) -> None:
        """Let a connection go that has ended, or is no longer here."""
        if seat in self._trusted:
            principal = self._trusted.pop(seat)
            self._shares[principal] -= 1
            if not self._shares[principal]:
                del self._shares[principal]
        else:
            self._forget(seat)

    def end(self) -> None:
        """End everybody who is still here."""
        for seat in (*self._strangers, *self._familiar, *self._trusted):
            seat.abort()

    def _forget(self, seat: Seat) -> bool:
        """Count a stranger no more; return whether it was one."""
        source = self._strangers.pop(seat, None)
        if source is None:
            source = self._familiar.pop(seat, None)
        if source is None:
            return False
        own = self._by_source[source]
        del own[seat]
        if not own:
            del self._by_source[source]
        return True
