"""Journal segments: the one process that creates them is the supervisor.

Rules of this file: a segment exists, has its disk space, and is known to the sealer, durably, before anybody
writes to it; without a sealer that is ready none is made. Its first key goes to the sealer and to the writer as
sealed memory and is not kept here. When a writer is gone, its segments are final. A writer gets its next segment
once it has filled its last, and as long as the sealer keeps up.
"""

import asyncio
import contextlib
import errno
import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import msgspec

from bartizan.app import messages as m
from bartizan.app.channel import ChannelClosed, Message, close
from bartizan.app.child import Child
from bartizan.app.key_room import key_room
from bartizan.clock import MILLISECOND, Clock
from bartizan.crypto.keyring import sync_folder
from bartizan.isolation.kernel import preallocate
from bartizan.isolation.memory import read_sealed, sealed
from bartizan.ledger.event import Outcome
from bartizan.ledger.journal import Journal, JournalUnwritable

SIZES = {"worker": 32 << 20, "control": 4 << 20, "supervisor": 1 << 20, "cli": 1 << 20}
"""Octets reserved for a segment, by writer."""
START_OCTETS = 2 * SIZES["worker"] + SIZES["control"] + SIZES["supervisor"]
"""Octets that a start reserves: for a worker, its spare, control and supervisor."""
MOST_UNSEALED = 16
"""Segments of one writer that the sealer has not finished with; before it has, there is no further one."""
_OWN = 0
_AGAIN_SECONDS = 1.0
_KEY_OCTETS = 32
_FULL = (
    "the disk is full: {} MiB more are needed in {}, {} MiB for a start; "
    "free some, or name a folder on another disk with --state"
)


class SegmentUnavailable(OSError):
    """No segment can be had just now; the message says why."""


class _Waiting(msgspec.Struct):
    """A segment that the sealer has not confirmed yet; `told` is the number of the sealer that was told of it."""

    message: m.Register
    key: int
    done: asyncio.Future[None]
    told: int = 0


