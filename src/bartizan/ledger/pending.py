"""Requests that were admitted and are not completed: what recovery declares lost when their worker is dead.

Rules of this file: a request belongs to the line of segments of the worker that admitted it; only a record of
the same line completes it. A line holds at most `MOST` of them, so that a worker gone bad cannot fill memory.
"""

import sqlite3
from collections.abc import Iterator
from typing import Final

import msgspec

from bartizan.ledger.event import Event

MOST: Final = 65_536
"""Requests of one line that are remembered; older ones count as lost."""
ADMITTED: Final = "gateway.request.admitted"
COMPLETED: Final = "gateway.request.completed"


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
        self._lines: dict[int, dict[str, Admitted]] = {}
        self._stored: set[tuple[int, str]] = set()
        for line, request, sequence, actor in connection.execute("SELECT * FROM pending ORDER BY sequence"):
            self._lines.setdefault(line, {})[request] = Admitted(request, sequence, actor)
            self._stored.add((line, request))

    def follow(self, line: int, events: list[Event], sequence: int) -> list[Admitted]:
        """Take a line's next events, the first of which has this sequence; return what must count as lost."""
        requests = self._lines.setdefault(line, {})
        for number, event in enumerate(events, sequence):
            if event.kind == ADMITTED:
                requests[event.subject] = Admitted(event.subject, number, event.actor)
            elif event.kind == COMPLETED:
                requests.pop(event.subject, None)
        return [requests.pop(next(iter(requests))) for _ in range(len(requests) - MOST)]

    def end(self, line: int) -> list[Admitted]:
        """Forget a line; return what it left open, which is lost."""
        return list(self._lines.pop(line, {}).values())

    def save(self) -> None:
        """Write what changed; once a transaction, at its end."""
        now = {(line, request) for line, requests in self._lines.items() for request in requests}
        gone, new = self._stored - now, now - self._stored
        if gone:
            self._connection.executemany("DELETE FROM pending WHERE line = ? AND request = ?", gone)
        if new:
            self._connection.executemany("INSERT INTO pending VALUES (?, ?, ?, ?)", self._rows(new))
        self._stored = now

    def _rows(self, new: set[tuple[int, str]]) -> Iterator[tuple[int, str, int, str]]:
        for line, request in new:
            admitted = self._lines[line][request]
            yield line, request, admitted.sequence, admitted.actor
