"""A copy of a ledger that it can be put together from again, taken while it may be growing.

Rules of this file: a backup that does not verify is none, and is not left behind as one. Private keys go along only
where that is asked for: whoever has them can sign another history.
"""

import shutil
from pathlib import Path

from bartizan.ledger.checkpoint import Verifiers
from bartizan.ledger.database import copy
from bartizan.ledger.installation import KEY_FILES, WITNESSED, read_small, write_whole
from bartizan.ledger.verify import Verification, verify


class FolderTaken(Exception):
    """There is something in the folder that a backup was to be written to."""

    def __init__(self, folder: Path) -> None:
        """Name the folder."""
        super().__init__(f"{folder} is not empty; name a new folder, each backup has one of its own")
        self.folder = folder


def backup(folder: Path, keys: Verifiers, to: Path, private: Path | None = None) -> Verification:
    """Copy a ledger as it stands now, and verify the copy; what has faults is removed again.

    Args:
        folder: of the ledger.
        keys: its own.
        to: a folder that is empty or not there.
        private: folder of the private keys, where they are to go along.
    Raises:
        FolderTaken: the folder holds something.
        LedgerUnreadable: there is no ledger, or it is damaged.
    """
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise FolderTaken(to)
    try:
        copy(folder, to)
        witnessed = read_small(folder / WITNESSED)
        if witnessed:
            write_whole(to / WITNESSED, witnessed)
        for name in KEY_FILES.values() if private is not None else ():
            write_whole(to / "keys" / name, read_small((private or to) / name))
        found = verify(to, keys)
    except BaseException:
        shutil.rmtree(to, ignore_errors=True)
        raise
    if not found.intact:
        shutil.rmtree(to)
    return found