class Record:
    """The segments of one platform run, and the supervisor's own journal.

    Args:
        folder: where segments lie.
        clock: numbers start with the millisecond of the start, so that none is ever given twice.
        boot: random id of this run, hexadecimal.
        of: living children of a kind, in a state where one is named.
        say: writes a line to the platform's log.
    """

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        boot: str,
        of: Callable[..., list[Child]],
        say: Callable[[str], None],
    ) -> None:
        """Start numbering after every segment of earlier runs."""
        self._folder, self._clock, self._boot, self._of, self._say = folder, clock, boot, of, say
        self._next = (clock.now() // MILLISECOND) << 12
        self._segments: dict[int, list[int]] = {}
        self._lines: dict[int, int] = {}
        self._waiting: dict[int, _Waiting] = {}
        self._final: list[int] = []
        self._extending: set[int] = set()
        self._journal: Journal | None = None
        self._sealer_ready = asyncio.Event()

    def number_from(self, number: int) -> None:
        """Give no number below this one: the ledger has seen the others, whatever the clock says."""
        self._next = max(self._next, number - 1)

    def live(self) -> list[int]:
        """Return the segments whose writers live, without those that are sealed to their end."""
        return [number for child in tuple(self._segments) for number in self._unsealed(child)]

    @property
    def unfinished(self) -> bool:
        """Whether segments are final and no sealer has been told so."""
        return bool(self._final)

    def writer_of(self, segment: int) -> int | None:
        """Return the number of the child that writes a segment, 0 for the supervisor, None if nobody does."""
        return next((child for child, numbers in self._segments.items() if segment in numbers), None)

    # ---- the supervisor's own ------------------------------------------------------------------------------
    async def begin(self) -> None:
        """Open the supervisor's own journal."""
        number, fd, key = await self._open("supervisor", None)
        first, size = key_room(read_sealed(key)), SIZES["supervisor"]
        self._journal = Journal(fd, first, number, "supervisor", self._boot, self._clock, size)

    def note(
        self, kind: str, subject: str, outcome: Outcome, detail: dict[str, int | str], control: str = ""
    ) -> bool:
        """Record what the supervisor did or saw, and return whether it is; before its journal is open, nothing happens.

        Where the disk takes nothing, the log is told: a supervisor that stopped for it would replace nobody.
        """
        if self._journal is None:
            return False
        try:
            self._journal.record(kind, "platform", subject, outcome, control, detail)
            self._journal.flush()
        except JournalUnwritable as fault:
            self._say(f"not on record: {kind} {subject}: {fault}")
            return False
        return True

    async def renew(self) -> None:
        """Go on in a new segment of the supervisor's own where the last one is nearly full, or broken."""
        journal = self._journal
        if journal is None or not (journal.nearly_full or journal.broken) or _OWN in self._extending:
            return
        self._extending.add(_OWN)
        try:
            if journal.broken:  # its segment ends where it broke
                with contextlib.suppress(JournalUnwritable):
                    journal.close()
                self.writer_gone(_OWN)
                await self.begin()
                return
            number, fd, key = await self._open("supervisor", None)
            journal.next_segment(fd, read_sealed(key), number, SIZES["supervisor"])
        except (OSError, JournalUnwritable) as fault:
            self._say(f"no new segment for the supervisor: {fault}")
        finally:
            self._extending.discard(_OWN)

    def break_own(self) -> None:
        """Write no more to the supervisor's own segment, which somebody else has changed; `renew` opens another."""
        if self._journal is not None:
            self._journal.broken = "it was altered"

    def end(self) -> None:
        """Close the supervisor's own journal."""
        if self._journal is not None:
            try:
                self._journal.close()
            except JournalUnwritable as fault:
                self._say(f"the supervisor's record has no end: {fault}")
        self._journal = None
        self.writer_gone(_OWN)

    # ---- the children's ------------------------------------------------------------------------------------
    async def hand(self, child: Child, message: Callable[[int], Message], *fds: int) -> None:
        """Give a child its first segment: `message` of its number, with `fds`, the segment and its first key.

        Raises:
            OSError: none can be had; ChannelClosed: the child is gone.
        """
        number, fd, key = await self._open(child.kind, child)
        try:
            child.channel.send(message(number), (*fds, fd, key))
        finally:
            close((fd, key))

    async def extend(self, child: Child) -> None:
        """Give a child its next segment as soon as one can be had; one at a time."""
        if child.number in self._extending:
            return
        self._extending.add(child.number)
        try:
            while child.state != "gone":
                if await self._extended(child):
                    return
                await asyncio.sleep(_AGAIN_SECONDS)
        finally:
            self._extending.discard(child.number)

    async def _extended(self, child: Child) -> bool:
        try:
            await self.hand(child, lambda number: m.Segment(number=number))
        except ChannelClosed:
            child.kill()
        except OSError as fault:
            if child.state != "gone":
                self._say(f"no segment yet for {child.kind} {child.number}: {fault}")
            return False
        return True

    def filled(self, child: Child) -> bool:
        """Return whether a child has used a good part of its last segment: it asks at half of it."""
        try:
            used = self._path(self._segments[child.number][-1]).stat().st_size
        except (KeyError, FileNotFoundError):
            return False
        return used * 4 > SIZES[child.kind]

    def _unsealed(self, child: int) -> list[int]:
        """Return the segments of a child that are not wholly in the tree: the sealer removes those that are."""
        numbers = self._segments.get(child, [])
        numbers[:] = [each for each in numbers if each == numbers[-1] or self._path(each).exists()]
        return numbers

    def writer_gone(self, child: int) -> None:
        """Tell the sealer that what this child wrote is final."""
        self._final += self._segments.pop(child, [])
        self._lines.pop(child, None)
        self.resume()

    # ---- the sealer ----------------------------------------------------------------------------------------
    def sealer_is(self, *, ready: bool) -> None:
        """Note whether the sealer takes segments; a new one is told what it may have missed."""
        if ready:
            self._sealer_ready.set()
            self.resume()
        else:
            self._sealer_ready.clear()

    def registered(self, number: int, *, taken: bool) -> None:
        """Take the sealer's word that it knows a segment, or that nobody may write to it."""
        waiting = self._waiting.pop(number, None)
        if waiting is None:
            return
        os.close(waiting.key)
        if waiting.done.done():  # whoever wanted it has given up
            return
        if taken:
            waiting.done.set_exception(SegmentUnavailable("its number was given before"))
        else:
            waiting.done.set_result(None)

    def resume(self) -> None:
        """Tell the sealer what it has not been told, or may have missed by dying."""
        for sealer in self._of("sealer", "ready"):
            try:
                for waiting in self._waiting.values():
                    if waiting.told != sealer.number:
                        sealer.channel.send(waiting.message, [waiting.key])
                        waiting.told = sealer.number
                while self._final:
                    sealer.channel.send(m.Close(segment=self._final[0]))
                    self._final.pop(0)
            except ChannelClosed:
                sealer.kill()

    async def _open(self, writer: str, child: Child | None) -> tuple[int, int, int]:
        """Return a new segment's number, a descriptor to append to it, and its first key as sealed memory.

        Waits for a sealer: a file that one finds and nobody told it of, it removes.

        Raises:
            OSError: no disk space left for it; SegmentUnavailable: the child is gone, or too far ahead.
        """
        await self._sealer_ready.wait()
        owner = _OWN if child is None else child.number
        if child is not None and child.state == "gone":
            raise SegmentUnavailable("its writer is gone")
        if len(self._unsealed(owner)) >= MOST_UNSEALED:
            raise SegmentUnavailable(f"the sealer is {MOST_UNSEALED} segments behind its writer")
        self._next += 1
        number = self._next
        fd = _create(self._path(number), SIZES[writer])
        try:
            key = await self._registered(number, writer, owner)
        except BaseException:
            os.close(fd)
            raise
        return number, fd, key

    async def _registered(self, number: int, writer: str, owner: int) -> int:
        """Make a segment's first key and tell the sealer of both; return the key once it has them."""
        key, for_sealer = _first_key()
        self._segments.setdefault(owner, []).append(number)
        line = self._lines.setdefault(owner, number)
        waiting = _Waiting(
            m.Register(segment=number, writer=writer, line=line),
            for_sealer,
            asyncio.get_running_loop().create_future(),
        )
        self._waiting[number] = waiting
        self.resume()
        try:
            await waiting.done
        except BaseException:
            os.close(key)
            raise
        return key

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:016d}.journal"


