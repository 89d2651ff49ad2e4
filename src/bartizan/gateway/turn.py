"""One write a loop turn: what is recorded together is written together, and what depends on it goes on after.

Rules of this file: nobody goes on before the write returned. A write that fails is told to everybody who
waited for it, and then to the process, which stops accepting.
"""

import asyncio
from collections.abc import Callable

from bartizan.gateway.ports import Journal
from bartizan.ledger.journal import JournalUnwritable

Then = Callable[[], None]


class Turn:
    """The records of the current loop turn and those who wait for them.

    Attributes:
        broken: whether a write has failed.
        unwritten: how many waited in vain.
    """

    __slots__ = ("_journal", "_loop", "_stop", "_waiting", "broken", "unwritten")

    def __init__(self, journal: Journal, loop: asyncio.AbstractEventLoop, stop_accepting: Then) -> None:
        """Write to this journal; call `stop_accepting` once when that fails."""
        self._journal, self._loop, self._stop = journal, loop, stop_accepting
        self._waiting: list[tuple[Then, Then]] = []
        self.broken, self.unwritten = False, 0

    def after(self, written: Then, unwritten: Then) -> None:
        """Call `written` once everything that is recorded by now is written, or `unwritten` if that fails."""
        if not self._waiting:
            self._loop.call_soon(self.write)
        self._waiting.append((written, unwritten))

    def write(self) -> None:
        """Write now what was recorded, and tell everybody who waits."""
        waiting, self._waiting = self._waiting, []
        try:
            self._journal.flush()
        except JournalUnwritable:
            self.unwritten += len(waiting)
            self.fail()
            for _, unwritten in waiting:
                unwritten()
            return
        self._go_on(waiting)

    def _go_on(self, waiting: list[tuple[Then, Then]]) -> None:
        at = 0
        try:
            for at, (written, _) in enumerate(waiting, 1):  # noqa: B007 - how far it came, for finally
                written()
        finally:
            if at < len(waiting):  # one raised: that is its own end, not the others'
                self._loop.call_soon(self._go_on, waiting[at:])

    def fail(self) -> None:
        """Stop accepting, once: the ledger cannot be written."""
        if not self.broken:
            self.broken = True
            self._stop()
