"""A copy of a ledger that it can be put together from again, taken while it may be growing.

Rules of this file: a backup that does not verify is none, and is not left behind as one. Private keys go along only
where that is asked for: whoever has them can sign another history.
"""

import os
import shutil
from contextlib import suppress
from pathlib import Path

from bartizan.crypto.keyring import load
from bartizan.ledger.checkpoint import Verifiers
from bartizan.ledger.database import FILE, copy
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
        FolderTaken: the folder holds something, or another backup is being written to it.
        KeyUnreadable, KeyExposed, FileNotFoundError: a private key cannot be used.
        LedgerUnreadable: there is no ledger, or it is damaged.
    """
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise FolderTaken(to)
    # first of all: what witnesses have cosigned by now is in the tree that is copied after it
    witnessed = read_small(folder / WITNESSED)
    pems = {name: load(private / name) for name in KEY_FILES.values()} if private is not None else {}
    _claim(to)
    try:
        copy(folder, to)
        if witnessed:
            write_whole(to / WITNESSED, witnessed)
        for name, pem in pems.items():
            write_whole(to / "keys" / name, pem.reveal())
        found = verify(to, keys)
        os.sync()
    except BaseException:
        _clear(to)
        raise
    if not found.intact:
        _clear(to)
    return found


def _claim(to: Path) -> None:
    """Make the copy's database, empty, for its owner alone; of two at once, one is first."""
    to.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        os.close(os.open(to / FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        raise FolderTaken(to) from None


def _clear(to: Path) -> None:
    """Remove what was written, and the folder where that can be: it may be a link, or where a disk is mounted."""
    for path in to.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    with suppress(OSError):
        to.rmdir()
