"""Where records survive a loss of power, nobody goes on before a sync that began after their write returned."""

import asyncio
import os
import threading
import weakref
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor, Future
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import override

from bartizan.clock import SystemClock
from bartizan.gateway.turn import Turn
from bartizan.ledger.event import Outcome
from bartizan.ledger.journal import Journal, Sync
from tests.descriptors import close_left
from tests.gateway.scene import Scene, Waits, client, request, run, standing, until


class Disk(Executor):
    """A disk that answers when it is told to; what it was asked stands in `asked`."""

    def __init__(self) -> None:
        self.asked: list[tuple[Callable[..., object], Future[Any]]] = []

    @override
    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        assert not args
        assert not kwargs
        answer: Future[Any] = Future()
        self.asked.append((fn, answer))
        return answer

    def answers(self) -> None:
        work, answer = self.asked.pop(0)
        work()
        answer.set_result(None)


class Told:
    """A journal with the truth beside it: how many records are written, and how many the disk has."""

    def __init__(self, folder: Path) -> None:
        descriptor = os.open(folder / "s", os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_TRUNC)
        self.journal = Journal(descriptor, bytearray(32), 1, "worker", "0" * 32, SystemClock())
        self.journal.durable = True
        self.flushed = self.safe = 0
        self.record = self.journal.record
        self._covers: dict[Sync, int] = {}

    def flush(self) -> None:
        self.journal.flush()
        self.flushed = self.journal.sequence - 1

    def begin_sync(self) -> Sync:
        sync = self.journal.begin_sync()
        self._covers[sync] = self.flushed
        return sync

    def end_sync(self, sync: Sync) -> None:
        self.journal.end_sync(sync)
        self.safe = max(self.safe, self._covers[sync])


class Play:
    """A turn, a journal and a disk, and everybody who waits."""

    def __init__(self, folder: Path) -> None:
        self.told, self.disk = Told(folder), Disk()
        weakref.finalize(self, close_left, folder, [self.told.journal._fd])
        self.stopped = self.asked = 0
        self.went: list[int] = []
        self.too_early: list[int] = []
        self.in_vain: list[int] = []
        self.turn = Turn(self.told, asyncio.get_running_loop(), self.stop, self.disk)

    def stop(self) -> None:
        self.stopped += 1

    async def record(self) -> None:
        if not self.turn.broken:
            number = self.asked = self.told.record("platform.clock.stepped", "platform", "", Outcome.DONE)
            self.turn.after(Waits(partial(self.written, number), partial(self.in_vain.append, number)))

    def written(self, number: int) -> None:
        (self.went if number <= self.told.safe else self.too_early).append(number)

    async def turns(self) -> None:
        for _ in range(4):
            await asyncio.sleep(0)

    async def answer(self) -> None:
        if self.disk.asked:
            self.disk.answers()
            await self.turns()

    async def fail(self) -> None:
        if self.disk.asked:
            self.disk.asked[0][0].__self__.fault = "planted"  # type: ignore[attr-defined]  # the Sync's run
            await self.answer()


@settings(max_examples=60)
@given(st.lists(st.sampled_from([Play.record, Play.turns, Play.answer, Play.fail]), max_size=30))
def test_nobody_goes_on_before_the_disk_has_it(
    tmp_path_factory: pytest.TempPathFactory, steps: list[Callable[[Play], Awaitable[None]]]
) -> None:
    async def scenario() -> None:
        play = Play(tmp_path_factory.mktemp("turn"))
        for step in steps:
            await step(play)
            assert len(play.disk.asked) <= 1
        await play.turns()
        while play.disk.asked:
            await play.answer()
        assert play.too_early == []
        assert sorted(play.went + play.in_vain) == list(range(1, play.asked + 1))
        assert play.went == sorted(play.went)
        assert bool(play.in_vain) == play.turn.broken == bool(play.stopped)
        assert play.turn.unwritten == len(play.in_vain)

    uvloop.run(scenario())


def durable(scene: Scene) -> None:
    scene.durable = True


def test_requests_are_served_once_the_disk_has_their_records(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    real, loop_thread = os.fdatasync, threading.get_ident()

    def counted(fd: int) -> None:
        assert threading.get_ident() != loop_thread
        calls.append(fd)
        real(fd)

    monkeypatch.setattr(os, "fdatasync", counted)

    async def scenario() -> None:
        async with standing(durable) as scene, client(scene) as one:
            for _ in range(3):
                assert (await one.ask(request())).status == 200
            assert len(calls) == 6  # one before the request goes on, one before its answer ends
            one.send(request() * 20)
            for _ in range(20):
                assert (await one.answer()).status == 200

    run(scenario())


def test_a_disk_that_fails_is_a_write_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        async with standing(durable) as scene, client(scene) as one:
            assert (await one.ask(request())).status == 200

            def fails(_fd: int) -> None:
                raise OSError(5, "planted")

            monkeypatch.setattr(os, "fdatasync", fails)
            answer = await one.ask(request())
            assert (answer.status, answer.reason) == (503, "record-unavailable")
            assert len(scene.upstream.received) == 1
            assert scene.stopped == 1
            monkeypatch.undo()  # the next sync would succeed, over what the first one lost
            assert (await one.ask(request())).status == 503
            assert len(scene.upstream.received) == 1

    run(scenario())


def test_who_is_revoked_while_the_disk_is_slow_does_not_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    slow, synced = threading.Event(), threading.Event()

    def sync(_fd: int) -> None:
        synced.set()
        slow.wait(60)

    monkeypatch.setattr(os, "fdatasync", sync)

    async def scenario() -> None:
        async with standing(durable) as scene, client(scene) as one:
            one.send(request())
            await until(synced.is_set)
            scene.revoked.add("workload.drill")
            scene.number += 1
            slow.set()
            assert await one.closed() == b""
            assert scene.upstream.received == []
            assert [event.detail.get("reason") for event in scene.events()] == [None, "principal-revoked"]

    run(scenario())


def test_a_segment_that_is_left_is_synced_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    synced: list[str] = []

    def named(fd: int) -> None:
        synced.append(Path(f"/proc/self/fd/{fd}").readlink().name)

    monkeypatch.setattr(os, "fdatasync", named)

    async def scenario() -> None:
        async with standing(durable) as scene, client(scene) as one:
            second = os.open(tmp_path / "second", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            scene.journal.next_segment(second, bytearray(32), 2)
            assert (await one.ask(request())).status == 200
            assert synced[:2] == ["segment", "second"]
            assert set(synced[2:]) == {"second"}

    run(scenario())
