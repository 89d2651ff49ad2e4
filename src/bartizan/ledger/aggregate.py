"""Counting entries: by time, by what they say, and what their numbers come to.

Rules of this file: read-only, and complete up to the tree's size at one moment, whose snapshot every part of an answer is
taken from. The copy in columns is asked where it is there and current, for what it covers; the rest, and everything where
it cannot be used, comes from the tree. Both ways give the same answer.
"""

import os
import sqlite3
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from bartizan.ledger.column_engine import (
    ColumnsUnusable,
    available,
    engine,
    in_memory,
    lines_relation,
    opened,
)
from bartizan.ledger.column_fields import COUNTED, HOUR, NUMBERS, column, type_of
from bartizan.ledger.column_pieces import Cover, Piece, Standing
from bartizan.ledger.columns import Hearing, lines_of, opened_pieces, pieces, runs_of
from bartizan.ledger.counting import (
    MOST_FIELDS,
    QUANTILES,
    Answer,
    Measure,
    Row,
    Source,
    count,
)
from bartizan.ledger.database import LedgerUnreadable, reading
from bartizan.ledger.query import EVER, Query, events, size_of
from bartizan.ledger.vocabulary import KINDS

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MOST_ROWS: Final = 100_000
"""Rows of one answer at most."""
_MOST_GAP: Final = 1 << 18
"""Entries that are brought from the tree into one question; with more, the tree is asked for everything."""
_THREADS: Final = 4
_OCTETS: Final = 1 << 30


class AggregateInvalid(ValueError):
    """A question that cannot be asked; the message says why."""


class Aggregate(msgspec.Struct, frozen=True):
    """What is asked for: how many entries, by what.

    Attributes:
        by: parts of events or fields of details, of `column_fields.COUNTED`; none count all together.
        bucket: nanoseconds of a span of time that is counted apart, from the epoch on; 0 is all of time.
        of: field whose numbers are described, of `column_fields.NUMBERS`; or none.
        where: which entries; its `last` and `limit` mean nothing here.
        limit: rows that are wanted, at most `MOST_ROWS`.
    Raises:
        AggregateInvalid: there is no such field, or too many are named.
    """

    by: tuple[str, ...] = ("kind",)
    bucket: int = 0
    of: str = ""
    where: Query = Query()
    limit: int = 1000

    def __post_init__(self) -> None:
        """Refuse what has no answer."""
        unknown = [name for name in self.by if name not in COUNTED]
        if unknown:
            raise AggregateInvalid(f"entries cannot be counted by {unknown[0]!r}")
        if len(set(self.by)) != len(self.by) or len(self.by) > MOST_FIELDS:
            raise AggregateInvalid(f"count by up to {MOST_FIELDS} fields, each once")
        if self.of and self.of not in NUMBERS:
            raise AggregateInvalid(f"{self.of!r} is no field of numbers")
        if not 0 <= self.bucket < 2**62:
            raise AggregateInvalid("a bucket is a span of time")


def aggregate(ledger: Path, asked: Aggregate) -> Answer:
    """Return the rows that are asked for: of each bucket, in order of time, the most frequent first.

    Args:
        ledger: its folder.
        asked: what.
    Raises:
        LedgerUnreadable: there is no ledger, or it is damaged; verify says where.
        QuestionTooLarge: there are too many groups.
    """
    with reading(ledger) as connection:
        if available():
            try:
                found = _from_columns(connection, ledger, asked)
            except ColumnsUnusable:  # a damaged file, which the archiver will replace
                found = None
            if found is not None:
                return found
        return from_tree(connection, ledger, asked)


def from_tree(connection: sqlite3.Connection, ledger: Path, asked: Aggregate) -> Answer:
    """Return what `aggregate` does, from the tree alone, of a ledger that is open already.

    Raises:
        LedgerUnreadable, QuestionTooLarge: as there.
    """
    try:
        rows = count(events(connection, ledger, asked.where), asked.by, asked.bucket, asked.of)
    except (
        ValueError,
        TypeError,
        OverflowError,
    ) as fault:  # a word where a number should be, or the other way round
        raise LedgerUnreadable(ledger, "an entry is not an event; verify says which") from fault
    limit = _limit(asked)
    return Answer(tuple(rows[:limit]), len(rows) > limit, size_of(connection), Source.TREE)


