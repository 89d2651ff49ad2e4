"""Who stays when there are more connections than a worker may hold.

Rules of this file: a new connection always finds room, as long as a stranger can make it: the one that came
first. Somebody whose principal has shown a good token is no stranger and stays, except beyond that principal's
share. So strangers can take places from each other only, and no principal can take all.
"""

from collections import Counter
from typing import Protocol

from bartizan.gateway.bounds import TRUSTED


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

    __slots__ = ("_most", "_shares", "_strangers", "_trusted", "evicted")

    def __init__(self, most: int) -> None:
        """Start empty.

        Args:
            most: connections at once.
        """
        self._most = most
        self._strangers: dict[Seat, None] = {}
        self._trusted: dict[Seat, str] = {}
        self._shares: Counter[str] = Counter()
        self.evicted = 0

    def __len__(self) -> int:
        """Return how many are there."""
        return len(self._strangers) + len(self._trusted)

    def enter(self, seat: Seat) -> None:
        """Take a connection in; where there is no room, the oldest stranger's ends, or else this one."""
        if seat in self._strangers or seat in self._trusted:
            return
        if len(self) >= self._most:
            self.evicted += 1
            if not self._strangers:
                seat.abort()
                return
            oldest = next(iter(self._strangers))
            del self._strangers[oldest]
            oldest.abort()
        self._strangers[seat] = None

    def trust(self, seat: Seat, principal: str) -> bool:
        """Note that a principal has shown a good token; return whether no stranger takes this place any more."""
        if seat in self._trusted:
            return True
        if seat not in self._strangers or self._shares[principal] >= TRUSTED:
            return False
        del self._strangers[seat]
        self._trusted[seat] = principal
        self._shares[principal] += 1
        return True

    def leave(self, seat: Seat) -> None:
        """Let a connection go that has ended, or is no longer here."""
        if seat in self._strangers:
            del self._strangers[seat]
        elif seat in self._trusted:
            principal = self._trusted.pop(seat)
            self._shares[principal] -= 1
            if not self._shares[principal]:
                del self._shares[principal]
