"""The copy in columns, in pieces so small that a test has many of them, brought up to the tree by who keeps it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bartizan.ledger.archive import Archive

SMALL = (8, 6, 4)


@contextmanager
def small_pieces() -> Iterator[None]:
    """Have pieces of 16, 64 and 256 entries inside."""
    with pytest.MonkeyPatch.context() as patch:
        for module in ("column_pieces", "archive"):
            patch.setattr(f"bartizan.ledger.{module}.LEVELS", SMALL)
        yield


def archived(folder: Path) -> Archive:
    """Bring the copy up to the tree; return who does."""
    archive = Archive(folder)
    catch_up(archive)
    return archive


def catch_up(archive: Archive, most: int = 10_000) -> None:
    """Let it work until there is nothing left."""
    for _ in range(most):
        if not archive.turn():
            return
    raise AssertionError("it never ends")
