"""What git keeps beside a working tree: packs of objects, their indexes, and the index of what is checked out. To git all of it is data.

Rules of this file: every octet belongs to a part that is known, and the checksum at the end holds. Objects of a pack are expanded and held
against the size that they say; what they hold is data until somebody checks it out, and is scanned then.
Source: git, Documentation/gitformat-pack.txt and gitformat-index.txt.
"""

import hashlib
import itertools
import zlib
from collections.abc import Callable
from typing import Final

from bartizan.supply.format import Damaged, Format, Look, Read
from bartizan.supply.octets import Budget, Octets, TooShort

_SUM: Final = 20
"""Octets of SHA-1; repositories by SHA-256 are not read."""
_PIECE: Final = 1 << 16
_COST: Final = 64
_WHOLE: Final = frozenset({1, 2, 3, 4})
"""Kinds of objects: commit, tree, blob, tag."""
_BY_PLACE, _BY_NAME = 6, 7
_MODES: Final = frozenset({0o100644, 0o100755, 0o120000, 0o160000})
_EXTENSIONS: Final = frozenset({b"TREE", b"REUC", b"EOIE", b"IEOT"})
_LONG_NAME: Final = 0xFFF
_EXTENDED: Final = 0x4000


def knows(octets: Octets) -> bool:
    """Return whether a file begins as one of them."""
    return any(octets.begins(magic) for magic in _READERS)


def read(octets: Octets, budget: Budget, look: Look) -> Read:
    """Return which it is.

    Raises:
        Damaged, TooShort: it is not whole, or octets of it are of no known part.
        Exhausted: the budget does not reach.
    """
    del look
    magic, reader = next((magic, reader) for magic, reader in _READERS.items() if octets.begins(magic))
    if len(octets) < len(magic) + _SUM:
        raise TooShort("checksum")
    end = len(octets) - _SUM
    budget.spend(end >> 6)
    if hashlib.sha1(octets.view[:end], usedforsecurity=False).digest() != octets.take(end, _SUM):
        raise _damaged("its checksum is wrong", end)
    reached = reader(octets, end, budget)
    if reached != end:
        raise _damaged("octets of it are of no known part", reached)
    return Read(format=_NAMES[magic])


def _damaged(what: str, offset: int) -> Damaged:
    return Damaged("git-damaged", f"it is no whole file of git's: {what}; fetch the repository anew", offset)


def _number(octets: Octets, at: int, width: int = 4) -> int:
    return int.from_bytes(octets.take(at, width), "big")


def _pack(octets: Octets, end: int, budget: Budget) -> int:
    at = 12
    for _ in range(_number(octets, 8)):
        budget.spend(_COST)
        kind, size, at = _head(octets, at)
        if kind == _BY_NAME:
            at += _SUM
        elif kind == _BY_PLACE:
            while octets.take(at, 1)[0] & 0x80:
                at += 1
            at += 1
        elif kind not in _WHOLE:
            raise _damaged("an object of it is of no known kind", at)
        at = _expanded(octets, at, end, size, budget)
    return at


def _head(octets: Octets, at: int) -> tuple[int, int, int]:
    """Return kind and size of an object, and the place after them."""
    octet = octets.take(at, 1)[0]
    kind, size, shift = octet >> 4 & 7, octet & 15, 4
    while octet & 0x80:
        at += 1
        octet = octets.take(at, 1)[0]
        size |= (octet & 0x7F) << shift
        shift += 7
        if shift > 63:  # noqa: PLR2004 - no object is as large
            raise _damaged("an object of it says a size that none has", at)
    return kind, size, at + 1


def _expanded(octets: Octets, at: int, end: int, size: int, budget: Budget) -> int:
    """Return the place after what is compressed, which comes to so many octets."""
    inflating, left = zlib.decompressobj(), size
    budget.expand(size)
    try:
        while not inflating.eof:
            if at >= end:
                raise TooShort("object")
            given = octets.view[at : min(at + _PIECE, end)]
            budget.spend(len(given) >> 6)
            out = inflating.decompress(given, left + 1)
            left -= len(out)
            if left < 0:
                raise _damaged("an object of it is larger than it says", at)
            at += len(given) - len(inflating.unconsumed_tail) - len(inflating.unused_data)
    except zlib.error:
        raise _damaged("an object of it is damaged", at) from None
    if left:
        raise _damaged("an object of it is smaller than it says", at)
    return at


