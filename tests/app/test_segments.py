"""Nobody writes to a segment that the sealer does not know, and nobody gets more of them than it can seal."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import pytest

from bartizan.app import messages as m
from bartizan.app import segments as module
from bartizan.app import worker_messages as w
from bartizan.app.channel import Channel, pair
from bartizan.app.child import Child
from bartizan.app.segments import MOST_UNSEALED, Record, SegmentUnavailable
from bartizan.clock import SystemClock
from bartizan.isolation.memory import read_sealed
from bartizan.ledger.event import Outcome
from bartizan.ledger.journal import Journal
from tests.processes import descriptors, descriptors_again


class Other:
    """A child as the record sees it, without a process: what it is told can be read."""

    def __init__(self, kind: str, number: int, state: str = "ready") -> None:
        ours, self.theirs = pair()
        self.kind, self.number, self.state = kind, number, state
        self.channel, self.hears = Channel(ours), Channel(self.theirs, m.SealerOrders | w.WorkerOrders)
        self.theirs.setblocking(False)
        self.killed: list[int] = []

    def kill(self, number: int = signal.SIGKILL) -> None:
        self.killed.append(number)
        self.die()

    def die(self) -> None:
        self.state = "gone"

    def heard(self) -> list[tuple[Any, list[int]]]:
        """Return what it was told since the last time."""
        told = []
        while True:
            try:
                told.append(self.hears.receive())
            except BlockingIOError:
                return told


class Scene:
    """A record with a sealer and a worker."""

    def __init__(self, folder: Path, *, sealer: bool = True) -> None:
        self.folder = folder
        self.said: list[str] = []
        self.children: list[Other] = []
        self.record = Record(folder, SystemClock(), "00" * 16, self.of, self.said.append)
        self.worker = self.add("worker", 5)
        if sealer:
            self.sealer = self.start_sealer(1)

    def add(self, kind: str, number: int) -> Other:
        self.children.append(Other(kind, number))
        return self.children[-1]

    def start_sealer(self, number: int) -> Other:
        sealer = self.add("sealer", number)
        self.record.sealer_is(ready=True)
        return sealer

    def lose_sealer(self) -> None:
        self.sealer.die()
        self.record.sealer_is(ready=False)

    def of(self, kind: str, state: str = "") -> list[Child]:
        found = [c for c in self.children if c.kind == kind and c.state != "gone" and state in ("", c.state)]
        return cast("list[Child]", found)

    def files(self) -> list[Path]:
        return sorted(self.folder.glob("*.journal"))

    def confirm(self, sealer: Other, *, taken: bool = False) -> list[int]:
        """Confirm what the sealer was told to register; return the numbers."""
        numbers = []
        for message, fds in sealer.heard():
            if isinstance(message, m.Register):
                numbers.append(message.segment)
                self.record.registered(message.segment, taken=taken)
            for fd in fds:
                os.close(fd)
        return numbers

    async def hand(self) -> None:
        """Give the worker a segment, as when it starts."""
        message = w.BootWorker(number=5, boot="", segment=0, issuer="")
        await self.record.hand(cast("Child", self.worker), lambda _: message)

    async def handed(self) -> tuple[int, bytes]:
        """Give the worker a segment that the sealer confirms; return its descriptor and first key."""
        task = asyncio.ensure_future(self.hand())
        await asyncio.sleep(0)
        self.confirm(self.sealer)
        await task
        ((_, (segment, key)),) = self.worker.heard()
        return segment, bytes(read_sealed(key))


def play(folder: Path, scene: Callable[[Scene], Awaitable[None]], *, sealer: bool = True) -> None:
    """Play a scene; it must leave no descriptor open."""
    before = descriptors()
    made: list[Scene] = []

    async def run() -> None:
        made.append(Scene(folder, sealer=sealer))
        await scene(made[0])

    asyncio.run(run())
    for child in made[0].children:
        child.channel.close()
        child.theirs.close()
    assert descriptors_again(before) <= before


def test_without_a_sealer_that_is_ready_no_file_is_made(tmp_path: Path) -> None:
    """A sealer that starts removes empty files of which nobody told it: the next writer's would be among them."""

    async def scene(s: Scene) -> None:
        task = asyncio.ensure_future(s.hand())
        for _ in range(5):
            await asyncio.sleep(0)
        assert s.files() == []
        s.sealer = s.start_sealer(1)
        await asyncio.sleep(0)
        assert len(s.files()) == 1
        s.confirm(s.sealer)
        await task

    play(tmp_path, scene, sealer=False)


def test_a_new_sealer_is_told_what_the_last_one_did_not_confirm(tmp_path: Path) -> None:
    async def scene(s: Scene) -> None:
        task = asyncio.ensure_future(s.hand())
        await asyncio.sleep(0)
        ((first, fds),) = s.sealer.heard()
        s.lose_sealer()
        assert s.record.live() == [first.segment]
        second = s.start_sealer(2)
        ((again, more),) = second.heard()
        assert again == first
        assert read_sealed(fds[0]) == read_sealed(more[0])
        s.record.registered(first.segment, taken=False)
        await task
        for fd in s.worker.heard()[0][1]:
            os.close(fd)

    play(tmp_path, scene)


