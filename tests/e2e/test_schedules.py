"""Schedules of a real platform: what runs by itself, what its owner runs, and what becomes of it when it is cut off."""

import json
import os
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from bartizan.app.folder import Folder
from bartizan.app.owner import Owner
from tests.e2e import adjusted, conftest
from tests.e2e.conftest import Platform, start
from tests.e2e.test_processes import chat, process, until
from tests.http.runs import children

pytestmark = pytest.mark.slow

ENOUGH = 10
"""Requests in the middle of a run; far more would be beyond what one principal may ask."""
CONFIGURATION = """
[[schedule]]
run = "drill"
every = "7d"
name = "weekly"
at = "03:00"
"""


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    """Yield a platform that looks soon after its start whether something is due."""
    settings = {"SETTLE_S": 0, "JITTER_S": 0, "LOOK_S": 0.1}
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        patch.setattr(conftest, "COMMAND", adjusted.command(bartizan__app__schedule__keep=settings))
        yield start(stack, configuration=CONFIGURATION)


def listed(platform: Platform) -> dict[str, dict[str, Any]]:
    answer = platform.run("schedule", "list", "--json")
    assert answer.returncode in {0, 1}, answer.stderr
    return {each["name"]: each for each in json.loads(answer.stdout)}


def gone(pid: int) -> bool:
    """Return whether a process has ended, waited for or not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in {"Z", "X"}
    except OSError:
        return True


def ended(platform: Platform) -> dict[str, dict[str, Any]] | None:
    """Return every schedule, once each that is on has run and none is running."""
    found = listed(platform)
    done = ((each["outcome"] or not each["every"]) and not each["running"] for each in found.values())
    return found if all(done) else None


@contextmanager
def running(platform: Platform, name: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Yield the command that runs a schedule and waits for its end."""
    words = (*conftest.COMMAND, "schedule", "run", name, "--state", str(platform.state))
    with subprocess.Popen(
        words, cwd=platform.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as asking:
        yield asking


def record(platform: Platform, kind: str, *more: str) -> list[dict[str, Any]]:
    answer = platform.run("ledger", "query", "--json", "--kind", kind, *more)
    assert answer.returncode == 0, answer.stderr
    found: list[dict[str, Any]] = json.loads(answer.stdout)
    return found


def test_what_is_due_runs_by_itself_and_is_on_record(platform: Platform) -> None:
    """The audit by default, the drill as configured."""
    found = until(lambda: ended(platform))
    assert (found["audit"]["outcome"], found["audit"]["by"]) == ("done", "time")
    undecided = [each for each in record(platform, "drill.attack.tried") if each["outcome"] == "failed"]
    drilled = "failed" if undecided else "done"  # on a busy machine an attack may be undecided
    assert found["weekly"]["outcome"] == drilled
    assert undecided or found["weekly"]["due"].endswith("T03:00:00+00:00")
    runs = {(each["subject"], each["outcome"]) for each in record(platform, "platform.schedule.finished")}
    assert runs == {("audit", "done"), ("weekly", drilled)}
    (verified,) = record(platform, "compliance.ledger.verified")
    assert (verified["outcome"], verified["control"], verified["detail"]["faults"]) == (
        "cleared",
        "ledger.intact",
        0,
    )
    assert {each["outcome"] for each in record(platform, "drill.run.finished")} == {"done"}
    assert platform.run("status").returncode == 0


def test_requests_are_answered_while_the_drill_runs(platform: Platform) -> None:
    until(lambda: ended(platform))
    token = platform.token()
    owner, served = Owner(Folder(platform.state)), 0
    with running(platform, "weekly") as asking:
        until(lambda: runs(owner, "weekly") or asking.poll() is not None)
        while runs(owner, "weekly") and served < ENOUGH:
            assert owner.token("user.owner", "bartizan:gateway", 60).expires_in == 60
            assert chat(platform, token) == 200
            served += runs(owner, "weekly")
        said, _ = asking.communicate(timeout=240)
    assert served, "the drill had ended before anything was asked"
    assert said.startswith(b"weekly: ")


def runs(owner: Owner, name: str) -> bool:
    return any(each.running for each in owner.schedules() if each.name == name)


def test_the_owner_runs_one_now_and_is_told_how_it_went(platform: Platform) -> None:
    until(lambda: ended(platform))
    answer = platform.run("schedule", "run", "audit")
    assert (answer.returncode, answer.stdout.split(",")[0]) == (0, "audit: done"), answer.stderr
    assert listed(platform)["audit"]["by"] == "owner"
    shown = platform.run("schedule", "list").stdout
    assert "weekly (drill)  7 d at 03:00Z" in shown


@pytest.mark.parametrize("name", ["nightly", "--json"])
def test_a_name_that_is_none_is_a_mistake_of_usage(platform: Platform, name: str) -> None:
    answer = platform.run("schedule", "run", name)
    assert answer.returncode == 2
    assert "Traceback" not in answer.stderr


def test_an_audit_that_is_cut_off_has_failed_and_control_serves_again(platform: Platform) -> None:
    """Control is killed while it waits for a run; both die, and the next one tells of it."""
    until(lambda: ended(platform))
    control = process(platform, "control", "ready")["pid"]
    before = listed(platform)["audit"]["runs"]
    with running(platform, "audit") as asking:
        run = until(lambda: [pid for pid in children(control) if os.getpriority(os.PRIO_PROCESS, pid)])
        os.kill(run[0], signal.SIGSTOP)  # it hangs, and it is past what it does first
        os.kill(control, signal.SIGKILL)
        asking.communicate(timeout=240)
    until(lambda: gone(run[0]))
    until(lambda: process(platform, "control", "ready")["pid"] != control)
    found = until(lambda: after(platform, before))
    assert (found["outcome"], found["reason"]) == ("failed", "interrupted")
    assert platform.run("schedule", "run", "audit").returncode == 0


def after(platform: Platform, runs: int) -> dict[str, Any] | None:
    """Return what is told of the audit, once one more has ended."""
    answer = platform.run("schedule", "list", "--json")
    if answer.returncode not in {0, 1}:
        return None
    found: dict[str, Any] = next(each for each in json.loads(answer.stdout) if each["name"] == "audit")
    return found if found["runs"] > runs and not found["running"] else None


def test_a_record_that_was_altered_is_found_by_the_audit(platform: Platform) -> None:
    """Last: the ledger is not what it was any more."""
    until(lambda: ended(platform))
    with closing(sqlite3.connect(platform.state / "ledger" / "tree.db", timeout=240)) as tree:
        (number, entry) = tree.execute(
            "SELECT number, entry FROM entries WHERE number >= 0 ORDER BY number"
        ).fetchone()
        edited = bytes(entry).replace(b'"outcome":"done"', b'"outcome":"deni"', 1)
        assert edited != entry
        tree.execute("UPDATE entries SET entry = ? WHERE number = ?", (edited, number))
        tree.commit()
    answer = platform.run("schedule", "run", "audit")
    assert (answer.returncode, "found something" in answer.stdout) == (1, True), answer.stderr
    found = record(platform, "compliance.ledger.verified")[-1]
    assert (found["outcome"], found["control"]) == ("found", "ledger.intact")
    assert found["detail"]["faults"] >= 1