def _first_key() -> tuple[int, int]:
    """Return a new key as two sealed memory files; no copy stays in this process."""
    secret = bytearray(_KEY_OCTETS)
    with open("/dev/urandom", "rb", buffering=0) as random:  # noqa: PTH123  # `os.urandom` leaves a copy behind
        random.readinto(secret)
    files = sealed(secret), sealed(secret)
    secret[:] = bytes(_KEY_OCTETS)
    return files


def _create(path: Path, octets: int) -> int:
    fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    fcntl.flock(
        fd, fcntl.LOCK_EX | fcntl.LOCK_NB
    )  # goes with the descriptor: held for as long as anybody may write
    try:
        _reserve(fd, octets)
        sync_folder(path.parent)  # or a power loss could take the name of what was registered
    except OSError as fault:
        os.close(fd)
        path.unlink()
        if fault.errno == errno.ENOSPC:
            raise SegmentUnavailable(
                _FULL.format(octets >> 20 or 1, path.parent, START_OCTETS >> 20)
            ) from fault
        raise
    return fd


def _reserve(fd: int, octets: int) -> None:
    try:
        preallocate(fd, octets)
    except OSError as fault:
        if fault.errno not in (errno.EOPNOTSUPP, errno.ENOSYS):  # not every file system can reserve
            raise
