"""Journal segments: the one process that creates them is the supervisor.

Rules of this file: a segment exists, has its disk space, and is known to the sealer, durably, before anybody
writes to it. Its first key goes to the sealer and to the writer as sealed memory and is not kept here. When a
writer is gone, its segments are final.
"""

import asyncio
import errno
import os
import secrets
from collections.abc import Callable
from pathlib import Path

import msgspec

from bartizan.app import messages as m
from bartizan.app.channel import ChannelClosed, Message, close
from bartizan.app.child import Child
from bartizan.clock import MILLISECOND, Clock
from bartizan.crypto.keyring import sync_folder
from bartizan.isolation.kernel import preallocate
from bartizan.isolation.memory import read_sealed, sealed
from bartizan.ledger.event import Outcome
from bartizan.ledger.journal import Journal

SIZES = {"worker": 32 << 20, "control": 4 << 20, "supervisor": 1 << 20, "cli": 1 << 20}
"""Octets reserved for a segment, by writer."""
_OWN = 0
_REGISTER_SECONDS = 10.0


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
        of: living children of a kind.
    """

    def __init__(self, folder: Path, clock: Clock, boot: str, of: Callable[[str], list[Child]]) -> None:
        """Start numbering after every segment of earlier runs."""
        self._folder, self._clock, self._boot, self._of = folder, clock, boot, of
        self._next = (clock.now() // MILLISECOND) << 12
        self._segments: dict[int, list[int]] = {}
        self._waiting: dict[int, _Waiting] = {}
        self._final: list[int] = []
        self._journal: Journal | None = None

    def number_from(self, number: int) -> None:
        """Give no number below this one: the ledger has seen the others, whatever the clock says."""
        self._next = max(self._next, number - 1)

    def live(self) -> list[int]:
        """Return the segments whose writers live."""
        return [number for segments in self._segments.values() for number in segments]

    async def begin(self) -> None:
        """Open the supervisor's own journal."""
        number, fd, key = await self._open("supervisor", _OWN)
        first = read_sealed(key)
        self._journal = Journal(fd, first, number, "supervisor", self._boot, self._clock)

    def note(self, kind: str, subject: str, outcome: Outcome, detail: dict[str, int | str]) -> None:
        """Record what the supervisor did or saw; before its journal is open, nothing happens that could be recorded."""
        if self._journal is not None:
            self._journal.record(kind, "platform", subject, outcome, "", detail)
            self._journal.flush()

    def end(self) -> None:
        """Close the supervisor's own journal."""
        self._journal = None
        self.writer_gone(_OWN)

    async def hand(self, child: Child, writer: str, message: Callable[[int], Message], *fds: int) -> None:
        """Give a child its first segment: `message` of its number, with `fds`, the segment and its first key."""
        number, fd, key = await self._open(writer, child.number)
        try:
            child.channel.send(message(number), (*fds, fd, key))
        finally:
            close((fd, key))

    async def extend(self, child: Child) -> None:
        """Give a child its next segment."""
        number, fd, key = await self._open(child.kind, child.number)
        try:
            child.channel.send(m.Segment(number=number), (fd, key))
        except ChannelClosed:
            child.kill()
        finally:
            close((fd, key))

    def registered(self, number: int) -> None:
        """Take the sealer's word that it knows a segment."""
        if waiting := self._waiting.pop(number, None):
            os.close(waiting.key)
            waiting.done.set_result(None)

    def writer_gone(self, child: int) -> None:
        """Tell the sealer that what this child wrote is final."""
        self._final += self._segments.pop(child, [])
        self.resume()

    def resume(self) -> None:
        """Tell the sealer what it has not been told, or may have missed by dying."""
        for sealer in self._of("sealer"):
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

    async def _open(self, writer: str, child: int) -> tuple[int, int, int]:
        """Return a new segment's number, a descriptor to append to it, and its first key as sealed memory.

        Raises:
            OSError: no disk space left for it.
            TimeoutError: the sealer does not take it.
        """
        self._next += 1
        number = self._next
        fd = _create(self._folder / f"{number:016d}.journal", SIZES[writer])
        secret = bytearray(secrets.token_bytes(32))
        key, for_sealer = sealed(secret), sealed(secret)
        secret[:] = bytes(32)
        self._segments.setdefault(child, []).append(number)
        waiting = _Waiting(
            m.Register(segment=number, writer=writer), for_sealer, asyncio.get_running_loop().create_future()
        )
        self._waiting[number] = waiting
        self.resume()
        try:
            async with asyncio.timeout(_REGISTER_SECONDS):
                await waiting.done
        except TimeoutError:
            close((fd, key))
            raise
        return number, fd, key


def _create(path: Path, octets: int) -> int:
    fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        preallocate(fd, octets)
    except OSError as fault:
        if fault.errno not in (errno.EOPNOTSUPP, errno.ENOSYS):  # not every file system can reserve
            os.close(fd)
            path.unlink()
            raise
    sync_folder(path.parent)  # or a power loss could take the name of what was registered
    return fd
