"""A worker that turns on its platform while it serves is ended, or harms nobody but its own clients.

Whatever it says over its channel, floods of it included, and whatever it does to its journal: no other process
is ended by it, the supervisor stays idle and small, the disk does not fill, and the next worker serves.
"""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.attacks.turned import FIRST_WORKER, MISDEEDS
from tests.e2e import conftest
from tests.e2e.conftest import Platform
from tests.e2e.test_processes import chat, process, until

pytestmark = pytest.mark.slow

TURNED = Path(__file__).with_name("turned.py")
ALTERED = {"fill_the_disk", "spoil_the_journal"}
"""Misdeeds that the record shows."""
REASONS = {
    "ask_certificates": "it asks for a second certificate before it has the first",
    "ask_segments": "it wants a segment and has not filled its last",
    "be_ready_again": "it was ready before",
    "claim_the_future": "it has loaded what does not exist",
    "fill_the_disk": "its journal was altered",
    "hang": "it does not answer",
    "mint_without_end": "it does not answer",
    "say_nonsense": "message refused",
    "say_too_much": "message refused",
    "speak_as_control": "message refused",
    "spoil_the_journal": "its journal was altered",
}
"""What the log says, where the supervisor can tell."""


@contextmanager
def turned(misdeed: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    """Yield a platform with such a worker, once that worker is gone."""
    monkeypatch.setattr(conftest, "COMMAND", (sys.executable, "-I", str(TURNED), misdeed, "bartizan"))
    with ExitStack() as stack:
        running = conftest.start(stack)
        before = {p["kind"]: p["pid"] for p in running.status()["processes"]}
        until(lambda: all(p["number"] != FIRST_WORKER for p in running.status()["processes"]))
        process(running, "worker", "serving")
        process(running, "worker", "ready")
        after = {p["kind"]: p["pid"] for p in running.status()["processes"]}
        for kind in ("sealer", "dialer", "control", "sample"):
            assert after[kind] == before[kind], f"{kind} was ended too"
        yield running


@pytest.mark.parametrize("misdeed", sorted(MISDEEDS))
def test_a_worker_that_turns_is_ended_alone_and_the_next_one_serves(
    misdeed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with turned(misdeed, monkeypatch) as running:
        assert chat(running, running.token()) == 200
        supervisor = int(running.status()["pid"])
        assert len([*Path(f"/proc/{supervisor}/fd").iterdir()]) < 60
        assert octets(running.state) < 256 << 20
        assert is_idle(supervisor)
        log = (running.state / "run" / "platform.log").read_text()
        assert "Traceback" not in log
        assert log.count(f"worker {FIRST_WORKER} is ended") <= 1
        assert REASONS.get(misdeed, "") in log
        assert running.run("ledger", "verify").returncode == (1 if misdeed in ALTERED else 0)


def octets(folder: Path) -> int:
    """Return what a folder takes on the disk, reserved space included."""
    return sum(file.stat().st_blocks * 512 for file in folder.rglob("*") if file.is_file())


def is_idle(pid: int) -> bool:
    """Return whether a process uses less than a third of a processor."""

    def ticks() -> int:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    began, before = time.monotonic(), ticks()
    time.sleep(0.6)
    used = (ticks() - before) / os.sysconf("SC_CLK_TCK")
    return used < (time.monotonic() - began) / 3
