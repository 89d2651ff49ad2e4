"""Octets of a file, or of a member of one, that a reader may look at in any order, and how much work it may do.

Rules of this file: nothing is copied that need not be; a file larger than memory is mapped. Whoever asks for what is not there is
told so by an error, never by fewer octets. Work is counted across all members of a file, so that nesting buys nothing.
"""

import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

OPERATIONS: Final = 20_000_000
"""Steps of all interpreters and parsers together that one file is worth."""
EXPANDED: Final = 4 << 30
"""Octets that may come out of everything compressed in it."""
DEPTH: Final = 6
"""Archives within one another."""


class TooShort(ValueError):
    """Something is asked for past the end: the file is cut off, or says of itself what is not so."""


class Exhausted(Exception):
    """The file is worth no more work; what was not looked at is not understood."""


class Budget:
    """What may still be done for one file, its members included.

    Attributes:
        operations, expanded: that are left.
        depth: archives that may still be within one another here.
    """

    __slots__ = ("depth", "expanded", "operations")

    def __init__(self, operations: int = OPERATIONS, expanded: int = EXPANDED, depth: int = DEPTH) -> None:
        """Begin with the whole of it."""
        self.operations, self.expanded, self.depth = operations, expanded, depth

    def spend(self, operations: int) -> None:
        """Count work.

        Raises:
            Exhausted: there is none left.
        """
        self.operations -= operations
        if self.operations < 0:
            raise Exhausted

    def expand(self, octets: int) -> None:
        """Count octets that come out of something compressed.

        Raises:
            Exhausted: there are none left.
        """
        self.expanded -= octets
        if self.expanded < 0:
            raise Exhausted


class Octets:
    """A row of octets.

    Attributes:
        name: of the file or member, as its container gives it; trusted for nothing.
        view: the octets; to be read, not kept.
    """

    __slots__ = ("name", "view")

    def __init__(self, octets: bytes | memoryview, name: str = "") -> None:
        """Take them; nothing is copied."""
        self.view, self.name = memoryview(octets).cast("B"), name

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.view)

    def take(self, start: int, count: int) -> bytes:
        """Return a copy of so many octets.

        Raises:
            TooShort: they are not all there.
        """
        return bytes(self.part(start, count).view)

    def part(self, start: int, count: int, name: str = "") -> "Octets":
        """Return so many octets, without copying them.

        Raises:
            TooShort: they are not all there.
        """
        if start < 0 or count < 0 or start + count > len(self.view):
            raise TooShort(f"octets {start} to {start + count} of {len(self.view)}")
        return Octets(self.view[start : start + count], name or self.name)

    def begins(self, magic: bytes, at: int = 0) -> bool:
        """Return whether these octets stand at a place."""
        return bytes(self.view[at : at + len(magic)]) == magic


@contextmanager
def opened(path: Path) -> Iterator[Octets]:
    """Map a regular file, for as long as the block lasts.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file, mapped(file.fileno(), path.name) as octets:
        yield octets


@contextmanager
def mapped(descriptor: int, name: str) -> Iterator[Octets]:
    """Map a regular file that is open, for as long as the block lasts.

    Raises:
        OSError: it cannot be mapped.
    """
    if not os.fstat(descriptor).st_size:
        yield Octets(b"", name)
        return
    found = mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)
    octets = Octets(memoryview(found), name)
    try:
        yield octets
    finally:
        octets.view.release()
        with suppress(BufferError):  # a part is still held by an error on its way up; the map goes with it
            found.close()
