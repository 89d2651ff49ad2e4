"""Without the control process workers serve for half a minute and no longer, however often it fails to start.

The half minute is three seconds here.
"""

import os
import signal
import time
from functools import partial

import pytest

from tests.e2e import adjusted, conftest
from tests.e2e.conftest import Platform, Start
from tests.e2e.test_processes import chat, process, until

pytestmark = pytest.mark.slow

AWAY_S = 3


@pytest.fixture(autouse=True)
def shorter(monkeypatch: pytest.MonkeyPatch) -> None:
    command = adjusted.command(bartizan__app__freshness={"ALONE": AWAY_S * 10**9})
    monkeypatch.setattr(conftest, "COMMAND", command)


def remove_control(running: Platform) -> None:
    """End the control process, and keep every later one from starting."""
    key = running.state / "keys" / "token.pem"
    key.rename(key.with_suffix(".kept"))
    key.write_text("not a key\n")
    key.chmod(0o600)
    os.kill(process(running, "control", "ready")["pid"], signal.SIGKILL)


def restore_control(running: Platform) -> None:
    key = running.state / "keys" / "token.pem"
    key.with_suffix(".kept").rename(key)


def another(running: Platform, pid: int) -> bool:
    return int(process(running, "worker", "serving")["pid"]) != pid


def test_failed_starts_of_control_buy_no_time(platform: Start) -> None:
    running = platform()
    token = running.token()
    began = time.monotonic()
    remove_control(running)
    served = chat(running, token)
    assert served == 200 or time.monotonic() - began > AWAY_S  # a machine that stalls may be as long away
    time.sleep(AWAY_S + 0.5)  # it has been started, and has failed, several times by now
    assert chat(running, token) == 503
    restore_control(running)
    until(lambda: chat(running, token) == 200)


def test_a_worker_that_starts_meanwhile_gets_no_time_of_its_own(platform: Start) -> None:
    running = platform()
    token = running.token()
    remove_control(running)
    time.sleep(AWAY_S - 1)
    for _ in range(2):  # so that the one that serves has started after control left
        before = process(running, "worker", "serving")["pid"]
        process(running, "worker", "ready")
        os.kill(before, signal.SIGKILL)
        until(partial(another, running, before))
    time.sleep(1.5)
    assert chat(running, token) == 503
