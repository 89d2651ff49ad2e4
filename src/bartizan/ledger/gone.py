"""Which entries have no body, and whether the record says that they were pruned.

Rules of this file: pure. A bit for each entry that is gone is all that is kept. An entry is pruned only if what was said
last of its range names exactly those that are gone from it.
"""

from collections.abc import Iterator
from typing import Final

from bartizan.ledger.entry import Entry
from bartizan.ledger.pruned import Range, digest, range_of

_CHUNK: Final = 65_536
_BITS: Final = 8


class Gone:
    """What a reading of a ledger found gone so far, and what it was told.

    Attributes:
        count: how many are gone.
    """

    def __init__(self) -> None:
        """Know of none."""
        self.count = 0
        self._bits: dict[int, bytearray] = {}
        self._said: dict[int, Range] = {}

    def add(self, index: int) -> None:
        """Take note of an entry that has no body."""
        chunk, at = divmod(index, _CHUNK)
        self._bits.setdefault(chunk, bytearray(_CHUNK // _BITS))[at // _BITS] |= 1 << at % _BITS
        self.count += 1

    def hear(self, entry: Entry) -> None:
        """Take note of an event about a range."""
        said = range_of(entry)
        if said is not None:
            self._said[said.first] = said

    def judge(self) -> Iterator[tuple[int, str]]:
        """Yield (place, sentence) for what is missing, or here again, and was not pruned so."""
        explained = last = 0
        for first, said in sorted(self._said.items()):
            gone = list(self._within(max(first, last), said.end))
            explained, last = explained + len(gone), max(last, said.end)
            if digest(first, said.end, [at for at in gone if at >= first]) == said.digest:
                continue
            if len(gone) < said.gone:
                yield (
                    first,
                    f"{said.gone - len(gone)} entries up to {said.end} are here again that were pruned",
                )
            else:
                place = gone[0] if gone else first
                yield (
                    place,
                    f"entries up to {said.end} are missing that entry {said.index} does not say were pruned",
                )
        if explained < self.count:
            yield (
                self._first_unexplained(),
                f"{self.count - explained} entries are missing that were not pruned",
            )

    def _first_unexplained(self) -> int:
        covered = sorted((said.first, said.end) for said in self._said.values())
        at = 0
        for first, end in (*covered, (max(self._bits) * _CHUNK + _CHUNK,) * 2):
            found = next(self._within(at, first), None)
            if found is not None:
                return found
            at = max(at, end)
        return -1

    def _within(self, first: int, end: int) -> Iterator[int]:
        for chunk in range(first // _CHUNK, -(-end // _CHUNK)):
            bits = self._bits.get(chunk)
            if bits is None:
                continue
            start = chunk * _CHUNK
            for at in range(max(first - start, 0), min(end - start, _CHUNK)):
                if bits[at // _BITS] & 1 << at % _BITS:
                    yield start + at
