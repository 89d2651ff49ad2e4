"""The journal says that it has written, and writes a moment later."""

import asyncio

from bartizan.ledger.journal import Journal

MODULES = ("bartizan.app.worker",)
_LATE_S = 0.4


def apply() -> None:
    real = Journal.flush

    def weak(self: Journal) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # the journal is only being set up
            real(self)
        else:
            loop.call_later(_LATE_S, _write, self)

    def _write(journal: Journal) -> None:
        if not journal.broken:
            real(journal)

    Journal.flush = weak  # type: ignore[method-assign]  # a weakening replaces one function
