"""The copy of the tree that analysis reads, from the side of who reads it or its tree: what is there, and what is current.

    ledger/columns/FORM/PIECE.parquet      `column_pieces` says what a name says

Rules of this file: read-only, but for removing it all. The tree says which pieces are its own; what no current piece covers is read from the tree.
"""

import os
import shutil
import sqlite3
import stat
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

import msgspec

from bartizan.ledger.column_fields import FORM
from bartizan.ledger.column_pieces import Piece, Prunings, Standing, piece_of
from bartizan.ledger.database import ENTRIES_FROM, LedgerUnreadable
from bartizan.ledger.entry import ORIGIN, entries_in
from bartizan.ledger.grammar import columns
from bartizan.ledger.pruned import KIND as PRUNED
from bartizan.ledger.pruned import range_of
from bartizan.ledger.query import MOST, Query, find
from bartizan.ledger.stored_tree import load_frontier, tile_in
from bartizan.ledger.tree import Node, ProofInvalid, node_in

FOLDER: Final = "columns"
_ROW_ENTRIES: Final = 256
"""Entries of one row of the tree's table at most; rows do not reach over a multiple of it."""
_OPEN: Final = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_LARGEST: Final = 1 << 30
"""Octets of a file; a piece has a twentieth of that."""
Run = tuple[int, bytes]
"""Index of the first, and octets, of a row of entries."""


def pieces_folder(ledger: Path) -> Path:
    """Return where the pieces of a ledger lie."""
    return ledger / FOLDER / FORM


def remove(ledger: Path) -> None:
    """Remove the whole copy, if there is one: nobody would take what is pruned out of it."""
    with suppress(FileNotFoundError, NotADirectoryError):
        shutil.rmtree(ledger / FOLDER)


def pieces(ledger: Path) -> tuple[Piece, ...]:
    """Return the pieces that are there, current or not."""
    try:
        names = os.listdir(pieces_folder(ledger))  # noqa: PTH208 - names alone, and many times
    except (FileNotFoundError, NotADirectoryError):
        return ()
    found = map(piece_of, sorted(names))
    return tuple(piece for piece in found if piece is not None)


@contextmanager
def opened_pieces(ledger: Path, wanted: Iterable[Piece]) -> Iterator[dict[Piece, int]]:
    """Yield piece -> descriptor of those that can still be opened: what is removed meanwhile stays readable so."""
    with ExitStack() as stack:
        found: dict[Piece, int] = {}
        for piece in wanted:
            try:
                file = os.open(pieces_folder(ledger) / piece.name, _OPEN)
            except OSError:
                continue  # it was replaced, or is nothing that can be read: the tree has it
            stack.callback(os.close, file)
            state = os.fstat(file)
            if stat.S_ISREG(state.st_mode) and state.st_size <= _LARGEST:
                found[piece] = file
        yield found


class Hearing:
    """Follows what a tree says was pruned, so that it is not looked for from the beginning each time."""

    def __init__(self) -> None:
        """Have heard nothing."""
        self._prunings, self._next = Prunings(), 0

    def standing(self, connection: sqlite3.Connection, ledger: Path) -> Standing:
        """Return how the tree stands.

        Raises:
            LedgerUnreadable: it is damaged; verify says where.
        """
        try:
            frontier = load_frontier(connection)
        except ValueError as fault:
            raise LedgerUnreadable(ledger, str(fault)) from fault
        if frontier.size < self._next:  # another tree than last time
            self._prunings, self._next = Prunings(), 0
        self._hear(connection, ledger)
        self._next = frontier.size
        return Standing(frontier.size, self._prunings, _named(node_in(tile_in(connection), frontier), ledger))

    def _hear(self, connection: sqlite3.Connection, ledger: Path) -> None:
        asked = Query(kind=PRUNED, first=self._next, limit=MOST)
        while said := find(connection, ledger, asked):
            for entry in said:
                found = range_of(entry)
                if found is not None:
                    self._prunings.hear(found)
            asked = msgspec.structs.replace(asked, first=said[-1].index + 1)


def _named(node: Node, ledger: Path) -> Node:
    def subtree(level: int, number: int) -> bytes:
        try:
            return node(level, number)
        except ProofInvalid as fault:
            raise LedgerUnreadable(ledger, str(fault)) from fault

    return subtree


def runs_of(connection: sqlite3.Connection, first: int, end: int) -> list[Run]:
    """Return the rows that hold entries from `first` to `end`."""
    rows = connection.execute(
        f"{ENTRIES_FROM} AND number < ? ORDER BY number", (first // _ROW_ENTRIES * _ROW_ENTRIES, end)
    )
    return rows.fetchall()


def lines_of(ledger: Path, runs: Iterable[Run], first: int, end: int) -> bytes:
    """Return the events of rows from `first` to `end` as lines of JSON with their index; pruned ones have none.

    Raises:
        LedgerUnreadable: an entry is not an event.
    """
    parts: list[bytes] = []
    for start, run in runs:
        numbered = [
            (index, entry[ORIGIN.size :])
            for index, entry in enumerate(entries_in(run), start)
            if first <= index < end and len(entry) > ORIGIN.size
        ]
        if len(columns([body for _, body in numbered])) != len(numbered):
            raise LedgerUnreadable(ledger, f"an entry from {start} on is not an event")
        parts += [b'{"index":%d,%b\n' % (index, body[1:]) for index, body in numbered]
    return b"".join(parts)
