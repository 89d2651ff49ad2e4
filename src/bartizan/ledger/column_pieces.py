"""Which part of the tree a file of columns is a copy of, as its name says.

    FIRST-END-PRUNED-TREE-CONTENT.parquet

Rules of this file: pure. A piece covers a complete subtree of 4,096, 65,536 or 1,048,576 entries and is named after its
hash, so that a file of another tree, or of one that was rolled back and went on otherwise, is no piece of this one. It
is named after the latest event that pruned something of it, so that one which is older is told, and after its content,
so that a damaged one is. Names keep accidents out, not adversaries: verification asks the tree alone.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from typing import Final, Self

import msgspec

from bartizan.ledger.pruned import Range

LEVELS: Final = (20, 16, 12)
"""Levels of the subtrees, the largest first: powers of two of entries. Pieces of the largest are made of others."""
_SHOWN: Final = 16
_NAME: Final = re.compile(r"([0-9]{12})-([0-9]{12})-([0-9]{1,16})-([0-9a-f]{16})-([0-9a-f]{16})\.parquet")
_DRAFT: Final = re.compile(r"\.[0-9]{12}-[0-9a-f-]{1,80}\.parquet\.new")
Place = tuple[int, int]
"""Level and number of a subtree."""


class Piece(msgspec.Struct, frozen=True):
    """One file of columns.

    Attributes:
        level, number: of its subtree.
        pruned: one more than the index of the latest event that pruned something of it, 0 where none did.
        tree, content: first 16 hexadecimal digits of the subtree's hash, and of the file's SHA-256.
    """

    level: int
    number: int
    pruned: int
    tree: str
    content: str

    @property
    def place(self) -> Place:
        """Its subtree."""
        return self.level, self.number

    @property
    def first(self) -> int:
        """Index of its first entry."""
        return self.number << self.level

    @property
    def end(self) -> int:
        """Index of the entry after its last."""
        return (self.number + 1) << self.level

    @property
    def name(self) -> str:
        """Name of its file."""
        return f"{self.first:012d}-{self.end:012d}-{self.pruned}-{self.tree}-{self.content}.parquet"

    def of(self, content: bytes) -> Self:
        """Return this piece with a content."""
        return msgspec.structs.replace(self, content=shortened(sha256(content).digest()))

    def holds(self, content: bytes) -> bool:
        """Return whether a file's content is what was written."""
        return shortened(sha256(content).digest()) == self.content


def shortened(digest: bytes) -> str:
    """Return a digest as names have it."""
    return digest.hex()[:_SHOWN]


def piece_of(name: str) -> Piece | None:
    """Return the piece of a file's name; None where it is no piece's."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    first, end, pruned = (int(found[at]) for at in (1, 2, 3))
    level = (end - first).bit_length() - 1
    if level not in LEVELS or end - first != 1 << level or first % (1 << level):
        return None
    piece = Piece(level, first >> level, pruned, found[4], found[5])
    return piece if piece.name == name else None


def is_draft(name: str) -> bool:
    """Return whether a file is a piece whose writing was cut short."""
    return _DRAFT.fullmatch(name) is not None


class Prunings:
    """What was pruned so far, by piece."""

    def __init__(self) -> None:
        """Know of nothing."""
        self._latest: dict[Place, int] = {}

    def hear(self, said: Range) -> None:
        """Take note of what an event of the tree says; in the tree's order."""
        for level in LEVELS:
            for number in range(said.first >> level, ((said.end - 1) >> level) + 1):
                self._latest[level, number] = said.index + 1

    def of(self, place: Place) -> int:
        """Return what a piece of this subtree must have as `pruned`."""
        return self._latest.get(place, 0)


class Standing(msgspec.Struct, frozen=True):
    """What a tree says of its pieces at a moment.

    Attributes:
        size: entries of the tree.
        prunings: as they are.
        subtree: (level, number) -> hash of a complete subtree.
    """

    size: int
    prunings: Prunings
    subtree: Callable[[int, int], bytes]

    def is_current(self, piece: Piece) -> bool:
        """Return whether a piece is one of this tree, with nothing in it that was pruned."""
        return (
            piece.end <= self.size
            and piece.pruned == self.prunings.of(piece.place)
            and piece.tree == shortened(self.subtree(*piece.place))
        )

    def named(self, place: Place) -> Piece:
        """Return the piece that is wanted of a subtree; it has no content yet."""
        return Piece(*place, self.prunings.of(place), shortened(self.subtree(*place)), "")

    def wanted(self) -> Iterator[Place]:
        """Yield the subtrees that cover all that pieces can cover, in order, each as large as can be."""
        at = 0
        for level in LEVELS:
            while at + (1 << level) <= self.size:
                yield level, at >> level
                at += 1 << level


class Cover(msgspec.Struct, frozen=True):
    """Pieces that do not lie over one another, and the spans of entries between and after them.

    Attributes:
        pieces: in order.
        gaps: (first, end) of each span that no piece covers, in order.
    """

    pieces: tuple[Piece, ...]
    gaps: tuple[Place, ...]

    @classmethod
    def of(cls, pieces: Iterable[Piece], size: int, first: int = 0) -> Self:
        """Return the cover of the entries from `first` up to `size` by what there is, the largest pieces first."""
        chosen: list[Piece] = []
        gaps: list[Place] = []
        at = first
        for piece in sorted(pieces, key=lambda piece: (piece.first, -piece.level)):
            if piece.end > at and piece.first >= (chosen[-1].end if chosen else 0):
                if piece.first > at:
                    gaps.append((at, piece.first))
                chosen.append(piece)
                at = piece.end
        if at < size:
            gaps.append((at, size))
        return cls(tuple(chosen), tuple(gaps))


def parts(place: Place) -> tuple[Place, ...]:
    """Return the subtrees of the next smaller pieces of a subtree; none of the smallest."""
    level, number = place
    if level == LEVELS[-1]:
        return ()
    below = LEVELS[LEVELS.index(level) + 1]
    width = 1 << (level - below)
    return tuple((below, number * width + each) for each in range(width))
