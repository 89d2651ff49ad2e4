"""Nothing goes on before its record is written; where it cannot be written, nothing goes on."""

import asyncio
import os
from functools import partial

import pytest

from bartizan.gateway.controls import monitored
from bartizan.gateway.turn import Turn
from bartizan.ledger.event import Outcome
from bartizan.ledger.journal import JournalUnwritable
from tests.gateway.scene import OK, Received, Scene, Waits, client, request, run, standing, turns

_DONE = Outcome.DONE


def full(scene: Scene) -> None:
    """From now on the journal's disk is full."""
    os.dup2(os.open("/dev/full", os.O_WRONLY), scene.journal._fd)


def test_records_of_one_turn_are_written_at_once() -> None:
    async def scenario() -> None:
        async with standing() as scene:
            writes = 0
            flush = scene.journal.flush

            class Counting:
                record = scene.journal.record
                begin_sync, end_sync = scene.journal.begin_sync, scene.journal.end_sync

                def flush(self) -> None:
                    nonlocal writes
                    writes += 1
                    flush()

            turn = Turn(Counting(), asyncio.get_running_loop(), scene.stop)
            done: list[int] = []
            for number in range(100):
                scene.journal.record("platform.clock.stepped", "platform", "", _DONE)
                turn.after(Waits(partial(done.append, number)))
            assert done == []
            await asyncio.sleep(0.01)
            assert done == list(range(100))
            assert writes == 1

    run(scenario())


def test_what_was_admitted_but_cannot_be_recorded_is_not_forwarded() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one, client(scene) as other:
            assert (await one.ask(request())).status == 200
            full(scene)
            answer = await one.ask(request())
            assert (answer.status, answer.reason) == (503, "record-unavailable")
            assert (await other.ask(request())).status == 503
            assert len(scene.upstream.received) == 1
            assert scene.stopped == 1
            assert monitored.judge(scene.gateway.account())

    run(scenario())


def test_an_answer_whose_end_cannot_be_recorded_does_not_end() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:

            async def script(_received: Received, writer: asyncio.StreamWriter) -> None:
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
                    b"5\r\nhello\r\n"
                )
                await turns()  # what was said so far is on its way to the client
                full(scene)
                writer.write(b"0\r\n\r\n")

            scene.upstream.script = script
            with pytest.raises(ConnectionError):
                await one.ask(request())
            assert scene.stopped == 1
            assert scene.gateway.account().unwritten == 1
            assert [event.kind for event in scene.events()] == ["gateway.request.admitted"]

    run(scenario())


def test_a_whole_answer_whose_end_cannot_be_recorded_is_not_given() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:

            async def script(_received: Received, writer: asyncio.StreamWriter) -> None:
                full(scene)
                writer.write(OK)

            scene.upstream.script = script
            one.send(request())
            assert await one.closed() == b""
            assert scene.stopped == 1

    run(scenario())


def test_one_who_fails_after_the_write_does_not_hold_the_others() -> None:
    async def scenario() -> None:
        async with standing() as scene:
            said: list[object] = []
            asyncio.get_running_loop().set_exception_handler(
                lambda _loop, context: said.append(context["exception"])
            )
            turn = Turn(scene.journal, asyncio.get_running_loop(), scene.stop)
            done: list[str] = []

            def fails() -> None:
                raise RuntimeError("planted")

            turn.after(Waits(partial(done.append, "first")))
            turn.after(Waits(fails))
            turn.after(Waits(partial(done.append, "third")))
            await asyncio.sleep(0.01)
            assert done == ["first", "third"]
            assert [str(fault) for fault in said] == ["planted"]

    run(scenario())


def test_everybody_who_waits_is_told_of_a_failed_write() -> None:
    async def scenario() -> None:
        async with standing() as scene:
            turn = Turn(scene.journal, asyncio.get_running_loop(), scene.stop)
            told: list[int] = []
            full(scene)
            scene.journal.record("platform.clock.stepped", "platform", "", _DONE)
            for number in range(3):
                turn.after(Waits(unwritten=partial(told.append, number)))
            await asyncio.sleep(0.01)
            assert told == [0, 1, 2]
            assert (turn.broken, turn.unwritten, scene.stopped) == (True, 3, 1)
            with pytest.raises(JournalUnwritable):
                scene.journal.flush()

    run(scenario())
