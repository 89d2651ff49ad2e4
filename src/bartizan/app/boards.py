"""Where workers count: memory of the supervisor's, which outlives them and which others read.

Rules of this file: a worker maps one board, writes to it, and gets no other; when it is gone, the next worker counts on
in the same. The exporter, which counts other things, has one from the other end: who counts on begins its own gauges at
zero, and would leave those of another kind of process as they were. Readers map them all, read-only.
"""

import mmap
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from bartizan.metrics.board import OCTETS, Board
from bartizan.metrics.family import Family

MOST = 16
"""Boards, so processes that count at once."""
_PREFIX = "board-"


class Boards:
    """The boards of one platform.

    Args:
        folder: where their files lie; those of an earlier run are removed.
    """

    def __init__(self, folder: Path) -> None:
        """Make none yet."""
        self._folder = folder
        self._taken: dict[int, int] = {}
        for path in folder.glob(f"{_PREFIX}*"):
            path.unlink()

    def take(self, child: int, *, last: bool = False) -> int:
        """Return a descriptor of a board that nobody else counts on; who gets it closes it.

        Args:
            child: whose it is from now on.
            last: whether it is to be the last one that is free, not the first.
        Raises:
            OSError: none can be made.
        """
        free = [each for each in range(MOST) if each not in self._taken.values()]
        number = free[-1 if last else 0]
        fd = os.open(
            self._folder / f"{_PREFIX}{number}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600
        )
        try:
            os.ftruncate(fd, OCTETS)
        except OSError:
            os.close(fd)
            raise
        self._taken[child] = number
        return fd

    def give_back(self, child: int) -> None:
        """Take a board back from a child that is gone; one that had none, had none."""
        self._taken.pop(child, None)


def opened(fd: int, families: Iterable[Family]) -> Board:
    """Return the board of a descriptor, which is closed, to count on."""
    memory = mmap.mmap(fd, OCTETS)
    os.close(fd)
    return Board(memoryview(memory), families)


def boards(folder: Path) -> Iterator[memoryview]:
    """Yield what is on each board of a running platform at this moment."""
    for path in sorted(folder.glob(f"{_PREFIX}*")):
        with suppress(OSError):
            octets = path.read_bytes()
            if len(octets) == OCTETS:
                yield memoryview(octets)