def _from_columns(connection: sqlite3.Connection, ledger: Path, asked: Aggregate) -> Answer | None:
    """Return the answer of the copy and of what the tree has beyond it; None where the copy covers too little."""
    there = pieces(ledger)
    if not there:
        return None
    standing = Hearing().standing(connection, ledger)
    with opened_pieces(ledger, [piece for piece in there if _wanted(standing, piece, asked)]) as files:
        cover = Cover.of(files, standing.size, min(asked.where.first, standing.size))
        if not cover.pieces or sum(end - first for first, end in cover.gaps) > _MOST_GAP:
            return None
        lines = b"".join(
            lines_of(ledger, runs_of(connection, first, end), first, end) for first, end in cover.gaps
        )
        rows = _asked([files[piece] for piece in cover.pieces], lines, asked)
    limit = _limit(asked)
    return Answer(tuple(rows[:limit]), len(rows) > limit, standing.size, Source.COLUMNS)


def _wanted(standing: Standing, piece: Piece, asked: Aggregate) -> bool:
    return piece.end > asked.where.first and standing.is_current(piece)


def _limit(asked: Aggregate) -> int:
    return max(0, min(asked.limit, MOST_ROWS))


def _asked(files: Sequence[int], lines: bytes, asked: Aggregate) -> list[Row]:
    """Return one row more than are wanted, if there are."""
    with ExitStack() as stack:
        beyond = stack.enter_context(in_memory(lines))
        threads = min(os.cpu_count() or 1, _THREADS)
        connection = stack.enter_context(engine((*files, beyond), threads=threads, octets=_OCTETS))
        given: dict[str, object] = {"files": [opened(file) for file in files], "beyond": opened(beyond)}
        return _rows(connection, asked, given)


def _rows(connection: "DuckDBPyConnection", asked: Aggregate, given: dict[str, object]) -> list[Row]:
    conditions, values = _conditions(asked.where)
    names = [column(name) for name in asked.by]
    start, time = _bucket(asked.bucket)
    measured = f", {_measures(column(asked.of))}" if asked.of else ""
    wanted = sorted({time, *asked.by, *([asked.of] if asked.of else [])})
    used = ", ".join(f"CAST({column(name)} AS {type_of(name)}) AS {column(name)}" for name in wanted)
    parts = " UNION ALL ".join(
        f"SELECT {used} FROM {relation} WHERE {conditions}"  # noqa: S608 - our own columns; values are parameters
        for relation in ("read_parquet($files)", lines_relation("beyond"))
    )
    keys = "".join(f", {name} NULLS FIRST" for name in names)
    groups = ", ".join(str(at + 1) for at in range(1 + len(names)))
    statement = (
        f"SELECT {', '.join([start, *names, 'count(*)'])}{measured} FROM ({parts}) "  # noqa: S608 - as above
        f"GROUP BY {groups} ORDER BY 1, {2 + len(names)} DESC{keys} LIMIT $limit"
    )
    found = connection.execute(statement, {**given, **values, "limit": _limit(asked) + 1})
    width = 1 + len(names)
    return [
        Row(row[0] * asked.bucket, tuple(row[1:width]), row[width], _measured(row[width + 1 :]))
        for row in found.fetchall()
    ]


def _bucket(bucket: int) -> tuple[str, str]:
    """Return the number of an entry's bucket as an expression, and the column that it is made of."""
    if bucket == 0:
        return "0", "hour"
    if bucket % HOUR:
        return f'"at" // {int(bucket)}', "at"
    return (f'"hour" // {bucket // HOUR}' if bucket > HOUR else '"hour"'), "hour"


def _measures(name: str) -> str:
    parts = ", ".join(f"{part / 100}" for part in QUANTILES)
    return f"count({name}), sum({name}), min({name}), quantile_disc({name}, [{parts}]), max({name})"


def _measured(cells: Sequence[Any]) -> Measure | None:
    if not cells or not cells[0]:
        return None
    many, total, least, quantiles, most = cells
    return Measure(many, int(total), least, tuple(quantiles), most)


def _conditions(where: Query) -> tuple[str, dict[str, object]]:
    """Return a condition, and its parameters' values."""
    parts, values = ["true"], dict[str, object]()
    for name, bound, least in (
        ("first", '"index" >= $first', 0),
        ("since", '"at" >= $since', 0),
        ("until", '"at" < $until', EVER),
    ):
        if getattr(where, name) != least:  # a condition that holds for all costs as much as another
            parts.append(bound)
            values[name] = getattr(where, name)
    for name in ("actor", "subject", "control"):
        if value := getattr(where, name):
            parts.append(f"{column(name)} = ${name}")
            values[name] = value
    if where.outcome is not None:
        parts.append('"outcome" = $outcome')
        values["outcome"] = where.outcome.value
    if where.kind:
        kinds = [kind for kind in KINDS if f"{kind}.".startswith(f"{where.kind}.")]
        parts.append(
            " OR ".join(f'"kind" = $kind{at}' for at in range(len(kinds))).join("()") if kinds else "false"
        )
        values |= {f"kind{at}": kind for at, kind in enumerate(kinds)}
    return " AND ".join(parts), values
