"""Appending entries to a file: durably, one line each, and never behind half a line.

Rules of this file: before each batch it is looked whether the file still lies where it did, and else what does is opened,
so that who rotates it renames it and needs to tell nobody.
What a full disk or a death left of a line is cut off before the next one: it is delivered again, whole.
"""

import errno
import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from bartizan.app.plan import Connector
from bartizan.app.shipping.opening import NO_FILE, descriptors
from bartizan.app.shipping.outcome import Later, Outcome, Taken
from bartizan.connectors.formats import LINES
from bartizan.connectors.source import Source
from bartizan.ledger.entry import Entry

_WORDS: Final = {errno.ENOSPC: "disk-full", NO_FILE: "no-file"}
_LONGEST: Final = 65_536
"""Octets of a line that was begun, at the most."""

Opens = Callable[[], tuple[int, int]]
"""Returns descriptors of the file and of its folder, as `opening.descriptors` does."""


class File:
    """A file of lines.

    Args:
        connector: where it is and what it takes.
        source: who tells.
        opens: opens it; None for opening it here.
    """

    def __init__(self, connector: Connector, source: Source, opens: Opens | None = None) -> None:
        """Open nothing yet."""
        self._path, self._encode, self._source = connector.file, LINES[connector.kind], source
        self._opens = opens or partial(descriptors, connector.file)
        self._fds: tuple[int, ...] = ()

    def __call__(self, entries: Sequence[Entry]) -> Outcome:
        """Append these entries, and return once they survive the loss of power."""
        octets = b"".join(self._encode(self._source, entry) + b"\n" for entry in entries)
        try:
            fd, folder = self._held()
            new = _mend(fd)
            _write(fd, octets)
            os.fsync(fd)
            if new:
                os.fsync(folder)
        except OSError as fault:
            self.close()
            return Later(_WORDS.get(fault.errno or 0, "file-unwritable"))
        return Taken()

    def _held(self) -> tuple[int, ...]:
        """Return descriptors of the file and of its folder: of what lies there now, whoever renamed what did before."""
        if self._fds and not _lies_at(self._path, self._fds[0]):
            self.close()
        self._fds = self._fds or self._opens()
        return self._fds

    def close(self) -> None:
        """Close what is open; the next batch opens it anew."""
        fds, self._fds = self._fds, ()
        for fd in fds:
            os.close(fd)


def _lies_at(path: str, fd: int) -> bool:
    try:
        there, held = os.lstat(path), os.fstat(fd)
    except FileNotFoundError:
        return False
    return (there.st_dev, there.st_ino) == (held.st_dev, held.st_ino)


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
