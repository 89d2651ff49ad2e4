"""The sequencer: brings every journal segment into one tree, and signs the tree.

Rules of this file: one process at a time, by lock. A segment is registered, durably, before anybody writes to
it. Entries, how far their segments were read, and what is still open change in one transaction. A tree is
signed only if the last signed one is its beginning. Nothing is passed over in silence: an altered segment is
stopped and becomes an entry, and its file is kept, with as much after that place as one reading shows; a dead
writer's open requests become entries. Segment files go only once a checkpoint covers what they held.
"""

import os
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from bartizan.clock import SECOND, Clock
from bartizan.ledger.checkpoint import Checkpoint, Signers
from bartizan.ledger.database import LedgerUnreadable, forget_log, open_to_fill, transaction
from bartizan.ledger.installation import SEGMENTS, segment_path, take_lock
from bartizan.ledger.own_entries import OwnEntries
from bartizan.ledger.pending import Pending
from bartizan.ledger.prune import Pruner, Retention
from bartizan.ledger.query import pruned
from bartizan.ledger.signing import Signing
from bartizan.ledger.stored_tree import StoredTree
from bartizan.ledger.tail import ALTERED, CLOSED, DONE, MOST_READ, OPEN, Found, Tailed, is_locked, loaded

_MUCH: Final = MOST_READ // 4
"""Octets of a segment that are worth a transaction of their own."""


class SegmentTaken(Exception):
    """A segment's number was given before."""

    def __init__(self, number: int) -> None:
        """Name the number."""
        super().__init__(f"segment {number} was registered before; numbers only grow")
        self.number = number


