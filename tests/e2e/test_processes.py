"""Processes die, and what was promised holds: requests are served, nothing admitted is lost, the end is orderly."""

import json
import os
import re
import signal
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.client import HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import Any, Self

import pytest

from bartizan.isolation.kernel import landlock_version
from tests.e2e.conftest import COMMAND, Platform, Start, bartizan

pytestmark = pytest.mark.slow

CHAT = {"model": "sample", "messages": [{"role": "user", "content": "hi"}]}
PATIENCE_S = 120
"""Seconds in which anything must have happened on a busy machine; nothing waits longer than it takes."""


def process(platform: Platform, kind: str, state: str = "") -> dict[str, Any]:
    """Return a process of this kind, in this state if one is named, as soon as there is one."""

    def look() -> dict[str, Any] | None:
        there = (p for p in platform.status()["processes"] if p["kind"] == kind and state in ("", p["state"]))
        return next(there, None)

    found: dict[str, Any] = until(look)
    return found


def confined(found: dict[str, Any]) -> bool:
    """Return whether a process is confined as it says, and as the kernel says."""
    shown = Path(f"/proc/{found['pid']}/status").read_text()
    filtered = re.search(r"^Seccomp:\t2$", shown, re.MULTILINE) is not None
    return filtered and bool(found["seccomp"]) and found["landlock"] == landlock_version()


def until(look: Callable[[], Any], seconds: int = PATIENCE_S) -> Any:  # noqa: ANN401  # whatever is looked for
    """Return what `look` finds, once it finds something."""
    for _ in range(seconds * 20):
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("it did not happen")


@contextmanager
def asking(platform: Platform, token: str, body: dict[str, Any]) -> Iterator[HTTPResponse]:
    """Yield the answer to a chat request on a connection of its own."""
    context = ssl.create_default_context(cafile=str(platform.authority))
    connection = HTTPSConnection("localhost", platform.port, timeout=60, context=context)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    try:
        connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
        yield connection.getresponse()
    finally:
        connection.close()


def chat(platform: Platform, token: str) -> int:
    """Return the status of a chat request."""
    with asking(platform, token, CHAT) as answer:
        answer.read()
        return answer.status


