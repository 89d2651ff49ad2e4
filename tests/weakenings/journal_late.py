"""The journal says that it has written, and writes once there is nothing else to do."""

import asyncio

from bartizan.ledger.journal import Journal

MODULES = ("bartizan.app.worker",)
_CALM_S = 0.3


def apply() -> None:
    real = Journal.flush
    planned: dict[Journal, asyncio.TimerHandle] = {}

    def weak(self: Journal) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # the journal is only being set up
            real(self)
            return
        if self in planned:
            planned[self].cancel()
        planned[self] = loop.call_later(_CALM_S, write, self)

    def write(journal: Journal) -> None:
        if not journal.broken:
            real(journal)

    Journal.flush = weak  # type: ignore[method-assign]  # a weakening replaces one function
