"""The next entries that a connector wants, out of the tree.

Rules of this file: read-only. Entries come in order and without a gap; one that is missing without having been pruned
is a fault, never skipped. What does not wait in memory waits in the ledger.
"""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from bartizan.ledger.block import ENTRIES
from bartizan.ledger.database import ENTRIES_FROM, LedgerUnreadable, reading
from bartizan.ledger.entry import ORIGIN, Entry, decode_entry, entries_in
from bartizan.ledger.event import Event, NotAnEvent
from bartizan.ledger.stored_tree import load_frontier, tile_in
from bartizan.ledger.tree import ProofInvalid, node_in

SCANNED: Final = 4096
"""Entries that are looked at in one reading."""
OCTETS: Final = 256 << 10
"""Octets of the entries of one reading, but for the last of them."""


class Wanted(msgspec.Struct, frozen=True):
    """Which entries: what their kinds begin with, up to a dot, and their outcomes; none are all."""

    kinds: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()

    def matches(self, event: Event) -> bool:
        """Return whether an event is among them."""
        kind = f"{event.kind}."
        return (not self.kinds or any(kind.startswith(f"{one}.") for one in self.kinds)) and (
            not self.outcomes or event.outcome.value in self.outcomes
        )


class Part(msgspec.Struct, frozen=True):
    """A part of the ledger.

    Attributes:
        entries: those that are wanted.
        end: index after the last entry that was looked at.
        leaf: hash of that last entry's leaf, hexadecimal; empty where none was.
        size: of the tree.
        pruned: entries among those that were looked at of which only the leaf is left.
        since: index of the first of those.
    """

    entries: tuple[Entry, ...]
    end: int
    leaf: str
    size: int
    pruned: int = 0
    since: int = 0


def size_of(folder: Path) -> int:
    """Return how many entries the tree has. Raises LedgerUnreadable."""
    with reading(folder) as connection:
        return _tree(connection, folder)[0]


def leaf_before(folder: Path, index: int) -> str:
    """Return the hash of the leaf before an index, hexadecimal; empty at the beginning, and beyond the tree.

    Raises:
        LedgerUnreadable: there is no ledger, or it is damaged.
    """
    with reading(folder) as connection:
        size, leaf = _tree(connection, folder)
        return leaf(index - 1) if 0 < index <= size else ""


def read(folder: Path, first: int, wanted: Wanted, most: int) -> Part:
    """Return the next entries that are wanted.

    Args:
        folder: of the ledger.
        first: index of the first entry to look at, at most the tree's size.
        wanted: which.
        most: how many at most, at least 1.
    Raises:
        LedgerUnreadable: there is no ledger, or it is damaged.
    """
    with reading(folder) as connection:
        size, leaf = _tree(connection, folder)
        found: list[Entry] = []
        end, pruned, since, octets = first, 0, 0, 0
        for number, entry in _entries(connection, first, min(first + SCANNED, size)):
            if number != end:
                raise LedgerUnreadable(folder, f"entry {end} is missing")
            end += 1
            if len(entry) == ORIGIN.size:
                since, pruned = since if pruned else number, pruned + 1
                continue
            decoded = _decoded(folder, number, entry)
            if wanted.matches(decoded.event):
                found.append(decoded)
                octets += len(entry)
            if len(found) >= most or octets >= OCTETS:
                break
        else:
            if end < min(first + SCANNED, size):
                raise LedgerUnreadable(folder, f"entry {end} is missing")
        return Part(tuple(found), end, leaf(end - 1) if end > first else "", size, pruned, since)


def _tree(connection: sqlite3.Connection, folder: Path) -> tuple[int, Callable[[int], str]]:
    """Return the tree's size, and what returns a leaf's hash."""
    try:
        frontier = load_frontier(connection)
    except ValueError as fault:
        raise LedgerUnreadable(folder, str(fault)) from fault
    node = node_in(tile_in(connection), frontier)

    def leaf(index: int) -> str:
        try:
            return node(0, index).hex()
        except ProofInvalid as fault:
            raise LedgerUnreadable(folder, str(fault)) from fault

    return frontier.size, leaf


def _entries(connection: sqlite3.Connection, first: int, end: int) -> Iterator[tuple[int, bytes]]:
    rows = connection.execute(
        f"{ENTRIES_FROM} AND number < ? ORDER BY number", (first // ENTRIES * ENTRIES, end)
    )
    for start, run in rows:
        for number, octets in enumerate(entries_in(run), start):
            if first <= number < end:
                yield number, octets


def _decoded(folder: Path, number: int, octets: bytes) -> Entry:
    try:
        return decode_entry(number, octets)
    except NotAnEvent as fault:
        raise LedgerUnreadable(folder, f"entry {number} is not an event") from fault
