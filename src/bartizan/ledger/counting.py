"""What counting entries comes to, and how it is done one entry at a time.

Rules of this file: pure. This is what a count means; who counts otherwise, faster, has to come to the same.
"""

import enum
from array import array
from collections.abc import Iterable
from typing import Final

import msgspec

from bartizan.ledger.column_engine import QuestionTooLarge
from bartizan.ledger.query import Said

QUANTILES: Final = (50, 95, 99)
"""Parts of a hundred."""
MOST_FIELDS: Final = 4
MOST_GROUPS: Final = 1_000_000
"""Groups of one count."""
_PARTS: Final = frozenset({"kind", "actor", "subject", "control"})
Value = str | int | None
"""What a group has of a field; None is that its entries do not have it."""
Key = tuple[int, tuple[Value, ...]]
"""Bucket and values of a group."""


class Source(enum.Enum):
    """Where an answer comes from: the copy in columns and the newest entries of the tree, or the tree alone."""

    COLUMNS = "columns"
    TREE = "tree"


class Measure(msgspec.Struct, frozen=True):
    """What the numbers of a field come to.

    Attributes:
        count: entries that have it.
        total, least, most: sum, smallest and largest.
        quantiles: of each of `QUANTILES` the smallest number that so many of a hundred do not exceed (nearest rank).
    """

    count: int
    total: int
    least: int
    quantiles: tuple[int, ...]
    most: int


class Row(msgspec.Struct, frozen=True):
    """One group.

    Attributes:
        start: of its bucket, UTC nanoseconds; 0 where there are none.
        values: of the fields that were counted by, in their order.
        count: its entries.
        measured: of the field that was asked for; None where none was, or no entry has it.
    """

    start: int
    values: tuple[Value, ...]
    count: int
    measured: Measure | None = None


class Answer(msgspec.Struct, frozen=True):
    """Rows, and how far they reach.

    Attributes:
        rows: by bucket, then the most frequent first, then by their values.
        more: whether there are more than were wanted.
        size: entries of the tree that was counted.
        source: where the rows come from.
    """

    rows: tuple[Row, ...]
    more: bool
    size: int
    source: Source


def count(said: Iterable[Said], by: tuple[str, ...], bucket: int, of: str) -> list[Row]:
    """Return the rows of entries, as `Answer` has them in order.

    Args:
        said: what the entries say.
        by, bucket, of: as in `aggregate.Aggregate`.
    Raises:
        QuestionTooLarge: more than `MOST_GROUPS`.
    """
    counts: dict[Key, int] = {}
    numbers: dict[Key, array[int]] = {}
    for one in said:
        key = (one.at // bucket * bucket if bucket else 0, tuple([_value(one, name) for name in by]))
        counts[key] = counts.get(key, 0) + 1
        if len(counts) > MOST_GROUPS:
            raise QuestionTooLarge
        number = one.detail.get(of) if of else None
        if number is not None:
            numbers.setdefault(key, array("q")).append(int(number))
    rows = [Row(*key, many, _measure(numbers.get(key))) for key, many in counts.items()]
    return sorted(rows, key=_order)


def _value(said: Said, name: str) -> Value:
    if name in _PARTS:
        return str(getattr(said, name))
    return said.outcome.value if name == "outcome" else said.detail.get(name)


def _measure(numbers: "array[int] | None") -> Measure | None:
    if not numbers:
        return None
    ordered = sorted(numbers)
    quantiles = tuple(ordered[-(-part * len(ordered) // 100) - 1] for part in QUANTILES)
    return Measure(len(ordered), sum(ordered), ordered[0], quantiles, ordered[-1])


def _order(row: Row) -> tuple[object, ...]:
    """Return what rows are ordered by; the values of one field are all words or all numbers, but for those that lack it."""
    values = [(value is not None, 0 if value is None else value) for value in row.values]
    return (row.start, -row.count, *values)
