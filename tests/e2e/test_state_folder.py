"""A state folder goes on where it was: after the clock was set back, on another disk, after any end; or is deleted whole."""

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.e2e import adjusted, conftest
from tests.e2e.conftest import COMMAND, Platform, Start
from tests.e2e.test_processes import alive, chat, query, until

pytestmark = pytest.mark.slow

DAY_S = 86_400


def up(running: Platform) -> Platform:
    """Start a platform on the state again; it takes another port."""
    answer = running.run("up", "--detach", "--no-drill", "--port", "0")
    assert answer.returncode == 0, answer.stderr
    return Platform(running.state, int(running.status()["listen"].rpartition(":")[2]), running.folder, {})


@pytest.mark.parametrize("days", [-1, 3])
def test_a_clock_that_was_set_between_two_runs_harms_nothing(
    platform: Start, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    running = platform()
    assert chat(running, running.token()) == 200
    remembered = running.state / "ledger" / "checkpoint"
    kept = running.folder / "kept"
    shutil.copy(remembered, kept)
    assert running.run("down").returncode == 0
    monkeypatch.setattr(conftest, "COMMAND", adjusted.command(shift_s=days * DAY_S))
    running = up(running)
    assert running.token()
    if days < 0:  # else its certificate is not valid yet for the client of this test, whose clock is right
        assert chat(running, running.token()) == 200
    assert running.run("down").returncode == 0
    monkeypatch.undo()
    running = up(running)
    assert chat(running, running.token()) == 200
    assert running.run("ledger", "verify", "--checkpoint", str(kept)).returncode == 0
    segments = [event["detail"]["segment"] for event in query(running, "--kind", "ledger.segment.opened")]
    assert len(set(segments)) == len(segments)
    assert len(query(running, "--kind", "gateway.request.completed")) == 2 + (days < 0)
    assert query(running, "--kind", "ledger.segment.altered") == []


@pytest.mark.parametrize("end", ["down", "killed"])
def test_a_folder_that_was_copied_elsewhere_goes_on_there(platform: Start, tmp_path: Path, end: str) -> None:
    running = platform()
    assert chat(running, running.token()) == 200
    told = running.status()
    if end == "down":
        assert running.run("down").returncode == 0
    else:
        os.kill(told["pid"], signal.SIGKILL)
        until(lambda: not any(alive(p["pid"]) for p in told["processes"]))
    shutil.copytree(running.state, tmp_path / "copy", ignore=shutil.ignore_patterns("*.sock"))
    moved = up(Platform(tmp_path / "copy", 0, tmp_path, {}))
    try:
        assert chat(moved, moved.token()) == 200
        assert moved.run("ledger", "verify").returncode == 0
        assert len(query(moved, "--kind", "gateway.request.completed")) == 2
        assert (moved.state / "ca.pem").read_bytes() == (running.state / "ca.pem").read_bytes()
    finally:
        assert moved.run("down").returncode == 0


def test_reset_and_start_at_once_leave_one_whole_state_or_none(tmp_path: Path) -> None:
    state = tmp_path / "state"
    where = ("--state", str(state))
    for _ in range(3):
        start = [*COMMAND, "up", "--detach", "--no-drill", "--port", "0", *where]
        pipe = subprocess.PIPE
        with subprocess.Popen(start, cwd=tmp_path, stdout=pipe, stderr=pipe, text=True) as starting:
            reset = subprocess.run(
                [*COMMAND, "reset", "--yes", *where],
                cwd=tmp_path,
                capture_output=True,
                text=True,
                check=False,
            )
            _, errors = starting.communicate(timeout=240)
        assert "Traceback" not in reset.stderr + errors
        if starting.returncode == 0:
            told = json.loads((state / "run" / "status.json").read_text())
            running = Platform(state, int(told["listen"].rpartition(":")[2]), tmp_path, {})
            assert chat(running, running.token()) == 200
            assert running.run("down").returncode == 0
