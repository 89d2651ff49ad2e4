"""The Merkle tree over the entries: RFC 6962 hashes, an append-only frontier, proofs and their checks.

Rules of this file: pure. A tree is kept in tiles: each holds 16 neighbouring hashes of every fourth level, so
that one small row answers for 31 nodes. A tile is written once, when it is full; those that are not full yet,
at most one a level, are the frontier. Trees that a `node` function answers for may be larger than the size
asked about, since a complete subtree never changes.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import Final

import msgspec

HASH_OCTETS: Final = 32
HEIGHT: Final = 4
"""Levels of the tree in one tile."""
WIDTH: Final = 1 << HEIGHT
"""Hashes in a full tile."""
EMPTY_ROOT: Final = sha256(b"").digest()
"""Root of the tree without entries. Source: RFC 6962, section 2.1."""

Node = Callable[[int, int], bytes]
"""(level, index) -> hash of that complete subtree, level 0 being the leaves."""


class ProofInvalid(Exception):
    """A proof does not show what it should."""


class Tile(msgspec.Struct, frozen=True):
    """16 neighbouring hashes; `level` counts in tiles: hashes of tree level 4 x level."""

    level: int
    number: int
    hashes: bytes


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of an entry. Source: RFC 6962, section 2.1."""
    return sha256(b"\0" + entry).digest()


def leaf_hashes(entries: Iterable[bytes]) -> list[bytes]:
    """Return the hashes of many entries."""
    return [sha256(b"\0" + entry).digest() for entry in entries]


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of two subtrees. Source: RFC 6962, section 2.1."""
    return sha256(b"\1" + left + right).digest()


def fold(hashes: Sequence[bytes]) -> bytes:
    """Return the root of a complete subtree from its hashes, whose number is a power of two."""
    while len(hashes) > 1:
        hashes = halve(hashes)
    return hashes[0]


def halve(hashes: Iterable[bytes]) -> list[bytes]:
    """Return the hashes of neighbours taken two by two, whose number is even."""
    each = iter(hashes)
    return [sha256(b"\1" + left + right).digest() for left, right in zip(each, each, strict=True)]


class Frontier:
    """The right edge of a growing tree: what is needed to append to it and to name its root."""

    __slots__ = ("levels", "size")

    def __init__(self, size: int = 0, hashes: bytes = b"") -> None:
        """Take an empty tree, or one as `encode` gave it.

        Raises:
            ValueError: the octets are not the edge of a tree of this size.
        """
        if size < 0:
            raise ValueError("a tree has no negative size")
        self.size, self.levels = size, list[list[bytes]]()
        at = 0
        while size:
            count = size % WIDTH
            self.levels.append(split(hashes[at : at + count * HASH_OCTETS]))
            at, size = at + count * HASH_OCTETS, size // WIDTH
        if at != len(hashes):
            raise ValueError("not the edge of a tree of this size")

    def encode(self) -> bytes:
        """Return the hashes, lowest level first; the size says how many belong to each."""
        return b"".join(b"".join(level) for level in self.levels)

    def append(self, leaves: Iterable[bytes]) -> list[Tile]:
        """Add leaf hashes; return the tiles that they filled."""
        new = list(leaves)
        self.size += len(new)
        full: list[Tile] = []
        level = 0
        while new:
            if level == len(self.levels):
                self.levels.append([])
            first = (self.size >> (HEIGHT * level)) // WIDTH * WIDTH
            edge = self.levels[level] + new
            kept = (self.size >> (HEIGHT * level)) % WIDTH
            number = (first - (len(edge) - kept)) // WIDTH
            new = edge[: len(edge) - kept]
            full += [
                Tile(level, number + at // WIDTH, b"".join(new[at : at + WIDTH]))
                for at in range(0, len(new), WIDTH)
            ]
            self.levels[level] = edge[len(new) :]
            for _ in range(HEIGHT):
                new = halve(new)
            level += 1
        return full

    def root(self) -> bytes:
        """Return the root of the tree."""
        peaks: list[bytes] = []
        for level in reversed(self.levels):
            at = 0
            for width in (8, 4, 2, 1):
                if len(level) & width:
                    peaks.append(fold(level[at : at + width]))
                    at += width
        if not peaks:
            return EMPTY_ROOT
        root = peaks.pop()
        while peaks:
            root = node_hash(peaks.pop(), root)
        return root


def split(hashes: bytes) -> list[bytes]:
    """Return the hashes of a tile one by one."""
    return [hashes[at : at + HASH_OCTETS] for at in range(0, len(hashes), HASH_OCTETS)]


def node_in(tile: Callable[[int, int], bytes], frontier: Frontier) -> Node:
    """Return the function that answers for the nodes of a stored tree.

    Args:
        tile: (level, number) -> hashes of a full tile.
        frontier: its right edge.
    Returns:
        a function that raises ProofInvalid where the subtree is not complete or not stored.
    """
    last, hashes = (-1, -1), b""  # neighbouring nodes of a proof lie in one tile

    def node(level: int, index: int) -> bytes:
        nonlocal last, hashes
        tiled, above = divmod(level, HEIGHT)
        first, count = index << above, 1 << above
        number, at = divmod(first, WIDTH)
        edge = (frontier.size >> (HEIGHT * tiled)) // WIDTH
        if number > edge or tiled >= len(frontier.levels):
            raise ProofInvalid("the tree has no such subtree")
        if number == edge:
            held = frontier.levels[tiled][at : at + count]
        else:
            if last != (tiled, number):
                last, hashes = (tiled, number), tile(tiled, number)
            held = split(hashes[at * HASH_OCTETS : (at + count) * HASH_OCTETS])
        if len(held) < count:
            raise ProofInvalid("the tree has no such complete subtree")
        return fold(held)

    return node


def root_of(node: Node, start: int, end: int) -> bytes:
    """Return the root over the entries start..end-1; start is a border of the tree's own divisions.

    Source: RFC 6962, section 2.1.
    """
    width = end - start
    if width == 0:
        return EMPTY_ROOT
    if width & (width - 1) == 0:
        level = width.bit_length() - 1
        return node(level, start >> level)
    half = _half(width)
    return node_hash(root_of(node, start, start + half), root_of(node, start + half, end))


def inclusion_proof(node: Node, index: int, size: int) -> tuple[bytes, ...]:
    """Return the proof that entry `index` stands in the tree of this size, lowest hash first.

    Source: RFC 6962, section 2.1.1.
    """
    if not 0 <= index < size:
        raise ProofInvalid("the tree has no such entry")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _half(end - start)
        if index < middle:
            path.append(root_of(node, middle, end))
            end = middle
        else:
            path.append(root_of(node, start, middle))
            start = middle
    return tuple(reversed(path))


def consistency_proof(node: Node, old: int, size: int) -> tuple[bytes, ...]:
    """Return the proof that the tree of size `old` is the beginning of the tree of this size.

    Source: RFC 6962, section 2.1.2.
    """
    if not 0 <= old <= size:
        raise ProofInvalid("the older tree is the larger one")
    if old in {0, size}:
        return ()
    path: list[bytes] = []
    start, end = 0, size
    whole = True
    while old != end:
        middle = start + _half(end - start)
        if old <= middle:
            path.append(root_of(node, middle, end))
            end = middle
        else:
            path.append(root_of(node, start, middle))
            start, whole = middle, False
    return tuple(reversed(path)) if whole else (root_of(node, start, end), *reversed(path))


def check_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Return if the proof shows that this leaf hash stands at `index` in the tree of that root.

    Raises:
        ProofInvalid: it does not.
    Source: RFC 9162, section 2.1.3.2.
    """
    if not 0 <= index < size:
        raise ProofInvalid("the tree has no such entry")
    value = leaf
    for sibling, left in zip(proof, _sides(index, size - 1, len(proof)), strict=True):
        value = node_hash(sibling, value) if left else node_hash(value, sibling)
    if value != root:
        raise ProofInvalid("the proof does not lead to the root")