def test_a_number_that_was_given_before_is_not_written_to(tmp_path: Path) -> None:
    async def scene(s: Scene) -> None:
        task = asyncio.ensure_future(s.hand())
        await asyncio.sleep(0)
        s.confirm(s.sealer, taken=True)
        with pytest.raises(SegmentUnavailable):
            await task
        assert s.worker.heard() == []

    play(tmp_path, scene)


def test_a_confirmation_that_comes_too_late_harms_nobody(tmp_path: Path) -> None:
    async def scene(s: Scene) -> None:
        task = asyncio.ensure_future(s.hand())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        (number,) = s.confirm(s.sealer)
        s.record.writer_gone(5)
        assert [message for message, _ in s.sealer.heard()] == [m.Close(segment=number)]

    play(tmp_path, scene)


def test_every_first_key_is_another_and_lines_tell_whose_a_segment_is(tmp_path: Path) -> None:
    async def scene(s: Scene) -> None:
        keys, registered = set(), []
        for _ in range(3):
            task = asyncio.ensure_future(s.hand())
            await asyncio.sleep(0)
            for message, fds in s.sealer.heard():
                registered.append(message)
                keys.add(bytes(read_sealed(fds[0])))
                s.record.registered(message.segment, taken=False)
            await task
            ((_, (segment, key)),) = s.worker.heard()
            os.close(segment)
            assert bytes(read_sealed(key)) in keys
        assert len(keys) == 3
        assert {message.line for message in registered} == {registered[0].segment}
        assert s.record.writer_of(registered[2].segment) == 5

    play(tmp_path, scene)


def test_what_is_sealed_to_its_end_is_no_longer_listed(tmp_path: Path) -> None:
    """A list of everything a long life wrote would not fit in the next sealer's first message."""

    async def scene(s: Scene) -> None:
        for _ in range(3 * MOST_UNSEALED):
            segment, _ = await s.handed()
            os.close(segment)
            for file in s.files()[:-1]:
                file.unlink()  # as the sealer does
        assert len(s.record.live()) == 1

    play(tmp_path, scene)


def test_a_writer_that_is_far_ahead_waits_for_the_sealer(tmp_path: Path) -> None:
    async def scene(s: Scene) -> None:
        for _ in range(MOST_UNSEALED):
            os.close((await s.handed())[0])
        with pytest.raises(SegmentUnavailable, match="behind"):
            await s.hand()
        s.files()[0].unlink()
        os.close((await s.handed())[0])
        assert len(s.files()) == MOST_UNSEALED

    play(tmp_path, scene)


def test_a_further_segment_is_for_who_filled_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(module.SIZES, "worker", 8192)

    async def scene(s: Scene) -> None:
        worker = cast("Child", s.worker)
        assert not s.record.filled(worker)
        segment, _ = await s.handed()
        assert not s.record.filled(worker)
        os.write(segment, bytes(4096))
        assert s.record.filled(worker)
        os.close(segment)

    play(tmp_path, scene)


def test_a_disk_without_room_keeps_a_writer_waiting_and_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_AGAIN_SECONDS", 0.01)
    room: list[bool] = []

    def preallocate(_: int, __: int) -> None:
        if not room:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "preallocate", preallocate)

    async def scene(s: Scene) -> None:
        task = asyncio.ensure_future(s.record.extend(cast("Child", s.worker)))
        await asyncio.sleep(0.05)
        assert s.files() == []
        assert not task.done()
        assert "the disk is full: 32 MiB more are needed" in s.said[0]
        room.append(True)
        await asyncio.sleep(0.1)
        s.confirm(s.sealer)
        await task
        ((message, fds),) = s.worker.heard()
        assert isinstance(message, m.Segment)
        for fd in fds:
            os.close(fd)

    play(tmp_path, scene)


def test_the_supervisors_own_record_goes_on_after_a_write_that_failed(tmp_path: Path) -> None:
    async def scene(s: Scene) -> None:
        task = asyncio.ensure_future(s.record.begin())
        await asyncio.sleep(0)
        s.confirm(s.sealer)
        await task
        journal = cast("Journal", s.record._journal)
        s.record.note("platform.process.started", "worker", Outcome.DONE, {"process": "worker", "number": 1})
        first = journal.segment
        journal.broken = "No space left on device"
        s.record.note("platform.process.started", "worker", Outcome.DONE, {"process": "worker", "number": 2})
        assert "not on record" in s.said[0]
        task = asyncio.ensure_future(s.record.renew())
        await asyncio.sleep(0)
        s.confirm(s.sealer)
        await task
        s.record.note("platform.process.started", "worker", Outcome.DONE, {"process": "worker", "number": 3})
        assert len(s.said) == 1
        assert cast("Journal", s.record._journal).segment > first
        s.record.end()

    play(tmp_path, scene)
