"""Requests that were admitted and are not completed: what recovery declares lost when their worker is dead.

Rules of this file: a request belongs to the line of segments of the worker that admitted it; only a record of
the same line completes it. A line holds at most `MOST` of them, so that a worker gone bad cannot fill memory.
"""

import itertools
import sqlite3
from collections.abc import Iterator
from typing import Final

import msgspec

from bartizan.ledger.grammar import Columns

MOST: Final = 65_536
"""Requests of one line that are remembered; older ones count as lost."""
ADMITTED: Final = b"gateway.request.admitted"
COMPLETED: Final = b"gateway.request.completed"


class Admitted(msgspec.Struct, frozen=True):
    """One that is open: its id, its actor, and the sequence of its record."""

    request: str
    sequence: int
    actor: str


class Pending:
    """The open requests of every line; rows are written for those that outlive a transaction."""

    __slots__ = ("_connection", "_lines", "_stored")

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Load them."""
        self._connection = connection
        self._lines: dict[int, dict[bytes, tuple[int, bytes]]] = {}
        """Line -> request -> sequence and actor of its record; octets, as columns have them."""
        self._stored: set[tuple[int, bytes]] = set()
        for line, request, sequence, actor in connection.execute("SELECT * FROM pending ORDER BY sequence"):
            self._lines.setdefault(line, {})[request.encode()] = (sequence, actor.encode())
            self._stored.add((line, request.encode()))

    def follow(self, line: int, events: Columns, sequence: int) -> list[Admitted]:
        """Take a line's next events, the first of which has this sequence; return what must count as lost."""
        requests = self._lines.setdefault(line, {})
        for number, (kind, subject) in enumerate(zip(events.kind, events.subject, strict=True)):
            if kind == ADMITTED:
                requests[subject] = (sequence + number, events.actor[number])
            elif kind == COMPLETED:
                requests.pop(subject, None)
        eldest = list(itertools.islice(requests, max(0, len(requests) - MOST)))
        return [_admitted(request, *requests.pop(request)) for request in eldest]

    def end(self, line: int) -> list[Admitted]:
        """Forget a line; return what it left open, which is lost."""
        return [_admitted(request, *of) for request, of in self._lines.pop(line, {}).items()]

    def save(self) -> None:
        """Write what changed; once a transaction, at its end."""
        now = {(line, request) for line, requests in self._lines.items() for request in requests}
        gone, new = self._stored - now, now - self._stored
        if gone:
            rows = [(line, request.decode()) for line, request in gone]
            self._connection.executemany("DELETE FROM pending WHERE line = ? AND request = ?", rows)
        if new:
            self._connection.executemany("INSERT INTO pending VALUES (?, ?, ?, ?)", self._rows(new))
        self._stored = now

    def _rows(self, new: set[tuple[int, bytes]]) -> Iterator[tuple[int, str, int, str]]:
        for line, request in new:
            sequence, actor = self._lines[line][request]
            yield line, request.decode(), sequence, actor.decode()


def _admitted(request: bytes, sequence: int, actor: bytes) -> Admitted:
    return Admitted(request.decode(), sequence, actor.decode())
