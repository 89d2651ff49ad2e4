"""HDF5: superblock, object headers and what their messages say, of the part of the format that h5py and Keras write.

Rules of this file: whatever is not of that part raises `Damaged`: dense storage, shared messages, references. An address is a place in the file, and is
held against its end. Source: The HDF Group, "HDF5 File Format Specification", version 3.0.
"""

import enum
from collections.abc import Iterator
from typing import Final

import msgspec

from bartizan.supply.format import Damaged
from bartizan.supply.octets import Budget, Octets, TooShort
from bartizan.supply.parsers.cursor import Cursor

MAGIC: Final = b"\x89HDF\r\n\x1a\n"
NOWHERE: Final = (1 << 64) - 1
"""Address of what is not there."""
MOST_MESSAGES: Final = 1 << 16
_WIDE: Final = 8
_SHARED: Final = 2
_ORDERED: Final = 4
_TIMES: Final = 0x20
_PHASES: Final = 0x10
_CACHED_LINK: Final = 2
_LATEST: Final = 3
_STRING: Final = 3
_OPAQUE: Final = 5
_REFERENCE: Final = 7
_VARIABLE: Final = 9
_MOST_DIMENSIONS: Final = 32


class Kind(enum.IntEnum):
    """Kinds of messages of an object's header."""

    NOTHING = 0x0
    SPACE = 0x1
    LINKS = 0x2
    TYPE = 0x3
    OLD_FILL = 0x4
    FILL = 0x5
    LINK = 0x6
    EXTERNAL = 0x7
    LAYOUT = 0x8
    GROUP = 0xA
    FILTERS = 0xB
    ATTRIBUTE = 0xC
    COMMENT = 0xD
    OLD_TIME = 0xE
    CONTINUED = 0x10
    SYMBOLS = 0x11
    TIME = 0x12
    ATTRIBUTES = 0x15
    COUNT = 0x16


class Part(msgspec.Struct, frozen=True):
    """A message of an object's header: its type, and its octets."""

    kind: int
    body: Octets


class Link(msgspec.Struct, frozen=True):
    """A link of a group.

    Attributes:
        name: of it.
        to: address of the object; `NOWHERE` where it is no hard link.
        kind: 0 hard, 1 soft, 64 to another file, others of a library's own.
        path: where a link to another file leads.
    """

    name: str
    to: int
    kind: int = 0
    path: str = ""


class Attribute(msgspec.Struct, frozen=True):
    """An attribute: its name, and its values where they are texts or octets."""

    name: str
    values: tuple[bytes, ...]


def damaged(what: str, offset: int = -1, *, word: str = "hdf5-malformed") -> Damaged:
    """Return the error of a file that is not understood."""
    return Damaged(word, what, offset)


