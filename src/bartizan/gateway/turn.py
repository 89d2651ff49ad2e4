"""One write a loop turn: what is recorded together is written together, and what depends on it goes on after.

Rules of this file: nobody goes on before the write returned; where records have to survive a loss of power, nobody
goes on before a sync returned that began after that write. One sync is under way at a time, off the loop, and
what is written meanwhile waits for the next. A write or a sync that fails is told to everybody who waited for
it, and then to the process, which stops accepting.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Final, Protocol

from bartizan.gateway.ports import Writable
from bartizan.ledger.journal import JournalUnwritable, Sync

Then = Callable[[], None]


class Waiter(Protocol):
    """Whoever goes on once what was recorded is written."""

    def written(self) -> None:
        """Go on."""
        ...

    def unwritten(self) -> None:
        """Do not."""
        ...


class Nobody:
    """Stands for records that nobody waits for."""

    __slots__ = ()

    def written(self) -> None:
        """Do nothing."""

    def unwritten(self) -> None:
        """Do nothing."""


NOBODY: Final = Nobody()

Waiting = list[Waiter]


class Turn:
    """The records of the current loop turn and those who wait for them.

    Attributes:
        broken: whether a write or a sync has failed.
        unwritten: how many waited in vain.
    """

    __slots__ = (
        "_disk",
        "_flushed",
        "_journal",
        "_loop",
        "_stop",
        "_synced",
        "_waiting",
        "broken",
        "unwritten",
    )

    def __init__(
        self,
        journal: Writable,
        loop: asyncio.AbstractEventLoop,
        stop_accepting: Then,
        disk: Executor | None = None,
    ) -> None:
        """Write to this journal; call `stop_accepting` once when that fails.

        Args:
            journal: of this worker.
            loop: that everything here runs on.
            stop_accepting: tells the process.
            disk: where a sync waits for the disk; None where a write is enough.
        """
        self._journal, self._loop, self._stop, self._disk = journal, loop, stop_accepting, disk
        self._waiting: Waiting = []
        self._flushed: Waiting = []
        self._synced: asyncio.Future[None] | None = None
        self.broken, self.unwritten = False, 0

    def after(self, waiter: Waiter) -> None:
        """Call `written` once everything that is recorded by now is written, or `unwritten` if that fails."""
        waiting = self._waiting
        if not waiting:
            self._loop.call_soon(self.write)
        waiting.append(waiter)

    def write(self) -> None:
        """Write now what was recorded, and tell everybody who waits."""
        waiting, self._waiting = self._waiting, []
        try:
            self._journal.flush()
        except JournalUnwritable:
            self._give_up(waiting)
            return
        if self._disk is None:
            self._go_on(waiting)
        elif waiting:
            self._flushed += waiting
            self._sync(self._disk)

    async def settled(self) -> None:
        """Return once no sync is under way and nobody waits for one."""
        while self._synced is not None:
            await asyncio.wait([self._synced])

    def _sync(self, disk: Executor) -> None:
        """Begin a sync for those who have been written, unless one is under way: its end begins the next."""
        if self._synced is not None or not self._flushed:
            return
        waiting, self._flushed = self._flushed, []
        try:
            sync = self._journal.begin_sync()
        except JournalUnwritable:
            self._give_up(waiting)
            return
        self._synced = self._loop.run_in_executor(disk, sync.run)
        self._synced.add_done_callback(lambda done: self._end_sync(disk, sync, waiting, done))

    def _end_sync(self, disk: Executor, sync: Sync, waiting: Waiting, done: "asyncio.Future[None]") -> None:
        self._synced = None
        try:
            done.result()  # what it raises is no fault of the disk, and ends in the platform's log
            self._journal.end_sync(sync)
        except JournalUnwritable:
            self._give_up(waiting)
        except BaseException:
            self._give_up(waiting)
            raise
        else:
            self._sync(disk)
            self._go_on(waiting)

    def _give_up(self, waiting: Waiting) -> None:
        """Tell those who waited in vain, and those who would wait for the next sync: there is none."""
        waiting, self._flushed = [*waiting, *self._flushed], []
        self.unwritten += len(waiting)
        self.fail()
        for waiter in waiting:
            waiter.unwritten()

    def _go_on(self, waiting: Waiting) -> None:
        at = 0
        try:
            for waiter in waiting:
                at += 1  # how far it came, for finally
                waiter.written()
        finally:
            if at < len(waiting):  # one raised: that is its own end, not the others'
                self._loop.call_soon(self._go_on, waiting[at:])

    def fail(self) -> None:
        """Stop accepting, once: the ledger cannot be written."""
        if not self.broken:
            self.broken = True
            self._stop()
