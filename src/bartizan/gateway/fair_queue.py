"""Who is next: sources take turns, whatever number of things each of them wants.

Rules of this file: bounded, and where it is full, who waits for most loses the newest of it. So a source that asks
for much waits behind itself. Pure: it keeps items and knows nothing of what they are.
Source: J. Nagle, On Packet Switches With Infinite Storage, RFC 970 (1985), section on fairness.
"""

from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class FairQueue(Generic[T]):
    """Items by source: one of each source in turn, in the order in which a source's own came."""

    __slots__ = ("_count", "_most", "_waiting")

    def __init__(self, most: int) -> None:
        """Start empty.

        Args:
            most: items at once.
        """
        self._most, self._count = most, 0
        self._waiting: dict[str, deque[T]] = {}
        """Source -> its items, never empty; the first source is the next."""

    def __len__(self) -> int:
        """Return how many items wait."""
        return self._count

    def put(self, source: str, item: T) -> T | None:
        """Add an item of a source; return the one that had to give way, which may be the same, or None."""
        self._waiting.setdefault(source, deque()).append(item)
        self._count += 1
        return self.shed() if self._count > self._most else None

    def take(self) -> T | None:
        """Return the next item, or None where nothing waits."""
        if not self._waiting:
            return None
        source = next(iter(self._waiting))
        items = self._waiting.pop(source)
        item = items.popleft()
        if items:
            self._waiting[source] = items  # last in the row now
        self._count -= 1
        return item

    def shed(self) -> T | None:
        """Return the newest item of the source with most of them, which waits no longer; None where none waits."""
        if not self._waiting:
            return None
        source = max(self._waiting, key=self._length)
        return self._removed(source, self._waiting[source].pop())

    def drop(self, source: str, item: T) -> None:
        """Forget an item that waits; where it does not wait, nothing happens."""
        items = self._waiting.get(source)
        if items is not None and item in items:
            items.remove(item)
            self._removed(source, item)

    def _removed(self, source: str, item: T) -> T:
        self._count -= 1
        if not self._waiting[source]:
            del self._waiting[source]
        return item

    def _length(self, source: str) -> int:
        return len(self._waiting[source])