class File:
    """A file and what may be read of it."""

    def __init__(self, octets: Octets, budget: Budget) -> None:
        """Begin; nothing is read yet."""
        self.octets, self.budget = octets, budget
        self._heaps: dict[int, dict[int, Octets]] = {}

    def at(self, address: int) -> Cursor:
        """Return a place in the file.

        Raises:
            TooShort: there is none.
        """
        if address >= len(self.octets):
            raise TooShort(f"address {address}")
        return Cursor(self.octets, self.budget, address)

    def root(self) -> int:
        """Return the address of the root group's header, once the end of the file is where it says."""
        cursor = self.at(len(MAGIC))
        version = cursor.u8()
        if version == 0:
            return self._root_of_0(cursor)
        if version not in {2, _LATEST}:
            raise damaged("it is HDF5 of a version that is not known", 8, word="version-unknown")
        if (cursor.u8(), cursor.u8()) != (_WIDE, _WIDE):
            raise damaged("its addresses are not eight octets wide", 9)
        cursor.u8()
        base, extension, end, root = (cursor.u64() for _ in range(4))
        if extension != NOWHERE:
            raise damaged("its superblock goes on elsewhere, which is not known")
        self._ends(base, end)
        return root

    def _root_of_0(self, cursor: Cursor) -> int:
        versions = cursor.take(4)
        widths = (cursor.u8(), cursor.u8())
        if any(versions) or widths != (_WIDE, _WIDE):
            raise damaged("its superblock is of a kind that is not known", 9)
        cursor.skip(1 + 4 + 4)
        base, _, end, driver = (cursor.u64() for _ in range(4))
        if driver != NOWHERE:
            raise damaged("its superblock names a driver, which is not known")
        self._ends(base, end)
        cursor.u64()
        return cursor.u64()

    def _ends(self, base: int, end: int) -> None:
        if base:
            raise damaged("its addresses don't count from its begin")
        if end > len(self.octets):
            raise TooShort("end of the file")
        if end < len(self.octets):
            raise damaged("octets follow its end; nothing belongs there", end, word="octets-left")

    def messages(self, address: int) -> list[Part]:
        """Return the messages of an object's header, those of its continuations too."""
        cursor = self.at(address)
        found: list[Part] = []
        if self.octets.begins(b"OHDR", address):
            cursor.skip(4)
            blocks, flags = self._latest(cursor)
        else:
            blocks, flags = self._first(cursor), -1
        seen: set[int] = set()
        while blocks:
            start, size = blocks.pop()
            if start in seen:
                raise damaged("a header goes on in itself", start)
            seen.add(start)
            for part in self._block(start, size, flags):
                if part.kind == Kind.CONTINUED:
                    blocks.append(self._continued(part.body, flags))
                else:
                    found.append(part)
                if len(found) + len(blocks) > MOST_MESSAGES:
                    raise damaged("an object has more messages than any model's", address)
        return found

    def _first(self, cursor: Cursor) -> list[tuple[int, int]]:
        version, _, _, _, size = cursor.u8(), cursor.u8(), cursor.u16(), cursor.u32(), cursor.u32()
        if version != 1:
            raise damaged("an object's header is of a version that is not known", cursor.at)
        return [(cursor.at + 4, size)]

    def _latest(self, cursor: Cursor) -> tuple[list[tuple[int, int]], int]:
        version, flags = cursor.u8(), cursor.u8()
        if version != 2:  # noqa: PLR2004 - the only version with a signature
            raise damaged("an object's header is of a version that is not known", cursor.at)
        cursor.skip(16 * bool(flags & _TIMES) + 4 * bool(flags & _PHASES))
        size = int.from_bytes(cursor.take(1 << (flags & 3)), "little")
        return [(cursor.at, size)], flags

    def _continued(self, body: Octets, flags: int) -> tuple[int, int]:
        cursor = Cursor(body, self.budget)
        start, size = cursor.u64(), cursor.u64()
        if flags < 0:
            return start, size
        if not self.octets.begins(b"OCHK", start) or size < 8:  # noqa: PLR2004 - signature and checksum
            raise damaged("a header goes on where nothing of it is", start)
        return start + 4, size - 8

    def _block(self, start: int, size: int, flags: int) -> Iterator[Part]:
        block = self.octets.part(start, size)
        cursor = Cursor(block, self.budget)
        least = 8 if flags < 0 else 4 + 2 * bool(flags & _ORDERED)
        while cursor.left >= least:
            if flags < 0:
                kind, length, marks = cursor.u16(), cursor.u16(), cursor.u8()
                cursor.skip(3)
            else:
                kind, length, marks = cursor.u8(), cursor.u16(), cursor.u8()
                cursor.skip(2 * bool(flags & _ORDERED))
            if marks & _SHARED:
                raise damaged("an object shares a message, which is not known", start + cursor.at)
            self.budget.spend(4)
            yield Part(kind, cursor.part(length))

    def heap(self, address: int) -> Octets:
        """Return the segment of a local heap, in which names are."""
        cursor = self.at(address)
        if cursor.take(4) != b"HEAP" or cursor.u8():
            raise damaged("a heap of names is not where it should be", address)
        cursor.skip(3)
        size, _, start = cursor.u64(), cursor.u64(), cursor.u64()
        return self.octets.part(start, size)

    def shared(self, address: int, index: int) -> Octets:
        """Return an object of a global heap."""
        if address not in self._heaps:
            self._heaps[address] = self._collection(address)
        found = self._heaps[address].get(index)
        if found is None:
            raise damaged("a text is not in the heap that it should be in", address)
        return found

    def _collection(self, address: int) -> dict[int, Octets]:
        cursor = self.at(address)
        if cursor.take(4) != b"GCOL" or cursor.u8() != 1:
            raise damaged("a heap of texts is not where it should be", address)
        cursor.skip(3)
        end = address + cursor.u64()
        found: dict[int, Octets] = {}
        while cursor.at + 16 <= end:
            index, _, _, size = cursor.u16(), cursor.u16(), cursor.u32(), cursor.u64()
            if index == 0:
                break
            found[index] = cursor.part(size)
            cursor.skip(-size % 8)
        return found