def _names(octets: Octets, _end: int, budget: Budget) -> int:
    """Read the index of a pack, version 2."""
    if _number(octets, 4) != 2:  # noqa: PLR2004 - the version that git writes
        raise _damaged("its version is not known", 4)
    fan = [_number(octets, 8 + 4 * each) for each in range(256)]
    count, at = fan[-1], 8 + 4 * 256
    budget.spend(count * 2)
    names = [octets.take(at + _SUM * each, _SUM) for each in range(count)]
    if any(a >= b for a, b in itertools.pairwise(names)):
        raise _damaged("its names do not rise", at)
    if any(
        fan[each] != sum(1 for name in names if name[0] <= each) for each in (0, 127, 255)
    ) or fan != sorted(fan):
        raise _damaged("its table does not fit its names", 8)
    places = at + (_SUM + 4) * count
    wide = sum(_number(octets, places + 4 * each) >> 31 for each in range(count))
    return places + 4 * count + 8 * wide + _SUM


def _order(octets: Octets, end: int, budget: Budget) -> int:
    """Read the order of a pack."""
    if octets.take(4, 8) != b"\0\0\0\1\0\0\0\1":
        raise _damaged("its version is not known", 4)
    count, odd = divmod(end - 12 - _SUM, 4)
    budget.spend(max(count, 0))
    if odd or sorted(_number(octets, 12 + 4 * each) for each in range(count)) != list(range(count)):
        raise _damaged("its numbers are not each of a row once", 12)
    return end


def _checked_out(octets: Octets, end: int, budget: Budget) -> int:
    """Read the index of what is checked out, versions 2 and 3."""
    if _number(octets, 4) not in {2, 3}:
        raise _damaged("its version is not known", 4)
    at, before = 12, b""
    for _ in range(_number(octets, 8)):
        budget.spend(_COST)
        name, at = _entry(octets, at, end)
        if name < before:
            raise _damaged("its names do not rise", at)
        before = name
    while at < end:
        budget.spend(_COST)
        if octets.take(at, 4) not in _EXTENSIONS:
            raise _damaged("a part of it is of no known kind", at)
        at += 8 + _number(octets, at + 4)
    return at


def _entry(octets: Octets, at: int, end: int) -> tuple[bytes, int]:
    """Return the name of a file, and the place of the next entry."""
    if _number(octets, at + 24) not in _MODES:
        raise _damaged("a file of it is of no known kind", at)
    flags = _number(octets, at + 60, 2)
    start = at + (64 if flags & _EXTENDED else 62)
    length = flags & _LONG_NAME
    if length == _LONG_NAME:
        length = bytes(octets.view[start : min(end, start + _PIECE)]).find(b"\0")
    name = octets.take(start, max(length, 0))
    stop = at + (start - at + length + 8 & ~7)
    parts = name.split(b"/")
    if (
        not name
        or b"\0" in name
        or {b"", b".", b"..", b".git"} & set(parts)
        or any(octets.take(start + length, stop - start - length))
    ):
        raise _damaged("a name in it is none that git writes", start)
    return name, stop


_READERS: Final[dict[bytes, Callable[[Octets, int, Budget], int]]] = {
    b"PACK\0\0\0\2": _pack,
    b"\xfftOc": _names,
    b"RIDX": _order,
    b"DIRC": _checked_out,
}
_NAMES: Final = {
    b"PACK\0\0\0\2": "git-pack",
    b"\xfftOc": "git-pack-index",
    b"RIDX": "git-pack-order",
    b"DIRC": "git-index",
}


FORMAT: Final = Format("git", knows, read, order=45)
