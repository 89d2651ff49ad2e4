"""Comparing the copy in columns with the tree, row by row, for whoever asks.

Rules of this file: read-only. It says nothing of the tree, which is verified for itself: only whether the copy says the same.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from bartizan.ledger.column_engine import (
    ColumnsUnusable,
    QuestionTooLarge,
    content,
    engine,
    in_memory,
    lines_relation,
    opened,
)
from bartizan.ledger.column_fields import ALL, column
from bartizan.ledger.column_pieces import Piece
from bartizan.ledger.columns import Hearing, lines_of, opened_pieces, pieces, runs_of
from bartizan.ledger.database import reading

_SPAN: Final = 65_536
"""Entries that are compared at a time."""
_OCTETS: Final = 1 << 30


class Comparison(msgspec.Struct, frozen=True):
    """What comparing came to.

    Attributes:
        compared: pieces of this tree.
        differing: those of them that do not say what the tree says.
        stale: files that are not this tree's as it stands; nobody reads them, and who keeps the copy replaces them.
    """

    compared: tuple[Piece, ...]
    differing: tuple[Piece, ...]
    stale: int

    @property
    def entries(self) -> int:
        """How many entries the compared pieces cover."""
        return sum(piece.end - piece.first for piece in self.compared)


def compare(ledger: Path) -> Comparison:
    """Return whether the copy says what the tree says.

    Raises:
        LedgerUnreadable: there is no ledger, or it is damaged.
    """
    there = pieces(ledger)
    with reading(ledger) as connection:
        standing = Hearing().standing(connection, ledger)
        current = [piece for piece in there if standing.is_current(piece)]
        with opened_pieces(ledger, current) as files:
            differing = [
                piece for piece in current if not (piece in files and _same(connection, ledger, piece, files[piece]))
            ]  # fmt: skip
    return Comparison(tuple(current), tuple(differing), len(there) - len(current))


def _same(connection: sqlite3.Connection, ledger: Path, piece: Piece, file: int) -> bool:
    try:
        if not piece.holds(content(file)) or _beyond(file, piece):
            return False
        return not any(
            _differences(file, lines_of(ledger, runs_of(connection, *span), *span), span) for span in _spans(piece)
        )  # fmt: skip
    except (ColumnsUnusable, QuestionTooLarge, OSError):
        return False


def _spans(piece: Piece) -> Iterator[tuple[int, int]]:
    for first in range(piece.first, piece.end, _SPAN):
        yield first, min(first + _SPAN, piece.end)


def _beyond(file: int, piece: Piece) -> int:
    """Return how many rows are of entries that the piece is not over."""
    with engine((file,), threads=1, octets=_OCTETS) as connection:
        asked = 'SELECT count(*) FROM read_parquet($file) WHERE "index" < $first OR "index" >= $end OR "index" IS NULL'
        given = {"file": opened(file), "first": piece.first, "end": piece.end}
        return int(connection.execute(asked, given).fetchall()[0][0])


def _differences(file: int, lines: bytes, span: tuple[int, int]) -> int:
    """Return how many rows of a span only one of both has."""
    names = ", ".join(map(column, ALL))
    copied = f'SELECT {names} FROM read_parquet($file) WHERE "index" >= $first AND "index" < $end'  # noqa: S608 - our own columns; values are parameters
    told = f"SELECT {names} FROM {lines_relation('lines')}"  # noqa: S608 - our own columns
    asked = (
        f"SELECT (SELECT count(*) FROM ({copied} EXCEPT ALL {told})) + "  # noqa: S608 - both are above
        f"(SELECT count(*) FROM ({told} EXCEPT ALL {copied}))"
    )
    with in_memory(lines) as source, engine((file, source), threads=1, octets=_OCTETS) as connection:
        given = {"file": opened(file), "lines": opened(source), "first": span[0], "end": span[1]}
        return int(connection.execute(asked, given).fetchall()[0][0])
