"""Appending entries to a file: durably, one line each, and never behind half a line.

Rules of this file: the file is opened anew for each batch, so that who rotates it renames it and needs to tell nobody.
What a full disk or a death left of a line is cut off before the next one: it is delivered again, whole.
"""

import errno
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bartizan.app.plan import Connector
from bartizan.app.shipping.outcome import Later, Outcome, Taken
from bartizan.connectors.formats import LINES
from bartizan.connectors.source import Source
from bartizan.crypto.keyring import sync_folder
from bartizan.ledger.entry import Entry

_FLAGS: Final = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_LONGEST: Final = 65_536
"""Octets of a line that was begun, at the most."""


class File:
    """A file of lines.

    Args:
        connector: where it is and what it takes.
        source: who tells.
    """

    def __init__(self, connector: Connector, source: Source) -> None:
        """Open nothing yet."""
        self._path, self._encode, self._source = connector.file, LINES[connector.kind], source

    def __call__(self, entries: Sequence[Entry]) -> Outcome:
        """Append these entries, and return once they survive the loss of power."""
        octets = b"".join(self._encode(self._source, entry) + b"\n" for entry in entries)
        try:
            fd = os.open(self._path, _FLAGS, 0o600)
            try:
                if not stat.S_ISREG(os.fstat(fd).st_mode):
                    return Later("no-file")
                new = _mend(fd)
                _write(fd, octets)
                os.fsync(fd)
            finally:
                os.close(fd)
            if new:
                sync_folder(_folder(self._path))
        except OSError as fault:
            return Later("disk-full" if fault.errno == errno.ENOSPC else "file-unwritable")
        return Taken()


def _mend(fd: int) -> bool:
    """Cut off a line that was begun and not ended; return whether the file was empty.

    A file that ends with something longer than any of our lines is somebody else's: that is ended, not cut.
    """
    size = os.fstat(fd).st_size
    if size == 0:
        return True
    first = max(0, size - _LONGEST)
    tail = os.pread(fd, size - first, first)
    if not tail.endswith(b"\n"):
        at = tail.rfind(b"\n") + 1
        if at or first == 0:
            os.ftruncate(fd, first + at)
        else:
            _write(fd, b"\n")
    return False


def _write(fd: int, octets: bytes) -> None:
    view = memoryview(octets)
    while view:
        view = view[os.write(fd, view) :]


def _folder(path: str) -> Path:
    return Path(path).parent
