"""The tree in its database: appended to by the one who fills it, asked for its nodes by everybody.

Rules of this file: everything happens inside the caller's transaction. What a failed one leaves in memory is
not to be used again: the tree is then opened anew.
"""

import sqlite3
from collections.abc import Callable

from bartizan.ledger.block import ENTRIES, summarize
from bartizan.ledger.database import ENTRIES_FROM, STATE, TILES_FROM
from bartizan.ledger.entry import ORIGIN, entries_in, origin_leaf_hashes, runs
from bartizan.ledger.grammar import Columns, columns
from bartizan.ledger.tree import Frontier, Node, ProofInvalid, node_in, root_of


class StoredTree:
    """The tree as the database holds it, and its right edge in memory.

    Args:
        connection: to the ledger's tables.
    Raises:
        ValueError: the right edge or the last entries are not what they should be. Entries whose body was lost, and that were
            put in their place as such, may be among them.
    """

    __slots__ = ("_connection", "_gaps", "_recent", "frontier", "node")

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Load the right edge, and the entries that are not in a block yet."""
        self._connection = connection
        self.frontier = load_frontier(connection)
        self.node: Node = node_in(tile_in(connection), self.frontier)
        rows = connection.execute(f"{ENTRIES_FROM} ORDER BY number", (self.size // ENTRIES * ENTRIES,))
        recent = [entry for _, run in rows for entry in entries_in(run)]
        bodies = [body for entry in recent if (body := entry[ORIGIN.size :])]
        self._recent, self._gaps = columns(bodies), len(recent) - len(bodies)
        if len(self._recent) + self._gaps != self.size % ENTRIES:
            raise ValueError("the entries are not as many as the tree says")

    @property
    def size(self) -> int:
        """How many entries the tree has."""
        return self.frontier.size

    def root_at(self, size: int) -> bytes:
        """Return the root of the tree when it had this size, from its stored nodes.

        Raises:
            ProofInvalid: it never was so large, or nodes are missing.
        """
        return root_of(self.node, 0, size)

    def append(self, segment: int, sequence: int, bodies: list[bytes], events: Columns) -> None:
        """Add neighbouring entries of one segment.

        Args:
            segment, sequence: where the first one came from.
            bodies, events: as octets, and as what they say.
        """
        rows = runs(self.size, segment, sequence, bodies)
        tiles = self.frontier.append(origin_leaf_hashes(segment, sequence, bodies))
        self._connection.executemany("INSERT INTO entries VALUES (?, ?)", rows)
        self._connection.executemany(
            "INSERT INTO tiles VALUES (?, ?, ?)", [(tile.level, tile.number, tile.hashes) for tile in tiles]
        )
        self._recent.extend(events)
        self._connection.executemany("INSERT INTO blocks VALUES (?, ?, ?, ?)", self._blocks())

    def save(self) -> None:
        """Write the right edge; once a transaction, after its last `append`."""
        self._connection.execute(
            "UPDATE state SET size = ?, frontier = ?", (self.size, self.frontier.encode())
        )

    def _blocks(self) -> list[tuple[int, int, int, bytes]]:
        recent, gaps = self._recent, self._gaps
        number = (self.size - len(recent) - gaps) // ENTRIES
        ends = range(ENTRIES - gaps, len(recent) + 1, ENTRIES)
        full = [
            summarize(number + at, recent.part(max(end - ENTRIES, 0), end))
            for at, end in enumerate(ends)
            if end
        ]
        if ends:
            self._recent, self._gaps = recent.part(ends[-1], len(recent)), 0
        return [(block.number, block.least, block.most, block.terms) for block in full]


def load_frontier(connection: sqlite3.Connection) -> Frontier:
    """Return the tree's right edge.

    Raises:
        ValueError: it is not the edge of a tree of its size.
    """
    row = connection.execute(STATE).fetchone()
    if row is None:
        raise ValueError("the ledger's state is missing")
    return Frontier(*row)


def tile_in(connection: sqlite3.Connection) -> Callable[[int, int], bytes]:
    """Return the function that reads a full tile: (level, number) -> hashes; it raises ProofInvalid where there is none."""

    def tile(level: int, number: int) -> bytes:
        row = connection.execute(f"{TILES_FROM} LIMIT 1", (level, number)).fetchone()
        if row is None or row[0] != number:
            raise ProofInvalid(f"tile {number} of level {level} is missing")
        hashes: bytes = row[1]
        return hashes

    return tile
