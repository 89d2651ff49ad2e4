"""Following a ledger: the entries that fit, and then each that comes, in the order of the tree and none twice.

Rules of this file: read-only, a short look at a time, so that nobody waits for who looks on. What comes later is known by
its index, so that whoever follows may end and go on from there.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from bartizan.ledger.database import LedgerUnreadable, reading
from bartizan.ledger.entry import Entry
from bartizan.ledger.query import Query, find, size_of

_PAGE: Final = 1000
_PATIENCE: Final = 60
"""Looks in a row that may fail: a ledger that is restored is away for a moment."""


def follow(ledger: Path, asked: Query, pause: Callable[[], None]) -> Iterator[tuple[Entry, ...]]:
    """Yield what is there, then what comes, for ever; parts may be empty.

    Args:
        ledger: its folder.
        asked: which; the newest `limit` of what is there with `last`, else all from `first` on.
        pause: waits for a moment; called before each look that finds nothing new.
    Raises:
        LedgerUnreadable: there is no ledger, it cannot be read for long, or it is not the one that was followed.
    """
    found, size = _newest(ledger, asked) if asked.last else ((), 0)
    seen = max(size, asked.first)
    yield found
    asked, failed = msgspec.structs.replace(asked, last=False, limit=_PAGE), 0
    while True:
        try:
            found, size = _since(ledger, asked, seen)
        except LedgerUnreadable:
            failed += 1
            if failed == _PATIENCE:
                raise
            pause()
            continue
        if size < seen and asked.first != seen:
            what = f"it has {size} entries after {seen} were followed, so it is another one; verify says more"
            raise LedgerUnreadable(ledger, what)
        failed = 0
        seen = found[-1].index + 1 if len(found) == _PAGE else max(seen, size)
        yield found
        if len(found) < _PAGE:
            pause()


def _newest(ledger: Path, asked: Query) -> tuple[tuple[Entry, ...], int]:
    with reading(ledger) as connection:
        return find(connection, ledger, asked), size_of(connection)


def _since(ledger: Path, asked: Query, seen: int) -> tuple[tuple[Entry, ...], int]:
    with reading(ledger) as connection:
        return find(connection, ledger, msgspec.structs.replace(asked, first=seen)), size_of(connection)
