"""What a running platform has written: all of its files, and its journals, which are in the tree a moment later."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from bartizan.app.folder import Folder
from bartizan.ledger.database import LedgerUnreadable, reading
from bartizan.ledger.installation import segment_path
from bartizan.ledger.tail import OPEN

PATIENCE_S = 20
"""After that whoever asks sees what is there; of a sealer that lags this far a test says what it expects."""


def sealed(state: Path) -> None:
    """Return once all that stands in the journals now is in the tree; at once where no platform runs."""
    ledger, end = state / "ledger", time.monotonic() + PATIENCE_S
    written = {number: _size(ledger, number) for number in _positions(ledger)}
    while time.monotonic() < end and Folder(state).holder() is not None:
        read = _positions(ledger)
        if all(read.get(number, size) >= size for number, size in written.items()):
            return
        time.sleep(0.02)


def files(state: Path) -> Iterator[tuple[Path, bytes]]:
    """Yield each file and its octets, but for those that go while they are looked for, as segments do."""
    for path in state.rglob("*"):
        with suppress(FileNotFoundError):
            if path.is_file():
                yield path, path.read_bytes()


def _positions(ledger: Path) -> dict[int, int]:
    """Return how far each open segment has been read."""
    try:
        with reading(ledger) as connection:
            rows = connection.execute("SELECT number, position FROM segments WHERE state = ?", (OPEN,))
            return dict(rows.fetchall())
    except (LedgerUnreadable, sqlite3.Error):
        return {}


def _size(ledger: Path, number: int) -> int:
    try:
        return segment_path(ledger, number).stat().st_size
    except FileNotFoundError:
        return 0
