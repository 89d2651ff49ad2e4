"""The tree as static files that foreign verifiers read: hashes in tiles of 256, entries in bundles of 256.

    checkpoint                       the signed note
    tile/0/x001/x234/067             256 hashes of the leaves, or of full tiles of the level below
    tile/0/x001/x234/068.p/17        the last tile of a level, where it is not full, and how wide it is
    tile/entries/x001/x234/067       256 entries, each after its length in two octets

Rules of this file: pure. Sixteen of the tree's own tiles are one of these.
Source: C2SP tlog-tiles.
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from bartizan.ledger.tree import HASH_OCTETS, Node

HEIGHT: Final = 8
"""Levels of the tree in one tile."""
WIDTH: Final = 1 << HEIGHT
"""Hashes in a full tile, entries in a full bundle."""
ENTRIES: Final = "entries"
KEPT: Final = "kept"
"""Level of the bundles of which entries were pruned, which are no bundles of the format any more: entries that are gone are empty."""
_LENGTH: Final = struct.Struct(">H")
MOST_OCTETS: Final = WIDTH * (_LENGTH.size + 0xFFFF)
"""Octets of a bundle, at most."""
_GROUP: Final = 1000


class TileMalformed(ValueError):
    """Octets that are no bundle of entries."""


class Place(msgspec.Struct, frozen=True):
    """Where a tile or bundle lies.

    Attributes:
        level: counted in tiles, or `ENTRIES`.
        number: of the tile within its level.
        width: hashes or entries in it; `WIDTH` where it is full.
    """

    level: int | str
    number: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Path below the log's prefix."""
        rest, groups = divmod(self.number, _GROUP)
        parts = [f"{groups:03d}"]
        while rest:
            rest, group = divmod(rest, _GROUP)
            parts.insert(0, f"x{group:03d}")
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{self.level}/{'/'.join(parts)}{partial}"


def places(size: int, since: int = 0) -> Iterator[Place]:
    """Yield the tiles of hashes of a tree, without those that were full when it had `since` entries."""
    level = 0
    while size >> (HEIGHT * level):
        count, before = size >> (HEIGHT * level), since >> (HEIGHT * level)
        yield from _row(level, count, before)
        level += 1


def bundles(size: int, since: int = 0) -> Iterator[Place]:
    """Yield the bundles of entries of a tree, without those that were full when it had `since` entries."""
    yield from _row(ENTRIES, size, since)


def _row(level: int | str, count: int, before: int) -> Iterator[Place]:
    full, rest = divmod(count, WIDTH)
    for number in range(before // WIDTH, full):
        yield Place(level, number)
    if rest:
        yield Place(level, full, rest)


def hashes(node: Node, place: Place) -> bytes:
    """Return the octets of a tile of hashes. Raises `ProofInvalid` where the tree does not hold them."""
    level = HEIGHT * int(place.level)
    first = place.number * WIDTH
    return b"".join(node(level, index) for index in range(first, first + place.width))


def bundle(entries: Iterable[bytes]) -> bytes:
    """Return the octets of a bundle."""
    return b"".join(_LENGTH.pack(len(entry)) + entry for entry in entries)


def entries_of(octets: bytes) -> Sequence[bytes]:
    """Return the entries of a bundle.

    Raises:
        TileMalformed: it ends within one, or has more than a bundle may.
    """
    found: list[bytes] = []
    at = 0
    while at < len(octets):
        if at + _LENGTH.size > len(octets):
            raise TileMalformed("the bundle ends within a length")
        (length,) = _LENGTH.unpack_from(octets, at)
        at += _LENGTH.size + length
        if at > len(octets):
            raise TileMalformed("the bundle ends within an entry")
        found.append(octets[at - length : at])
        if len(found) > WIDTH:
            raise TileMalformed("the bundle has too many entries")
    return found


def split_tile(octets: bytes) -> list[bytes]:
    """Return the hashes of a tile, one by one."""
    return [octets[at : at + HASH_OCTETS] for at in range(0, len(octets), HASH_OCTETS)]
