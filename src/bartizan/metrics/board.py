"""Numbers in memory that two processes share: one counts, the other reads.

Rules of this file: the memory belongs to whoever reads, so what was counted outlives who counted it, and the next one
counts on. A series is written down before the number of series that tells readers of it. Who counts may be an
adversary's: a reader takes names of known families and values of the form of labels, bounded in number, and nothing
else; lies in the numbers are the counter's own. Counting touches no lock and makes no system call; a word is eight
aligned octets, which the processors that this runs on write as one.
"""

import struct
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Final

from bartizan.metrics.family import NAME, Family, Kind, Series

SERIES: Final = 4096
"""Series that a board has room for; what comes later is not counted, but how often that happened is."""
_KEY_OCTETS, _WORDS = 224, 36
_ENTRY: Final = _KEY_OCTETS + 8 * _WORDS
OCTETS: Final = 16 + (SERIES + 1) * _ENTRY
"""Octets of a board, one series more than are read; those that are not used take no memory."""
_LENGTH: Final = struct.Struct("<H")
_LARGEST: Final = 2**62
"""What a number that is counted on from may be; a larger one was no count."""
_Key = tuple[str, tuple[str, ...]]


class Board:
    """The numbers of one process that counts.

    Attributes:
        words: all memory, in words; `words[at]` is a series' first one where `at` is its place.
    """

    __slots__ = ("_memory", "_places", "words")

    def __init__(self, memory: memoryview, families: Iterable[Family]) -> None:
        """Count on in this memory, from what it holds of these families; gauges begin at zero.

        Args:
            memory: `OCTETS` octets, zero at first.
            families: those that are counted here.
        """
        self._memory, self.words = memory, memory[:OCTETS].cast("Q")
        self._places: dict[_Key, int] = {}
        known = {family.name: family for family in families}
        for index in range(min(self.words[0], SERIES)):
            found = _series(memory, index, known)
            if found is None:  # not one of ours: it is left as it is, and counted on by nobody
                continue
            at = self._places[found.family.name, found.values] = _place(index)
            for word, number in enumerate(found.numbers, at):
                if found.family.kind is Kind.GAUGE or number > _LARGEST:
                    self.words[word] = 0

    def place(self, family: Family, *values: str) -> int:
        """Return the place of a series, which is new the first time; where there is no room, one that nobody reads.

        Args:
            family: that it belongs to.
            values: of its labels; each of the form of `NAME`.
        Raises:
            ValueError: they are not.
        """
        key = family.name, values
        at = self._places.get(key)
        if at is None:
            at = self._places[key] = self._begin(family, values)
        return at

    def _begin(self, family: Family, values: tuple[str, ...]) -> int:
        if len(values) != len(family.labels) or not all(NAME.fullmatch(value) for value in values):
            raise ValueError(f"not the labels of {family.name}")
        octets = "\n".join((family.name, *values)).encode("ascii")
        index = self.words[0]
        if index >= SERIES or len(octets) > _KEY_OCTETS - _LENGTH.size:
            self.words[1] += 1
            return _place(SERIES)
        start = 16 + index * _ENTRY
        _LENGTH.pack_into(self._memory, start, len(octets))
        self._memory[start + _LENGTH.size : start + _LENGTH.size + len(octets)] = octets
        self.words[0] = index + 1
        return _place(index)

    def distribution(self, family: Family, *values: str) -> "Distribution":
        """Return what takes observations of a series; arguments as of `place`."""
        return Distribution(self.words, self.place(family, *values), family.bounds)


class Distribution:
    """One series of a distribution: observed in lists, which cost a third of shared words, and posted now and then.

    Attributes:
        places: how many fell into each place since the last post; count with `bisect_left` of the family's bounds.
        total: their sum.
    """

    __slots__ = ("_at", "_words", "places", "total")

    def __init__(self, words: memoryview, at: int, bounds: tuple[int, ...]) -> None:
        """Count from this place on."""
        self._words, self._at = words, at
        self.places, self.total = [0] * (len(bounds) + 1), 0

    def post(self) -> None:
        """Add what was observed to the board."""
        words, places = self._words, self.places
        if any(places):
            for at, count in enumerate(places, self._at):
                if count:
                    words[at] += count
            words[self._at + len(places)] += self.total
            places[:] = [0] * len(places)
            self.total = 0


def unread() -> Board:
    """Return a board in memory of its own, which nobody reads."""
    return Board(memoryview(bytearray(OCTETS)), ())


def read(memory: memoryview, families: Iterable[Family]) -> tuple[list[Series], int]:
    """Return what a board says of these families, and how many series it had no room for.

    Args:
        memory: `OCTETS` octets that somebody else counts in.
        families: those that are known.
    """
    known = {family.name: family for family in families}
    used, dropped = struct.unpack_from("<QQ", memory)
    found = (_series(memory, index, known) for index in range(min(used, SERIES)))
    return [series for series in found if series is not None], dropped


def merged(boards: Iterable[Iterable[Series]]) -> list[Series]:
    """Return the sums of what several boards say, ordered by family and labels."""
    sums: dict[_Key, Series] = {}
    for each in chain.from_iterable(boards):
        key = each.family.name, each.values
        before = sums.get(key)
        sums[key] = each if before is None else _sum(before, each)
    return [sums[key] for key in sorted(sums)]


def _sum(one: Series, other: Series) -> Series:
    numbers = tuple(map(sum, zip(one.numbers, other.numbers, strict=True)))
    return Series(one.family, one.values, numbers)


def _series(memory: memoryview, index: int, known: Mapping[str, Family]) -> Series | None:
    start = 16 + index * _ENTRY
    (length,) = _LENGTH.unpack_from(memory, start)
    octets = bytes(memory[start + _LENGTH.size : start + _LENGTH.size + min(length, _KEY_OCTETS)])
    name, *values = octets.decode("ascii", "replace").split("\n")
    family = known.get(name)
    if family is None or len(values) != len(family.labels) or not all(map(NAME.fullmatch, values)):
        return None
    numbers = struct.unpack_from(f"<{family.words}Q", memory, start + _KEY_OCTETS)
    return Series(family, tuple(values), numbers)


def _place(index: int) -> int:
    return (16 + index * _ENTRY + _KEY_OCTETS) // 8