class Sequencer:
    """The one who fills a ledger.

    Args:
        folder: the ledger's; made where it is missing.
        signers: its keys and name.
        clock: stamps the sequencer's own events and signatures.
    Raises:
        PlatformRunning: another process fills it.
        LedgerUnreadable: its database is damaged or not ours.
        TreeDiffers: it does not continue its last checkpoint.
        CheckpointInvalid: its last checkpoint is not its keys'.
    """

    def __init__(self, folder: Path, signers: Signers, clock: Clock) -> None:
        """Take the lock, load the tree, compare it with what was signed."""
        self._folder, self._signers, self._clock = folder, signers, clock
        with ExitStack() as undo:
            self._lock = take_lock(folder)
            undo.callback(os.close, self._lock)
            (folder / SEGMENTS).mkdir(mode=0o700, exist_ok=True)
            self._connection = open_to_fill(folder)
            undo.callback(self._connection.close)
            self._load()
            undo.pop_all()

    def _load(self) -> None:
        try:
            self._tree = StoredTree(self._connection)
        except (ValueError, sqlite3.Error) as fault:
            raise LedgerUnreadable(self._folder, str(fault)) from fault
        self._pending = Pending(self._connection)
        rows = self._connection.execute("SELECT * FROM segments ORDER BY number")
        self._segments = {row[0]: loaded(row) for row in rows}
        state = self._connection.execute("SELECT own_sequence, own_at, highest, note FROM state")
        own_sequence, own_at, highest, note = state.fetchone()
        self._highest = int(highest)
        self._own = OwnEntries(self._tree, self._clock, int(own_sequence), int(own_at))
        self._logged = True  # what an earlier sealer pruned
        self._pruner = Pruner(self._connection, pruned(self._connection, self._folder))
        self._signing = Signing(self._folder, self._signers, self._clock, self._tree, note)
        self._fault = ""

    # ---- what there is ---------------------------------------------------------------------------------
    @property
    def size(self) -> int:
        """How many entries the tree has."""
        return self._tree.size

    @property
    def signed(self) -> Checkpoint | None:
        """The last checkpoint; None before the first."""
        return self._signing.signed

    @property
    def open(self) -> tuple[int, ...]:
        """The segments whose writers may still write."""
        return tuple(number for number, segment in self._segments.items() if segment.state == OPEN)

    @property
    def altered(self) -> tuple[int, ...]:
        """The segments that were stopped at a record that does not fit; their files are kept."""
        return tuple(number for number, segment in self._segments.items() if segment.state == ALTERED)

    def written(self, live: Collection[int] = ()) -> bool:
        """Return whether somebody may still write to an open segment that is not among these.

        Who opens a segment for a writer locks it, and the lock lasts as long as any copy of that descriptor.
        """
        return any(
            is_locked(segment_path(self._folder, number)) for number in self.open if number not in live
        )

    def next_number(self) -> int:
        """Return a number that no segment has had, for a writer without a supervisor."""
        return max(self._highest + 1, (self._clock.now() // SECOND) << 16)

    # ---- segments --------------------------------------------------------------------------------------
    def register(self, number: int, writer: str, first_key: bytes | bytearray, line: int = 0) -> None:
        """Take on a segment, durably, before anybody writes to it; saying it twice changes nothing.

        Args:
            number: higher than every one before.
            writer: which process writes it, a word of `vocabulary.PROCESS`.
            first_key: 32 octets.
            line: the first segment of the same writer's life; 0 where this is the first.
        Raises:
            SegmentTaken: the number was given before.
        """
        segment = Tailed(number, writer, line or number, OPEN, 0, 0, 0, bytearray(first_key))
        if self._segments.get(number) == segment:
            return
        if number <= self._highest:
            raise SegmentTaken(number)
        with self._change():
            self._highest = number
            self._segments[number] = segment
            segment.save(self._connection)

    def tail(self) -> int:
        """Bring what was appended to the segments into the tree; return how many entries it grew by.

        One call reads a bounded amount of the first open segment of each line: call again at once where it returned more
        than 0. What a line wrote later waits unread, however much of it there is.
        """
        before = self.size
        grown = [segment for segment in self._first() if segment.unread(self._folder) != 0]
        if grown:
            found = [(segment, segment.look(self._folder)) for segment in grown]
            if any(look.bodies or look.fault for _, look in found):
                with self._change():
                    for segment, look in found:
                        self._take(segment, look)
        return self.size - before

    @property
    def behind(self) -> bool:
        """Whether so much is unread that the next call of `tail` should come at once."""
        return any((segment.unread(self._folder) or 0) > _MUCH for segment in self._first())

    def close(self, number: int) -> None:
        """Finish a segment whose writer is dead: what it holds is final, a torn record at its end is cut off."""
        segment = self._segments.get(number)
        if segment is None:
            return
        for _ in range(self._rounds()):
            if self.tail() == 0:
                break
        with self._change():
            if segment.state == OPEN:
                self._recover(segment)
            self._end(segment.line)
        if segment.state == ALTERED:
            segment.cut(self._folder)

    def recover(self, live: Collection[int] = ()) -> None:
        """Finish every segment whose writer is not alive, and name files that nobody registered.

        Args:
            live: segments whose writers are.
        """
        gone = [number for number in (*self.open, *self.altered) if number not in live]
        for segment in self._open():
            if segment.number in gone and (segment.unread(self._folder) or 0) < 0:
                self._lost_its_end(segment)
        for number in gone:
            self.close(number)
        for path in sorted((self._folder / SEGMENTS).glob("*.journal")):
            number = int(path.stem) if path.stem.isascii() and path.stem.isdigit() else 0
            if number not in live and number not in self._segments:
                self._refuse(path, number)

    # ---- checkpoints -----------------------------------------------------------------------------------
    def checkpoint(self) -> bytes:
        """Sign the tree if it has grown, and drop segments that it holds whole; return the signed note.

        Raises:
            TreeDiffers: the tree does not continue what was signed before.
        """
        if self.size > self._signing.size:
            note = self._signing.sign()
            with self._change():
                self._connection.execute("UPDATE state SET note = ?", (note,))
            self._signing.keep(note)
        self._signing.publish()
        self._drop()
        if self._logged:
            self._logged = not forget_log(self._connection)
        return self._signing.note

    # ---- retention -------------------------------------------------------------------------------------
    def prune(self, retention: Retention) -> int | None:
        """Take the bodies of one range of expired entries out of the tree; return how many are gone from it, None where none had expired.

        Only what is signed is pruned; call again for the next range.
        """
        with self._change():
            found = self._pruner.next(retention, self._clock.now(), self._signing.size)
            if found is not None:
                self._own.pruned(found)
        if found is not None:
            self._logged = not forget_log(self._connection)
        return None if found is None else found.gone

    def release(self) -> None:
        """Let go of the ledger: close its database and give the lock back."""
        self._connection.close()
        os.close(self._lock)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of the ledger."""
        self.release()

    # ---- how -------------------------------------------------------------------------------------------
    def _open(self) -> list[Tailed]:
        return [segment for segment in self._segments.values() if segment.state == OPEN]

    def _first(self) -> Collection[Tailed]:
        """Return the first open segment of each line."""
        first: dict[int, Tailed] = {}
        for segment in self._open():
            first.setdefault(segment.line, segment)
        return first.values()

    def _rounds(self) -> int:
        unread = [segment.unread(self._folder) or 0 for segment in self._open()]
        return 2 * len(unread) + sum(max(octets, 0) // MOST_READ + 1 for octets in unread)

    @contextmanager
    def _change(self) -> Iterator[None]:
        if self._fault:
            raise LedgerUnreadable(self._folder, self._fault)
        try:
            with transaction(self._connection):
                yield
                self._tree.save()
                self._pending.save()
                self._connection.execute(
                    "UPDATE state SET own_sequence = ?, own_at = ?, highest = ?",
                    (self._own.sequence, self._own.at, self._highest),
                )
        except BaseException:
            self._fault = "an earlier change failed; it must be opened anew"  # memory is ahead of the disk
            raise

    def _take(self, segment: Tailed, found: Found) -> None:
        first = segment.sequence
        self._tree.append(segment.number, first, found.bodies, found.events)
        self._own.lost(self._pending.follow(segment.line, found.events, first))
        segment.sequence += len(found.bodies)
        segment.position, segment.key[:] = found.position, found.key
        segment.at = found.events.at[-1] if found.bodies else segment.at
        if found.fault:
            self._stop(segment, found.fault)
        elif found.bodies and found.events.kind[-1] == CLOSED:
            segment.state = DONE
            self._end(segment.line)
        segment.save(self._connection)

    def _recover(self, segment: Tailed) -> None:
        octets, fault = segment.torn(self._folder)
        if fault:
            self._stop(segment, fault)
        else:
            segment.state, segment.position = DONE, segment.position + octets
            self._own.recovered(segment, octets)
        segment.save(self._connection)

    def _lost_its_end(self, segment: Tailed) -> None:
        """Finish a segment whose end a power loss took after it was read: the tree holds it, synced."""
        with self._change():
            segment.position += segment.unread(self._folder) or 0
            segment.state = DONE
            self._own.recovered(segment, 0)
            segment.save(self._connection)
            self._end(segment.line)

    def _stop(self, segment: Tailed, fault: str) -> None:
        segment.state = ALTERED
        self._own.altered(segment.number, segment.sequence, fault)

    def _end(self, line: int) -> None:
        """Declare lost what a line left open, unless one of its segments is still written."""
        if not any(segment.line == line for segment in self._open()):
            self._own.lost(self._pending.end(line))

    def _refuse(self, path: Path, number: int) -> None:
        """Name a file that nobody registered, if it holds anything: nobody writes before that."""
        if path.stat().st_size == 0:
            path.unlink()
            return
        with self._change():
            self._own.altered(number, 0, "unregistered")
        path.rename(path.with_suffix(".refused"))

    def _drop(self) -> None:
        """Drop the segments that the signed tree holds whole; stop those that grew after their end."""
        done = [segment for segment in self._segments.values() if segment.state == DONE]
        if not done or self._signing.size < self.size:
            return
        left = {segment.number: segment.unread(self._folder) for segment in done}
        with self._change():
            for segment in done:
                if left[segment.number]:
                    self._stop(segment, "order")
                    segment.save(self._connection)
                else:
                    self._forget(segment.number)

    def _forget(self, number: int) -> None:
        segment_path(self._folder, number).unlink(missing_ok=True)
        self._connection.execute("DELETE FROM segments WHERE number = ?", (number,))
        del self._segments[number]
