"""Closing what a test opened for writers that are never told to close: 1,024 descriptors are all that many have."""

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

from bartizan.ledger.database import FILE


def close_left(folder: Path, opened: Iterable[int]) -> None:
    """Close those of these descriptors that still lead into the folder; the others stand for something else by now.

    A number that a connection to the folder's database has taken meanwhile is SQLite's: it would close it once
    more, and with it a stranger's file.
    """
    for fd in opened:
        with contextlib.suppress(OSError):
            leads = Path(f"/proc/self/fd/{fd}").readlink()
            if leads.is_relative_to(folder.resolve()) and not leads.name.startswith(FILE):
                os.close(fd)