def alive(pid: int) -> bool:
    """Return whether a process has not ended; one that its parent has not asked about yet has."""
    try:
        return state_of(pid) != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def state_of(pid: int) -> str:
    """Return the letter that the kernel has for what a process does (proc_pid_stat(5))."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def query(platform: Platform, *words: str) -> list[dict[str, Any]]:
    answer = platform.run("ledger", "query", "--json", "--limit", "5000", *words)
    assert answer.returncode == 0, answer.stderr
    found: list[dict[str, Any]] = json.loads(answer.stdout)
    return found


def test_whatever_process_dies_is_replaced_and_requests_are_served(platform: Start) -> None:
    """Each in its turn on one platform, so that no other died of it."""
    running = platform()
    token = running.token()
    assert chat(running, token) == 200
    killed: list[tuple[str, int]] = []

    def died() -> list[tuple[str, int]]:
        entries = query(running, "--kind", "platform.process.died")
        return [(entry["subject"], entry["detail"]["signal"]) for entry in entries]

    def replaced(pid: int) -> bool:
        return not alive(pid) and all(one["pid"] != pid for one in running.status()["processes"])

    for kind in ("worker", "dialer", "sample", "control", "sealer"):
        before = process(running, kind, "serving" if kind == "worker" else "ready")
        os.kill(before["pid"], signal.SIGKILL)
        killed.append((kind, signal.SIGKILL))
        until(partial(replaced, before["pid"]))
        process(running, kind, "serving" if kind == "worker" else "ready")
        assert chat(running, token) == 200
        assert running.token()
        until(lambda: len(died()) == len(killed))
        assert died() == killed
        verified = running.run("ledger", "verify")
        assert verified.returncode == 0, f"{kind}: {verified.stdout}{verified.stderr}"


class Crowd:
    """Six clients that ask without end, each time on a new connection."""

    def __init__(self, platform: Platform) -> None:
        self._platform, self._token = platform, platform.token()
        self._stop = threading.Event()
        self.answered: list[int] = []
        self.refused = 0

    def __enter__(self) -> Self:
        self._threads = [threading.Thread(target=self._ask) for _ in range(6)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        while not self._stop.is_set():
            try:
                self.answered.append(chat(self._platform, self._token))
            except ConnectionRefusedError:
                self.refused += 1
            except (OSError, HTTPException):
                continue  # its worker was killed under it


def test_killing_workers_under_load_loses_no_admitted_request(platform: Start) -> None:
    running = platform()
    with Crowd(running) as crowd:
        for _ in range(3):
            time.sleep(0.7)
            os.kill(process(running, "worker", "serving")["pid"], signal.SIGKILL)
        until(lambda: crowd.answered.count(200) > 20)
    assert crowd.refused == 0

    def settled() -> dict[str, str]:
        completed = query(running, "--kind", "gateway.request.completed")
        outcomes = {e["subject"]: e["outcome"] for e in completed}
        admitted = {e["subject"] for e in query(running, "--kind", "gateway.request.admitted")}
        return outcomes if set(outcomes) == admitted else {}

    outcomes = until(settled)
    assert list(outcomes.values()).count("done") >= crowd.answered.count(200)


def test_down_lets_an_open_stream_finish(platform: Start) -> None:
    running = platform()
    body = {"model": "sample", "stream": True, "messages": [{"role": "user", "content": "Count to twenty."}]}
    with asking(running, running.token(), body) as answer:
        first = answer.readline()
        ending = threading.Thread(target=lambda: running.run("down"))
        ending.start()
        rest = answer.read()
    ending.join()
    assert first.startswith(b"data: ")
    assert rest.endswith(b"data: [DONE]\n\n")
    (completed,) = query(running, "--kind", "gateway.request.completed")
    assert completed["outcome"] == "done"


def test_nothing_is_left_when_the_supervisor_is_killed(platform: Start) -> None:
    running = platform()
    assert chat(running, running.token()) == 200
    told = running.status()
    os.kill(told["pid"], signal.SIGKILL)
    until(lambda: not any(alive(p["pid"]) for p in told["processes"]))
    verified = running.run("ledger", "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    again = running.run("up", "--detach", "--no-drill", "--port", "0")
    assert again.returncode == 0, again.stderr
    assert running.run("ledger", "verify").returncode == 0
    assert len(query(running, "--kind", "gateway.request.admitted")) == 1


def test_a_platform_in_the_foreground_ends_with_its_command(platform: Start) -> None:
    running = platform()
    assert running.run("down").returncode == 0
    command = [*COMMAND, "up", "--no-drill", "--port", "0", "--state", str(running.state)]
    with subprocess.Popen(command, cwd=running.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as up:
        assert up.stdout is not None
        until(lambda: (running.state / "run" / "status.json").exists() or None)
        told = until(lambda: running.status() if running.status()["accepting"] else None)
        up.kill()
        up.communicate()
    until(lambda: not any(alive(p["pid"]) for p in [*told["processes"], {"pid": told["pid"]}]))


def test_a_second_platform_on_the_same_state_is_refused(shared_platform: Platform) -> None:
    running = shared_platform
    second = running.run("up", "--detach", "--no-drill", "--port", "0")
    assert second.returncode == 2, second.stderr
    assert "running" in second.stderr
    assert "Traceback" not in second.stderr
    assert running.run("reset", "--yes").returncode == 2
    assert chat(running, running.token()) == 200


def test_a_second_platform_on_the_same_port_is_told_who_holds_it(
    shared_platform: Platform, tmp_path: Path
) -> None:
    running = shared_platform
    words = ("up", "--detach", "--no-drill", "--port", str(running.port), "--state", str(tmp_path / "other"))
    second = bartizan(*words, folder=tmp_path)
    assert second.returncode == 2, second.stderr
    assert "--port" in second.stderr
    assert str(running.status()["pid"]) in second.stderr


def test_a_supervisor_that_hangs_is_not_shown_as_if_it_served(shared_platform: Platform) -> None:
    running = shared_platform
    assert "NOT ANSWERING" not in running.run("status").stdout
    pid, told = running.status()["pid"], running.state / "run" / "status.json"
    os.kill(pid, signal.SIGSTOP)
    try:
        until(lambda: state_of(pid) == "T")  # till then it may still say something
        long_ago = time.time() - 60
        os.utime(told, (long_ago, long_ago))
        said = running.run("status").stdout
    finally:
        os.kill(pid, signal.SIGCONT)
    assert re.search(f"NOT ANSWERING: process {pid} has said nothing for [6-9][0-9] s", said)
    until(lambda: "NOT ANSWERING" not in running.run("status").stdout)
