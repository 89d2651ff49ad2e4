"""Work that many want done at about the same time, and that is dear: done once for all of them.

Rules of this file: whoever asks before a turn begins is served by that turn, whoever asks later by the next one. So each
sees the effect of all that was there when they asked, and there are never more than one turn at work and one that waits.
"""

import asyncio
from collections.abc import Awaitable, Callable


class Joined:
    """One piece of work, in turns.

    Args:
        work: one turn; it looks at what is to be done only once it runs.
    """

    __slots__ = ("_next", "_order", "_work")

    def __init__(self, work: Callable[[], Awaitable[int]]) -> None:
        """Take it; nothing runs yet."""
        self._work, self._order = work, asyncio.Lock()
        self._next: asyncio.Task[int] | None = None

    async def done(self) -> int:
        """Return what a turn returns that began after this was asked; raises what it raises, to all who share it."""
        if self._next is None or self._next.done():
            self._next = asyncio.create_task(self._turn())
            self._next.add_done_callback(_heard)
        # Whoever goes away, goes away alone.
        return await asyncio.shield(self._next)

    async def _turn(self) -> int:
        async with self._order:
            self._next = None  # who asks from here on may have changed what this turn has read already
            return await self._work()


def _heard(turn: asyncio.Task[int]) -> None:
    """Look at how a turn ended, so that nobody complains of it where all who asked have gone."""
    if not turn.cancelled():
        turn.exception()
