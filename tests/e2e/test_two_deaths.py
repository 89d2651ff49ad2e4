"""Two processes die within moments of each other, in any order: nothing that is written afterwards is lost.

Once, a worker got a segment while a new sealer was starting, which took the empty file for a leftover and
removed it; the worker then wrote to a file without a name.
"""

import os
import signal
import time
from functools import partial
from pathlib import Path

import pytest

from bench.bed.crowd import Load, configured, require_accounted
from tests.e2e.conftest import Platform, Start
from tests.e2e.test_dialer import descriptors
from tests.e2e.test_processes import process, until

pytestmark = pytest.mark.slow

PAUSES_S = (0.15, 0.3)


def whole(running: Platform, dead: set[int]) -> bool:
    """Return whether every process is there, and none of the dead."""
    if dead & {p["pid"] for p in running.status()["processes"]}:
        return False
    states = sorted(
        (p["kind"], p["state"]) for p in running.status()["processes"] if Path(f"/proc/{p['pid']}").exists()
    )
    inspector = [("inspector", "ready")] if running.status()["guard"] else []
    return states == [
        ("control", "ready"),
        ("dialer", "ready"),
        *inspector,
        ("sample", "ready"),
        ("sealer", "ready"),
        ("worker", "ready"),
        ("worker", "serving"),
    ]


@pytest.mark.parametrize(
    ("first", "second"), [("sealer", "worker"), ("worker", "sealer"), ("sealer", "control")]
)
def test_nothing_is_lost(platform: Start, first: str, second: str) -> None:
    with configured() as configuration:
        running = platform(configuration=configuration)
        with Load(running.port, [running.token()], clients=2) as load:
            dead: set[int] = set()
            for pause in PAUSES_S:
                until(partial(whole, running, dead))
                kinds = {
                    k: process(running, k, "serving" if k == "worker" else "ready")["pid"]
                    for k in (first, second)
                }
                os.kill(kinds[first], signal.SIGKILL)
                time.sleep(pause)
                os.kill(kinds[second], signal.SIGKILL)
                dead = set(kinds.values())
            until(partial(whole, running, dead))
            # the spare that started last serves now: what it writes must arrive too
            dead = {process(running, "worker", "serving")["pid"]}
            os.kill(dead.copy().pop(), signal.SIGKILL)
            until(partial(whole, running, dead))
        assert running.run("down").returncode == 0
        require_accounted(running.state, load.answered)
        assert running.run("ledger", "verify").returncode == 0


def test_when_all_die_at_once_all_come_back(platform: Start) -> None:
    running = platform()
    supervisor = running.status()["pid"]
    until(partial(whole, running, set()))
    before = descriptors(supervisor)
    for _ in range(3):
        dead = {one["pid"] for one in running.status()["processes"]}
        for pid in dead:
            os.kill(pid, signal.SIGKILL)
        until(partial(whole, running, dead))
    until(lambda: descriptors(supervisor) == before)
    assert running.run("ledger", "verify").returncode == 0
