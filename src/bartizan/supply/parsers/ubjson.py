"""UBJSON, of the part that XGBoost writes: objects, lists, and rows of numbers of one type.

Rules of this file: values are walked, not kept, but for the names of the outermost object; no name stands twice in an object. Source: ubjson.org,
draft 12; XGBoost 3.2, `src/common/json.cc`.
"""

from typing import Final

from bartizan.supply.format import Damaged
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.parsers.cursor import Cursor

DEEPEST: Final = 40
_WHOLE: Final = {b"i": 1, b"U": 1, b"I": 2, b"l": 4, b"L": 8}
_WIDTH: Final = {**_WHOLE, b"d": 4, b"D": 8, b"C": 1, b"Z": 0, b"N": 0, b"T": 0, b"F": 0}
_LONGEST: Final = 1 << 24


def members(octets: Octets, budget: Budget) -> frozenset[str]:
    """Return the names of the outermost object, once all of it is read.

    Raises:
        Damaged: it is no such object, or octets follow it.
    """
    reading = _Reading(Cursor(octets, budget))
    names = reading.outermost()
    if reading.cursor.left:
        raise Damaged("octets-left", "octets follow its last value; nothing belongs there", reading.cursor.at)
    return names


class _Reading:
    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor

    def malformed(self) -> Damaged:
        return Damaged("ubjson-malformed", "it is no UBJSON that is known", self.cursor.at)

    def outermost(self) -> frozenset[str]:
        if self.cursor.take(1) != b"{":
            raise self.malformed()
        return self.object(0)

    def number(self, marker: bytes) -> int:
        """Return a whole number by its marker; negative ones have no place where this is asked."""
        if marker not in _WHOLE:
            raise self.malformed()
        found = int.from_bytes(self.cursor.take(_WHOLE[marker]), "big", signed=marker != b"U")
        if found < 0:
            raise self.malformed()
        return found

    def name(self, marker: bytes) -> str:
        length = self.number(marker)
        if length > _LONGEST:
            raise self.malformed()
        return self.cursor.text(length, "a name")

    def object(self, depth: int) -> frozenset[str]:
        found: set[str] = set()
        while (marker := self.cursor.take(1)) != b"}":
            name = self.name(marker)
            if name in found:
                raise Damaged(
                    "name-twice", "an object names a member twice, so it has two readings", self.cursor.at
                )
            found.add(name)
            self.value(self.cursor.take(1), depth + 1)
        return frozenset(found)

    def value(self, marker: bytes, depth: int) -> None:
        if depth > DEEPEST:
            raise Damaged("too-deep", "it is nested too deep", self.cursor.at)
        if marker in _WIDTH:
            self.cursor.skip(_WIDTH[marker])
        elif marker == b"S":
            self.cursor.skip(self.number(self.cursor.take(1)))
        elif marker == b"{":
            self.object(depth)
        elif marker == b"[":
            self.list(depth)
        else:
            raise self.malformed()

    def list(self, depth: int) -> None:
        marker = self.cursor.take(1)
        kind = b""
        if marker == b"$":
            kind, marker = self.cursor.take(1), self.cursor.take(1)
        if marker == b"#":
            self.counted(kind, self.number(self.cursor.take(1)), depth)
            return
        if kind:
            raise self.malformed()
        while marker != b"]":
            self.value(marker, depth + 1)
            marker = self.cursor.take(1)

    def counted(self, kind: bytes, count: int, depth: int) -> None:
        if kind:
            if not _WIDTH.get(kind):
                raise self.malformed()
            self.cursor.skip(_WIDTH[kind] * count)
            return
        for _ in range(count):
            self.value(self.cursor.take(1), depth + 1)
