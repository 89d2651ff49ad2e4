"""A process's own journal: its events, in order, in segments that only it can append to.

Rules of this file: what `flush` returned from survives the death of any process; what a `Sync` covers survives
a power loss once `end_sync` returned. After a failed write or sync nothing is written any more, so that whoever
needs the record fails closed: a second sync would succeed over what the first one lost. What one `flush` writes is
sealed together. The hot path is `append` and `flush`; they hold no lock and belong to one thread, as all of a
journal does. Only `Sync.run` may be another's.
"""

import os
from collections.abc import Mapping
from typing import Final, NoReturn

from bartizan.clock import Clock, Nanoseconds
from bartizan.ledger.event import Event, Outcome, encode
from bartizan.ledger.segment import BETWEEN, KEY_OCTETS, MOST_BODIES, MOST_BODY, sealed_on, shares

FORMAT: Final = 2
"""Version of the record's shape, as `ledger.segment.opened` names it."""
CAPACITY: Final = 32 << 20
"""Octets of a segment, unless its opener says otherwise."""


class JournalUnwritable(Exception):
    """The journal took a record only in part, or not at all; nothing more is written to it."""

    def __init__(self, segment: int, fault: str) -> None:
        """Name the segment and the fault."""
        super().__init__(f"journal segment {segment} cannot be written: {fault}")
        self.segment, self.fault = segment, fault


class OutOfOrder(ValueError):
    """An event that lies before the last one of its journal."""

    def __init__(self, by: int) -> None:
        """Say by how many nanoseconds."""
        super().__init__(f"the event lies {by} ns before the last one of this journal")
        self.by = by


class Sync:
    """One order to the disk, for everything that was flushed before it was given.

    Attributes:
        fault: what went wrong, in words; empty where nothing did.
    """

    __slots__ = ("_current", "fault", "retired")

    def __init__(self, current: int, retired: tuple[int, ...]) -> None:
        """Cover the segment that is written to, and those that were left since the last order."""
        self._current, self.retired, self.fault = current, retired, ""

    def run(self) -> None:
        """Wait for the disk; may run on another thread, and changes nothing but `fault`."""
        try:
            for fd in (*self.retired, self._current):
                os.fdatasync(fd)
        except OSError as fault:
            self.fault = os.strerror(fault.errno or 0)


