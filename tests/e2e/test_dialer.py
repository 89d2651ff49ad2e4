"""Connections to services: while the dialer is replaced requests wait, and thousands of them leave nothing behind."""

import os
import select
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.client import HTTPConnection
from pathlib import Path

import pytest

from bench.bed.crowd import CHAT, Load, configured
from tests.e2e.conftest import Platform, Start
from tests.e2e.test_processes import process, until

pytestmark = pytest.mark.slow


def descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def another(running: Platform, pid: int) -> bool:
    return int(process(running, "dialer", "ready")["pid"]) != pid


def test_requests_wait_while_the_dialer_is_replaced(platform: Start) -> None:
    with configured(closes=True) as configuration:
        running = platform(configuration=configuration)
        with Load(running.port, [running.token()]) as load:
            for _ in range(3):
                time.sleep(0.5)
                pid = process(running, "dialer", "ready")["pid"]
                os.kill(pid, signal.SIGKILL)
                until(partial(another, running, pid))
            until(lambda: len(load.answered) > 200)
        assert not load.statuses
        assert load.failed == load.refused == 0


def test_a_thousand_connections_and_a_hundred_states_leave_no_descriptor_behind(platform: Start) -> None:
    with configured(closes=True) as configuration:
        running = platform(configuration=configuration)
        told = running.status()
        pids = {
            "supervisor": told["pid"],
            **{p["kind"]: p["pid"] for p in told["processes"] if p["state"] != "ready"},
        }
        pids |= {p["kind"]: p["pid"] for p in told["processes"] if p["kind"] != "worker"}
        assert any(_leaves_nothing(running, pids) for _ in range(4))


def _leaves_nothing(running: Platform, pids: dict[str, int]) -> bool:
    """Return whether a thousand connections end with as many descriptors as before; what is opened once is opened in some round."""
    with Load(running.port, [running.token()]) as load:
        until(lambda: len(load.answered) > 100)
        before = {kind: descriptors(pid) for kind, pid in pids.items()}
        until(lambda: len(load.answered) > 1100)
    assert not load.statuses
    for _ in range(200):
        if all(descriptors(pid) <= before[kind] for kind, pid in pids.items()):
            return True
        time.sleep(0.1)
    return False


@contextmanager
def black_hole() -> Iterator[int]:
    """Yield a port that takes no connection and refuses none: its queue is full."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port = int(listener.getsockname()[1])
        waiting = [socket.socket() for _ in range(8)]
        for end in waiting:
            end.setblocking(False)
            end.connect_ex(("127.0.0.1", port))
        yield port
        for end in waiting:
            end.close()


def test_a_service_that_does_not_answer_keeps_no_other_waiting(platform: Start) -> None:
    with black_hole() as dead, configured(closes=True) as configuration:
        more = f'[[service]]\nname = "dead"\nupstream = "http://127.0.0.1:{dead}/v1"\nallow_private = ["127.0.0.1:{dead}"]\n'
        running = platform(configuration=f"{configuration}{more}")
        token = running.token()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        stuck = [HTTPConnection("localhost", running.port, timeout=60) for _ in range(40)]
        for connection in stuck:
            connection.request("POST", "/dead/v1/chat/completions", CHAT, headers)
        with Load(running.port, [token], clients=2) as load:
            until(lambda: len(load.answered) > 20)
        # nobody has given up on the other service yet, which is what would let these through
        assert not select.select([connection.sock for connection in stuck], [], [], 0)[0]
        for connection in stuck:
            connection.close()
