"""Segments follow one another under load, and no request falls between two of them."""

import os
import signal
import time
from functools import partial
from pathlib import Path

import pytest

from bench.bed.crowd import Load, configured, require_accounted
from tests.e2e import adjusted, conftest
from tests.e2e.conftest import Platform, Start
from tests.e2e.test_dialer import descriptors
from tests.e2e.test_processes import process, query, until

pytestmark = pytest.mark.slow

# a worker writes some 600 KiB a second here: this leaves the sealer two seconds on a busy machine
SIZES = {"worker": 1 << 20, "control": 4 << 10, "supervisor": 1 << 10}


PATIENCE = {"worker": 50, "control": 50, "dialer": 50, "sealer": 300}
"""Questions: as long as ever, although they are asked ten times as often."""


@pytest.fixture(autouse=True)
def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    command = adjusted.command(
        bartizan__app__segments={"SIZES": SIZES},
        bartizan__app__pulse={"EVERY_SECONDS": 0.2, "PATIENCE": PATIENCE},
    )
    monkeypatch.setattr(conftest, "COMMAND", command)


def another(running: Platform, pid: int) -> bool:
    return int(process(running, "sample", "ready")["pid"]) != pid


def segments(state: Path) -> list[Path]:
    return list((state / "ledger" / "segments").iterdir())


def test_a_worker_goes_from_segment_to_segment_under_load(platform: Start) -> None:
    with configured() as configuration:
        running = platform(configuration=configuration)
        supervisor = running.status()["pid"]
        process(running, "worker", "ready")  # the spare is there
        before = descriptors(supervisor)
        with Load(running.port, [running.token()]) as load:
            until(lambda: len(load.answered) > 6_000, 90)
            os.kill(process(running, "worker", "serving")["pid"], signal.SIGKILL)
            until(lambda: len(load.answered) > 11_000, 90)
        assert load.refused == 0
        assert not load.statuses
        until(lambda: len(segments(running.state)) <= 6)  # the others are sealed and gone
        until(lambda: descriptors(supervisor) <= before + 2)
        assert running.run("down").returncode == 0
        assert require_accounted(running.state, load.answered) > 11_000
        assert running.run("ledger", "verify").returncode == 0
        closed = query(running, "--kind", "ledger.segment.closed")
        assert sum(1 for event in closed if "next" in event["detail"]) > 10
        assert segments(running.state) == []


def test_control_and_the_supervisor_go_from_segment_to_segment(platform: Start) -> None:
    running = platform()
    for _ in range(4):
        sample = process(running, "sample", "ready")["pid"]
        os.kill(sample, signal.SIGKILL)
        for _ in range(2):
            running.token()
        until(partial(another, running, sample))
    assert running.run("down").returncode == 0
    assert running.run("ledger", "verify").returncode == 0
    opened = query(running, "--kind", "ledger.segment.opened")
    writers = [event["detail"]["writer"] for event in opened]
    assert writers.count("control") > 1
    assert writers.count("supervisor") > 1
    assert len(query(running, "--kind", "platform.process.died", "--subject", "sample")) >= 4


def test_a_sealer_that_falls_behind_loses_nothing(platform: Start) -> None:
    with configured() as configuration:
        running = platform(configuration=configuration)
        sealer = process(running, "sealer")["pid"]
        with Load(running.port, [running.token()], clients=2) as load:
            for _ in range(3):
                os.kill(sealer, signal.SIGSTOP)
                time.sleep(0.3)
                os.kill(sealer, signal.SIGCONT)
                time.sleep(0.7)
            until(lambda: len(load.answered) > 300)
        assert process(running, "sealer")["pid"] == sealer
        assert running.run("down").returncode == 0
        assert require_accounted(running.state, load.answered) > 300
