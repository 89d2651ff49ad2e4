"""The links of a group in HDF5: as messages of its header, or in a tree of symbol tables.

Source: The HDF Group, "HDF5 File Format Specification", version 3.0, III.A, III.B and IV.A.2.g.
"""

from collections.abc import Iterator
from typing import Final

from bartizan.supply.octets import Octets
from bartizan.supply.parsers.cursor import Cursor
from bartizan.supply.parsers.hdf5 import NOWHERE, File, Link, damaged, text

EXTERNAL: Final = 64
_SOFT: Final = 1
_TYPED: Final = 8
_ORDERED: Final = 4
_CHARACTERS: Final = 16
_DEEPEST: Final = 16
_SYMBOLIC: Final = 2


def message(file: File, body: Octets) -> Link:
    """Return the link that a message is."""
    cursor = Cursor(body, file.budget)
    version, flags = cursor.u8(), cursor.u8()
    if version != 1:
        raise damaged("a link is of a kind that is not known")
    kind = cursor.u8() if flags & _TYPED else 0
    cursor.skip(8 * bool(flags & _ORDERED) + bool(flags & _CHARACTERS))
    length = int.from_bytes(cursor.take(1 << (flags & 3)), "little")
    name = cursor.text(length, "the name of a link")
    if kind == 0:
        return Link(name, cursor.u64())
    value = cursor.take(cursor.u16())
    return Link(
        name, NOWHERE, kind, value[1:].split(b"\0")[0].decode("utf-8", "replace") if kind == EXTERNAL else ""
    )


def table(file: File, body: Octets) -> Iterator[Link]:
    """Yield the links of a group of the older kind: its tree of symbol tables."""
    cursor = Cursor(body, file.budget)
    tree, heap = cursor.u64(), file.heap(cursor.u64())
    for address in leaves(file, tree, 0, 8):
        symbols = file.at(address)
        if symbols.take(4) != b"SNOD" or symbols.u8() != 1:
            raise damaged("a table of symbols is not where it should be", address)
        symbols.skip(1)
        for _ in range(symbols.u16()):
            name, to, cached = symbols.u64(), symbols.u64(), symbols.u32()
            symbols.skip(4 + 16)
            kind = _SOFT if cached == _SYMBOLIC else 0
            yield Link(text(heap, name), NOWHERE if kind else to, kind)


def leaves(file: File, address: int, kind: int, key: int) -> Iterator[int]:
    """Yield what the lowest nodes of a tree lead to.

    Args:
        file: that it is in.
        address: of its root.
        kind: 0 for groups, 1 for pieces of a dataset.
        key: octets of a key.
    """
    left, seen = [(address, _DEEPEST)], set()
    while left:
        at, depth = left.pop()
        if at in seen:
            raise damaged("a tree of it leads to itself", at)
        seen.add(at)
        cursor = file.at(at)
        if cursor.take(4) != b"TREE" or cursor.u8() != kind:
            raise damaged("a tree of it is not where it should be", at)
        level, entries = cursor.u8(), cursor.u16()
        if level >= depth:
            raise damaged("a tree of it is deeper than any", at)
        cursor.skip(16)
        for _ in range(entries):
            cursor.skip(key)
            child = cursor.u64()
            if level:
                left.append((child, level))
            else:
                yield child


def pieces(file: File, address: int, rank: int) -> Iterator[tuple[int, int]]:
    """Yield address and size of each piece of a dataset that is stored in pieces."""
    key = 8 + 8 * rank
    left, seen = [(address, _DEEPEST)], set()
    while left:
        at, depth = left.pop()
        cursor = file.at(at)
        if at in seen or cursor.take(4) != b"TREE" or cursor.u8() != 1:
            raise damaged("a tree of pieces is not where it should be", at)
        seen.add(at)
        level, entries = cursor.u8(), cursor.u16()
        if level >= depth:
            raise damaged("a tree of it is deeper than any", at)
        cursor.skip(16)
        for _ in range(entries):
            size = cursor.u32()
            cursor.skip(key - 4)
            child = cursor.u64()
            if level:
                left.append((child, level))
            else:
                yield child, size