def check_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Return if the proof shows that the older tree is the beginning of the newer one.

    Raises:
        ProofInvalid: it does not.
    Source: RFC 9162, section 2.1.4.2.
    """
    if not 0 <= old <= new:
        raise ProofInvalid("the older tree is the larger one")
    if old in {0, new}:
        if proof or old_root != (new_root if old else EMPTY_ROOT):
            raise ProofInvalid("trees of one size have two roots")
        return
    path = list(proof) if old & (old - 1) else [old_root, *proof]
    if not path:
        raise ProofInvalid("the proof is empty")
    above = (old & -old).bit_length() - 1  # levels of the last complete subtree that both trees share
    sides = _sides((old - 1) >> above, (new - 1) >> above, len(path) - 1)
    before = after = path[0]
    for sibling, left in zip(path[1:], sides, strict=True):
        if left:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
        else:
            after = node_hash(after, sibling)
    if before != old_root or after != new_root:
        raise ProofInvalid("the proof does not lead to both roots")


def _sides(place: int, last: int, steps: int) -> list[bool]:
    """Return for each step of the way from a node up to the root whether the sibling stands to its left."""
    sides: list[bool] = []
    for _ in range(steps):
        if last == 0:
            raise ProofInvalid("the proof is too long")
        sides.append(bool(place & 1) or place == last)
        while sides[-1] and place and not place & 1:
            place, last = place >> 1, last >> 1
        place, last = place >> 1, last >> 1
    if last:
        raise ProofInvalid("the proof is too short")
    return sides


def _half(width: int) -> int:
    """Return the largest power of two below the width, which is at least 2."""
    return 1 << ((width - 1).bit_length() - 1)
