"""A child leaves nothing behind in its supervisor, however it starts or ends, and what it prints goes to one place only."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from bartizan.app import child as module
from bartizan.app import worker_messages as w
from bartizan.app.child import Child
from bartizan.app.log import Log
from tests.processes import descriptors, descriptors_again


def hear(child: Child) -> bool:
    """Take what is said as the relay does, and forget it."""
    try:
        child.channel.receive()
    except BlockingIOError:
        return False
    except ConnectionError:
        child.hung_up()
        return False
    return True


def launch(code: str) -> tuple[str, ...]:
    """Return how to start a child that runs this; its channel is `channel`."""
    take = "import os,socket,sys;channel=socket.socket(fileno=int(sys.argv[2]));"
    return sys.executable, "-I", "-c", take + code


def supervised(tmp_path: Path, play: Callable[[Log], Coroutine[Any, Any, None]]) -> str:
    """Play in a loop with a log; nothing may stay open. Return what was logged."""
    before = descriptors()

    async def run() -> None:
        log = Log(tmp_path / "log")
        await play(log)
        os.close(log._fd)

    asyncio.run(run())
    assert descriptors_again(before) <= before
    return (tmp_path / "log").read_text()


@pytest.mark.slow
def test_a_hundred_children_leave_no_descriptor(tmp_path: Path) -> None:
    async def play(log: Log) -> None:
        for number in range(20):
            children = [
                Child("worker", 5 * number + n, launch("print('x')"), w.WorkerReports, hear, log)
                for n in range(5)
            ]
            assert [await child.exited for child in children] == [0] * 5

    assert supervised(tmp_path, play).count(": x\n") == 100


def test_one_that_cannot_be_started_leaves_none_either(tmp_path: Path) -> None:
    async def play(log: Log) -> None:
        for _ in range(20):
            with pytest.raises(OSError, match="nonexistent"):
                Child("worker", 1, ("/nonexistent",), w.WorkerReports, hear, log)
        await asyncio.sleep(0)

    supervised(tmp_path, play)


def test_last_words_are_there_when_the_end_is(tmp_path: Path) -> None:
    async def play(log: Log) -> None:
        for number in range(10):
            code = "sys.stderr.write('first\\nbecause of this\\n');os._exit(3)"
            child = Child("worker", number, launch(code), w.WorkerReports, hear, log)
            assert await child.exited == 3
            assert log.last(f"worker {number}") == "because of this"
            assert log.last(f"worker {number}") == ""

    supervised(tmp_path, play)


def test_what_it_said_last_is_heard(tmp_path: Path) -> None:
    heard = []

    def listen(child: Child) -> bool:
        with suppress(BlockingIOError, ConnectionError):
            heard.append(child.channel.receive()[0])
            return True
        return False

    async def play(log: Log) -> None:
        code = '[channel.send(b\'{"do":"serving"}\') for _ in range(100)];os.kill(os.getpid(), 9)'
        child = Child("worker", 1, launch(code), w.WorkerReports, listen, log)
        assert await child.exited == -signal.SIGKILL

    supervised(tmp_path, play)
    assert heard == [w.Serving()] * 100


def test_one_that_closes_its_channel_and_lives_on_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_LAST_SECONDS", 0.1)
    heard = []

    def count(child: Child) -> bool:
        heard.append(1)
        return hear(child)

    async def play(log: Log) -> None:
        child = Child(
            "worker", 1, launch("channel.close();import time;time.sleep(60)"), w.WorkerReports, count, log
        )
        assert await child.exited == -signal.SIGKILL

    supervised(tmp_path, play)
    assert len(heard) < 5  # and its supervisor has not read the end of it again and again
