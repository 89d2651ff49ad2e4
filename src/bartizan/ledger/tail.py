"""How far a segment has been read, and what its next records are.

Rules of this file: what is read here is an adversary's file. A record counts only if its tag, its sequence,
its event and its order fit; at the first that does not, the segment is stopped where it stands.
"""

import contextlib
import fcntl
import os
import sqlite3
from pathlib import Path
from typing import Any, Final

import msgspec
from typing_extensions import override

from bartizan.crypto.secret import Reticent
from bartizan.ledger.event import Event, decode
from bartizan.ledger.grammar import Columns, columns
from bartizan.ledger.installation import segment_path
from bartizan.ledger.segment import MOST_FRAME, judge_tail, read

MOST_READ: Final = 1 << 20
"""Octets of a segment that are read at a time."""

OPENED: Final = "ledger.segment.opened"
CLOSED: Final = b"ledger.segment.closed"

SEALERS: Final = frozenset({b"ledger.entries.pruned", b"ledger.segment.altered"})
"""Kinds by which the sealer explains what is gone, or accuses: in a segment of anybody else's they are a lie."""

OPEN, DONE, ALTERED = "open", "done", "altered"
"""States of a segment: being written and read; wholly in the tree; stopped."""


class Found(Reticent, frozen=True):
    """What one reading of a segment found.

    Attributes:
        events, bodies: of the records that count, in order; the same number of each.
        opening: the event of the segment's record 0, where that is among them.
        position, key: of the record after them.
        fault: what is wrong with the record after them, a word of `vocabulary.FAULT`; empty where nothing is.
    """

    events: Columns
    bodies: list[bytes]
    opening: Event | None
    position: int
    key: bytes | bytearray
    fault: str


class Tailed(msgspec.Struct):
    """A segment and how far it has been read.

    Attributes:
        number, writer: of the segment.
        line: the first segment of the same writer's life.
        state: OPEN, DONE or ALTERED.
        position, sequence, key: of the next record.
        at: instant of the last one.
    The key is overwritten in place as it moves on, so that no memory of this process keeps the first one.
    """

    number: int
    writer: str
    line: int
    state: str
    position: int
    sequence: int
    at: int
    key: bytearray

    @override
    def __repr__(self) -> str:
        """Return the number only."""
        return f"Tailed({self.number}, …)"

    def unread(self, folder: Path) -> int | None:
        """Return how many octets were appended since; negative where it was shortened, None where it is missing."""
        try:
            return segment_path(folder, self.number).stat().st_size - self.position
        except FileNotFoundError:
            return None

    def look(self, folder: Path) -> Found:
        """Return what comes next, at most `MOST_READ` octets of it."""
        unread = self.unread(folder)
        if unread is None or unread < 0:
            fault = "missing" if unread is None else "shortened"
            return Found(Columns(), [], None, self.position, self.key, fault)
        data = self._octets(folder, MOST_READ)
        batch = read(data, self.key, self.sequence)
        events = columns(batch.bodies)
        fault = batch.fault.value if batch.fault and not _lost_to_power(data[batch.octets :]) else ""
        if len(events) < len(batch.bodies):
            fault = "body"
        own = _as_the_sealer(events)
        if own < len(events):
            events, fault = events.part(0, own), "body"
        good = _in_order(events, self.at)
        if good < len(events):
            fault = "order"
        opening = decode(batch.bodies[0]) if self.sequence == 0 and good else None
        if opening is not None and not self._opens(opening):
            good, fault = 0, "body"
        if good < len(events):
            events = events.part(0, good)
        return Found(events, batch.bodies[:good], opening, self.position + batch.octets, batch.key, fault)

    def torn(self, folder: Path) -> tuple[int, str]:
        """Return how many octets of a torn record follow, and what is wrong where it is not torn but altered."""
        tail = self._octets(folder, MOST_READ)
        if _lost_to_power(tail):
            return len(tail), ""
        fault = judge_tail(tail[:MOST_FRAME], self.key, self.sequence)
        return len(tail), fault.value if fault else ""

    def cut(self, folder: Path) -> None:
        """Keep of a stopped segment what was read and what one reading shows of the rest, whose writer is dead.

        The rest may be as much as a writer gone bad could write, and nobody will read it.
        """
        with contextlib.suppress(FileNotFoundError):
            path, most = segment_path(folder, self.number), self.position + MOST_READ
            if path.stat().st_size > most:
                os.truncate(path, most)

    def save(self, connection: sqlite3.Connection) -> None:
        """Write it to its row."""
        connection.execute(
            "INSERT OR REPLACE INTO segments VALUES (?, ?, ?, ?, ?, ?, ?, ?)", msgspec.structs.astuple(self)
        )

    def _opens(self, event: Event) -> bool:
        detail = event.detail
        return event.kind == OPENED and (detail.get("segment"), detail.get("writer")) == (
            self.number,
            self.writer,
        )

    def _octets(self, folder: Path, most: int) -> bytes:
        file = os.open(segment_path(folder, self.number), os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            return os.pread(file, most, self.position)
        finally:
            os.close(file)


def loaded(row: tuple[Any, ...]) -> Tailed:
    """Return the segment of its row."""
    number, writer, line, state, position, sequence, at, key = row
    return Tailed(number, writer, line, state, position, sequence, at, bytearray(key))


def is_locked(path: Path) -> bool:
    """Return whether whoever may write to a segment still holds it open."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False


def _lost_to_power(rest: bytes) -> bool:
    """Return whether this is what a power loss leaves where a file grew and its content did not reach the disk.

    Not more of it than one reading shows: behind a desert of zeros a writer could go on, and never be read.
    """
    return len(rest) < MOST_READ and not rest.strip(b"\0")


def _as_the_sealer(events: Columns) -> int:
    """Return how many events come before the first that is the sealer's own to say."""
    if SEALERS.isdisjoint(events.kind):  # in one call, for there are a hundred thousand a second
        return len(events)
    return next(number for number, kind in enumerate(events.kind) if kind in SEALERS)


def _in_order(events: Columns, last: int) -> int:
    """Return how many events come before the first that lies before its predecessor or after a closing."""
    count = len(events)
    if (
        CLOSED not in events.kind[:-1]
        and events.at == sorted(events.at)
        and (not count or last <= events.at[0])
    ):
        return count
    for number, at in enumerate(events.at):
        if at < last or (number and events.kind[number - 1] == CLOSED):
            return number
        last = at
    return count
