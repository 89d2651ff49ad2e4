"""A platform that is told to stop, or whose supervisor or starter is killed, at whatever moment: nothing is left behind."""

import os
import random
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from bartizan.app.folder import Folder
from tests.e2e.conftest import COMMAND, Platform, Start
from tests.e2e.test_processes import alive, asking, chat, process, query, until
from tests.ports import free_port

pytestmark = pytest.mark.slow

COUNT = {"model": "sample", "stream": True, "messages": [{"role": "user", "content": "Count to twenty."}]}


@pytest.fixture
def state() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="bartizan-") as folder:
        yield Path(folder, "state")
        subprocess.run([*COMMAND, "down", "--state", f"{folder}/state"], cwd=folder, check=True)


def up(state: Path) -> subprocess.Popen[str]:
    """Begin to start a platform."""
    command = [*COMMAND, "up", "--detach", "--no-drill", "--port", "0", "--state", str(state)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=state.parent, stdout=pipe, stderr=pipe, text=True)


def supervisor(state: Path) -> int:
    """Return the supervisor's process id as soon as it holds the folder."""
    found: int = until(lambda: Folder(state).holder())
    return found


@pytest.mark.parametrize("after", [0.0, 0.15, 0.4])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_one_that_is_told_to_stop_while_it_starts_stops(
    state: Path, number: signal.Signals, after: float
) -> None:
    with up(state) as starting:
        pid = supervisor(state)
        time.sleep(after)
        os.kill(pid, number)
        _, errors = starting.communicate(timeout=240)
    assert starting.returncode != 0
    assert "Traceback" not in errors
    assert not alive(pid)
    assert Folder(state).holder() is None
    with up(state) as again:
        out, errors = again.communicate(timeout=240)
    assert again.returncode == 0, out + errors


def test_told_twice_it_still_lets_an_open_stream_finish(platform: Start) -> None:
    running = platform()
    pid = running.status()["pid"]
    with asking(running, running.token(), COUNT) as answer:
        first = answer.readline()
        for _ in range(3):
            os.kill(pid, signal.SIGTERM)
            time.sleep(0.05)
        rest = answer.read()
    assert first.startswith(b"data: ")
    assert rest.endswith(b"data: [DONE]\n\n")
    until(lambda: not alive(pid))
    assert running.run("ledger", "verify").returncode == 0


def test_an_orderly_end_leaves_only_the_spares_segment_to_recover(platform: Start) -> None:
    running = platform()
    assert chat(running, running.token()) == 200
    process(running, "worker", "ready")  # the spare has begun its segment
    pid = running.status()["pid"]
    os.kill(pid, signal.SIGHUP)
    until(lambda: not alive(pid))
    writers = {
        e["detail"]["segment"]: e["detail"]["writer"]
        for e in query(running, "--kind", "ledger.segment.opened")
    }
    closed = sorted(
        writers[e["detail"]["segment"]] for e in query(running, "--kind", "ledger.segment.closed")
    )
    assert closed == ["control", "supervisor", "worker"]
    recovered = query(running, "--kind", "ledger.segment.recovered")
    assert [(writers[e["detail"]["segment"]], e["detail"]["records"]) for e in recovered] == [("worker", 1)]


@pytest.mark.parametrize("after", [0.0, 0.2, 0.5, 0.7])
def test_when_who_starts_it_is_killed_meanwhile_it_stops(state: Path, after: float) -> None:
    with up(state) as starting:
        pid = supervisor(state)
        time.sleep(after)
        starting.kill()
        said, _ = starting.communicate()
    if "Stop:" not in said:  # the last line of all: after it the platform is left to itself, or not yet
        until(lambda: not alive(pid))
        assert Folder(state).holder() is None
    else:
        until(lambda: not alive(pid) or answers(state))


def gone(pid: int) -> bool:
    return not alive(pid)


def answers(state: Path) -> bool:
    """Return whether the platform of a folder answers its owner."""
    command = [*COMMAND, "token", "--state", str(state)]
    return not subprocess.run(command, cwd=state.parent, capture_output=True, check=False).returncode


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_when_who_starts_and_drills_it_is_stopped_meanwhile_it_stops(
    state: Path, number: signal.Signals
) -> None:
    command = [*COMMAND, "up", "--detach", "--port", "0", "--state", str(state)]
    with subprocess.Popen(command, cwd=state.parent, stdout=subprocess.PIPE, text=True) as starting:
        assert starting.stdout is not None
        assert any(line.startswith("gateway") for line in starting.stdout)
        pid = supervisor(state)
        starting.send_signal(number)
        said = starting.stdout.read()
        assert starting.wait() == (-number if number is signal.SIGKILL else 130)
    assert "Stop:" not in said
    until(lambda: not alive(pid))
    assert Folder(state).holder() is None


def test_one_whose_supervisor_was_killed_can_be_started_again_at_once(platform: Start) -> None:
    running = platform()
    assert chat(running, running.token()) == 200
    chance = random.Random(7)  # noqa: S311  # which moments
    for _ in range(4):
        time.sleep(chance.random())
        os.kill(running.status()["pid"], signal.SIGKILL)
        again = running.run("up", "--detach", "--no-drill", "--port", "0")
        assert again.returncode == 0, again.stderr
    assert running.run("ledger", "verify").returncode == 0


def test_a_worker_that_hangs_does_not_outlive_its_supervisor(platform: Start) -> None:
    """It would hold the listener, and with it the port."""
    running = platform("--port", str(free_port()))
    serving = process(running, "worker", "serving")["pid"]
    told = running.status()
    os.kill(serving, signal.SIGSTOP)
    os.kill(told["pid"], signal.SIGKILL)
    until(lambda: not any(alive(p["pid"]) for p in told["processes"]))
    again = running.run("up", "--detach", "--no-drill", "--port", str(running.port))
    assert again.returncode == 0, again.stderr


def another(running: Platform, pid: int) -> int:
    """Return the sealer's id once one is ready that is not this one, which the status may still name."""
    found = int(process(running, "sealer", "ready")["pid"])
    return found if found != pid else 0


def test_an_orderly_end_seals_everything_although_the_sealer_is_between_two_starts(platform: Start) -> None:
    running = platform()
    token = running.token()
    pid = 0
    for _ in range(4):  # each time it is longer away
        pid = until(partial(another, running, pid))
        os.kill(pid, signal.SIGKILL)
        until(partial(gone, pid))
    assert [chat(running, token) for _ in range(3)] == [200] * 3
    assert running.run("down").returncode == 0
    assert len(query(running, "--kind", "gateway.request.completed")) == 3
    assert running.run("ledger", "verify").returncode == 0


def test_down_stops_one_that_is_still_starting(state: Path) -> None:
    with up(state) as starting:
        pid = supervisor(state)
        down = subprocess.run([*COMMAND, "down", "--state", str(state)], cwd=state.parent, check=False)
        assert down.returncode == 0
        assert not alive(pid)
        starting.communicate(timeout=240)


def test_who_asks_how_it_is_while_it_starts_gets_an_answer(state: Path) -> None:
    with up(state) as starting:
        answers: list[subprocess.CompletedProcess[str]] = []

        def ask() -> None:
            command = [*COMMAND, "status", "--state", str(state)]
            answers.append(
                subprocess.run(command, cwd=state.parent, capture_output=True, text=True, check=False)
            )

        while starting.poll() is None:
            thread = threading.Thread(target=ask)
            thread.start()
            thread.join()
        starting.communicate()
    assert starting.returncode == 0
    assert answers
    assert not [answer.stderr for answer in answers if "Traceback" in answer.stderr]