def text(segment: Octets, offset: int) -> str:
    """Return the text that begins in a heap and ends with a zero."""
    if offset >= len(segment):
        raise TooShort("name")
    raw, zero, _ = bytes(segment.view[offset : offset + 4096]).partition(b"\0")
    if not zero:
        raise damaged("a name in it has no end")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise damaged("a name in it is not UTF-8", word="not-text") from None


def dimensions(body: Octets, budget: Budget) -> tuple[int, ...]:
    """Return the size of a dataspace along each dimension; of none at all, `(0,)`."""
    cursor = Cursor(body, budget)
    version, rank, _, kind = cursor.u8(), cursor.u8(), cursor.u8(), cursor.u8()
    if version not in {1, 2} or rank > _MOST_DIMENSIONS:
        raise damaged("a dataspace is of a kind that is not known")
    if version == 1:
        cursor.skip(4)
    found = tuple(cursor.u64() for _ in range(rank))
    return (0,) if version != 1 and kind == 2 else found  # noqa: PLR2004 - a null dataspace


class Type(msgspec.Struct, frozen=True):
    """A datatype: its class, the octets of an element, and whether it is a text of variable length."""

    kind: int
    size: int
    variable: bool = False


def datatype(body: Octets, budget: Budget) -> Type:
    """Return what a datatype is."""
    cursor = Cursor(body, budget)
    head, bits = cursor.u8(), cursor.take(3)
    size, kind = cursor.u32(), head & 15
    if not 1 <= head >> 4 <= 4 or kind == _REFERENCE or kind > 10 or not size:  # noqa: PLR2004 - versions and classes
        raise damaged("a datatype is of a kind that is not known", word="type-unknown")
    return Type(kind, size, kind == _VARIABLE and bits[0] & 15 == 1)


def attribute(file: File, body: Octets) -> Attribute:
    """Return an attribute."""
    cursor = Cursor(body, file.budget)
    version, flags = cursor.u8(), cursor.u8()
    if version not in {1, 2, 3} or (version > 1 and flags):
        raise damaged("an attribute is of a kind that is not known")
    sizes = [cursor.u16() for _ in range(3)]
    cursor.skip(version == _LATEST)
    parts = []
    for size in sizes:
        parts.append(cursor.part(size))
        cursor.skip(-size % 8 if version == 1 else 0)
    kind, shape = datatype(parts[1], file.budget), dimensions(parts[2], file.budget)
    count = 1
    for each in shape:
        count *= each
    return Attribute(text(parts[0], 0), tuple(_values(file, cursor, kind, count)))


def _values(file: File, cursor: Cursor, kind: Type, count: int) -> Iterator[bytes]:
    if count * kind.size > cursor.left:
        raise TooShort("attribute")
    if kind.kind in {_STRING, _OPAQUE}:
        for _ in range(count):
            yield cursor.take(kind.size)
    elif kind.kind == _VARIABLE:
        for _ in range(count):
            length, address, index = cursor.u32(), cursor.u64(), cursor.u32()
            found = file.shared(address, index) if length else None
            file.budget.spend(length // 64)  # many may be the same text
            if kind.variable and found is not None:
                yield found.take(0, length)


def filters(body: Octets, budget: Budget) -> tuple[int, ...]:
    """Return the numbers of the filters that a dataset is read through, in the order in which they were done.

    Raises:
        Damaged: they are of a kind that is not known.
    """
    cursor, found = Cursor(body, budget), list[int]()
    version, count = cursor.u8(), cursor.u8()
    if version not in {1, 2}:
        raise damaged("filters of a dataset are of a kind that is not known")
    cursor.skip(6 * (version == 1))
    for _ in range(count):
        number = cursor.u16()
        name = cursor.u16() if version == 1 or number >= 256 else 0  # noqa: PLR2004 - those below have no name
        cursor.u16()
        values = cursor.u16()
        cursor.skip(
            name + (-name % 8 if version == 1 else 0) + 4 * values + 4 * (values % 2) * (version == 1)
        )
        found.append(number)
    return tuple(found)