class Journal:
    """Appends events to a segment; record 0, the segment's opening, is written by the constructor.

    Args:
        fd: the segment: write-only, append, empty. The journal owns it from here on.
        key: 32 octets, the first key; moved on in place with each write, so that where it lies is where the journal's
            key is kept.
        segment: its number.
        writer: which process this is, a word of `vocabulary.PROCESS`.
        boot: the platform's run, 32 hexadecimal digits.
        clock: stamps events.
        capacity: octets reserved for the segment.
    Attributes:
        last: instant of the last event.
        durable: whether somebody waits for the disk: then a segment that is left stays open until it is synced.
    Raises:
        JournalUnwritable: record 0 could not be written.
    """

    __slots__ = (
        "_boot",
        "_buffer",
        "_clock",
        "_fd",
        "_key",
        "_retired",
        "_writer",
        "broken",
        "capacity",
        "durable",
        "last",
        "segment",
        "sequence",
        "used",
    )

    def __init__(
        self,
        fd: int,
        key: bytearray | memoryview,
        segment: int,
        writer: str,
        boot: str,
        clock: Clock,
        capacity: int = CAPACITY,
    ) -> None:
        """Write record 0, which moves the first key on."""
        self.durable = False
        self._retired: tuple[int, ...] = ()
        self._buffer: list[bytes] = []
        self._key: bytearray | memoryview = key
        self._fd: int
        self.segment: int
        self.sequence: int
        self.used: int
        self.capacity: int
        self.broken: str
        self._clock, self._writer, self._boot = clock, writer, boot
        self.last = Nanoseconds(0)
        self._begin(fd, segment, capacity, {})

    def record(
        self,
        kind: str,
        actor: str,
        subject: str,
        outcome: Outcome,
        control: str = "",
        detail: Mapping[str, int | str] = {},
    ) -> int:
        """Add an event that happens now; return its sequence in the segment. Written by the next `flush`.

        Raises:
            NotAnEvent: a part is not of its closed form.
            JournalUnwritable: an earlier write failed.
        """
        at = max(self._clock.now(), self.last)
        return self.add(Event(at, kind, actor, subject, outcome, control, dict(detail)))

    def add(self, event: Event) -> int:
        """Add an event; return its sequence in the segment. Written by the next `flush`.

        Raises:
            OutOfOrder: it lies before the last one.
            JournalUnwritable: an earlier write failed.
        """
        body = encode(event)
        if len(body) > MOST_BODY:
            raise JournalUnwritable(self.segment, "an event is longer than a record may be")
        return self.append(Nanoseconds(event.at), body)

    def append(self, at: Nanoseconds, body: bytes) -> int:
        """Add an event that is written out already; return its sequence. Written by the next `flush`.

        Args:
            at: its instant, not before `last`.
            body: its canonical bytes, from `ledger.written`: nobody checks them here, and the sealer stops at
                what is no event.
        Raises:
            OutOfOrder: it lies before the last one.
            JournalUnwritable: an earlier write failed.
        """
        if self.broken:
            raise JournalUnwritable(self.segment, self.broken)
        if at < self.last:
            raise OutOfOrder(self.last - at)
        self._buffer.append(body)
        self.last = at
        sequence = self.sequence
        self.sequence = sequence + 1
        return sequence

    def flush(self) -> None:
        """Write what was added, with one write.

        Raises:
            JournalUnwritable: the write failed or was short; the journal takes nothing any more.
        """
        if self.broken:
            raise JournalUnwritable(self.segment, self.broken)
        if not self._buffer:
            return
        data = self._sealed()
        try:
            written = os.write(self._fd, data)
        except OSError as fault:
            self._fail(os.strerror(fault.errno or 0), fault)
        if written != len(data):
            self._fail(f"only {written} of {len(data)} octets were taken")
        self.used += written

    def _sealed(self) -> bytes:
        """Return the frames of what was added, and move the key on."""
        bodies, self._buffer = self._buffer, []
        first = self.sequence - len(bodies)
        content = BETWEEN.join(bodies)
        if len(content) <= MOST_BODIES:
            return sealed_on(self._key, first, content)
        frames: list[bytes] = []
        for share in shares(bodies):
            frames.append(sealed_on(self._key, first, BETWEEN.join(share)))
            first += len(share)
        return b"".join(frames)

    def sync(self) -> None:
        """Make what was flushed survive a power loss (fdatasync), and wait for it.

        Raises:
            JournalUnwritable: the disk failed; the journal takes nothing any more.
        """
        sync = self.begin_sync()
        sync.run()
        self.end_sync(sync)

    def begin_sync(self) -> Sync:
        """Return the order to make what was flushed survive a power loss; one at a time, each to be ended.

        Raises:
            JournalUnwritable: an earlier write or sync failed.
        """
        if self.broken:
            raise JournalUnwritable(self.segment, self.broken)
        retired, self._retired = self._retired, ()
        return Sync(self._fd, retired)

    def end_sync(self, sync: Sync) -> None:
        """Take the result of an order that has run.

        Raises:
            JournalUnwritable: the disk failed; the journal takes nothing any more.
        """
        for fd in sync.retired:
            os.close(fd)
        if sync.fault:
            self._fail(sync.fault)

    @property
    def nearly_full(self) -> bool:
        """Whether it is time to ask for the next segment: half of this one is used."""
        return self.used * 2 > self.capacity

    def next_segment(self, fd: int, first_key: bytearray, segment: int, capacity: int = CAPACITY) -> None:
        """Close this segment with its last record and go on in another.

        Args:
            fd, segment, capacity: as for a new journal.
            first_key: 32 octets; overwritten with zeros.
        Raises:
            JournalUnwritable: the closing or the opening could not be written.
        """
        before = self.segment
        self._end({"next": segment}, stays_open=self.durable)
        self._key[:] = first_key
        first_key[:] = bytes(KEY_OCTETS)  # with it all of this segment could be forged
        self._begin(fd, segment, capacity, {"after": before})

    def close(self) -> None:
        """Write what was added and the closing record, and let go of the segment.

        Raises:
            JournalUnwritable: a write failed; the descriptor is closed all the same.
        """
        self._end({}, stays_open=False)

    def _end(self, more: dict[str, int | str], *, stays_open: bool) -> None:
        detail: dict[str, int | str] = {"segment": self.segment, "records": self.sequence}
        try:
            self.record("ledger.segment.closed", "platform", "", Outcome.DONE, "", detail | more)
            self.flush()
            if self.durable and not stays_open:
                self.sync()
        finally:
            if stays_open:
                self._retired += (self._fd,)
            else:
                os.close(self._fd)
            self._fd, self.broken = -1, self.broken or "it is closed"

    def _begin(self, fd: int, segment: int, capacity: int, more: dict[str, int | str]) -> None:
        if len(self._key) != KEY_OCTETS:
            raise JournalUnwritable(segment, "its first key is not 32 octets long")
        self._fd, self.segment, self.capacity = fd, segment, capacity
        self.sequence, self.used, self.broken = 0, 0, ""
        detail: dict[str, int | str] = {
            "writer": self._writer,
            "segment": segment,
            "boot": self._boot,
            "format": FORMAT,
        }
        self.record("ledger.segment.opened", "platform", "", Outcome.DONE, "", detail | more)
        self.flush()

    def _fail(self, fault: str, cause: OSError | None = None) -> NoReturn:
        self.broken = fault
        self._buffer.clear()
        self._key[:] = bytes(KEY_OCTETS)
        raise JournalUnwritable(self.segment, fault) from cause
