"""How often is too often: GCRA, as a pure step and as a bounded memory of it.

Rules of this file: a key is forgotten only when forgetting it changes no answer, that is once its
theoretical arrival time has passed. When every remembered key is still owing, a new key is refused: a flood
of keys cannot wash out the key that floods.
Source: ITU-T I.371, generic cell rate algorithm (virtual scheduling).
"""

import heapq
from typing import Final

from bartizan.clock import Nanoseconds
from bartizan.store.gauge import Rate

_SWEEP: Final = 16
"""Entries that one call looks at, at most, to make room."""


def gcra(tat: Nanoseconds, now: Nanoseconds, limit: Rate) -> tuple[bool, Nanoseconds, Nanoseconds]:
    """Return whether a request conforms, the new theoretical arrival time, and how long to wait (0 if not).

    Args:
        tat: theoretical arrival time of the next request, from the last call; 0 at first.
        now: the instant of the request.
        limit: the rate and the burst.
    """
    earliest = tat - (limit.burst - 1) * limit.interval
    if now < earliest:
        return False, tat, Nanoseconds(earliest - now)
    return True, Nanoseconds(max(tat, now) + limit.interval), Nanoseconds(0)


class MemoryLimiter:
    """One limit each for many keys, in the memory of one process."""

    __slots__ = ("_capacity", "_due", "_tat")

    def __init__(self, capacity: int = 65_536) -> None:
        """Start empty.

        Args:
            capacity: most keys remembered.
        """
        self._capacity = capacity
        self._tat: dict[str, Nanoseconds] = {}
        self._due: list[tuple[Nanoseconds, str]] = []
        """One entry a key, at a time not after its arrival time; the heap tells whom to forget first."""

    def __len__(self) -> int:
        """Return how many keys are remembered."""
        return len(self._tat)

    def ask(self, key: str, now: Nanoseconds, limit: Rate) -> int:
        """Return how long this key has to wait, nanoseconds; one more of its requests that need not is counted.

        Where it need not: minus the nanoseconds until all of the limit is there again. A number and no type of its
        own for each outcome, because every request comes this way.

        Args:
            key: whose request; use one limit for one key.
            now: the instant of the request.
            limit: the key's limit.
        """
        tat = self._tat.get(key)
        if tat is None and len(self._tat) >= self._capacity and not self._forget_one(now):
            return max(1, self._due[0][0] - now)
        conforms, new, wait = gcra(tat or Nanoseconds(0), now, limit)
        if not conforms:
            return wait
        self._tat[key] = new
        if tat is None:
            heapq.heappush(self._due, (new, key))
        return now - new

    def waits(self, key: str, now: Nanoseconds, limit: Rate) -> Nanoseconds:
        """Return how long this key would have to wait, 0 where it would not; counts nothing."""
        return gcra(self._tat.get(key) or Nanoseconds(0), now, limit)[2]

    def owe(self, key: str, now: Nanoseconds, until: Nanoseconds) -> None:
        """Let a key owe at least until an instant: others have counted requests of it too.

        Args:
            key: whose; where there is no room for one more, it stays unknown.
            now: the instant.
            until: theoretical arrival time of its next request, as all know it.
        """
        tat = self._tat.get(key)
        if until <= (tat or now):
            return
        if tat is None:
            if len(self._tat) >= self._capacity and not self._forget_one(now):
                return
            heapq.heappush(self._due, (until, key))
        self._tat[key] = until

    def _forget_one(self, now: Nanoseconds) -> bool:
        for _ in range(_SWEEP):
            due, key = self._due[0]
            if due > now:
                return False
            if self._tat[key] <= now:
                heapq.heappop(self._due)
                del self._tat[key]
                return True
            heapq.heapreplace(self._due, (self._tat[key], key))
        return False
