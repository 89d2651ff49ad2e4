"""Schedules of a real platform: what runs by itself, what its owner runs, and what becomes of it when it is cut off."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import adjusted, conftest
from tests.e2e.conftest import Platform, start
from tests.e2e.test_processes import chat, process, until
from tests.http.runs import children

pytestmark = pytest.mark.slow

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


def record(platform: Platform, kind: str, *more: str) -> list[dict[str, Any]]:
    answer = platform.run("ledger", "query", "--json", "--kind", kind, *more)
    assert answer.returncode == 0, answer.stderr
    found: list[dict[str, Any]] = json.loads(answer.stdout)
    return found


def test_what_is_due_runs_by_itself_beside_requests_and_is_on_record(platform: Platform) -> None:
    """The audit by default, the drill as configured: both at once, while the workers serve."""
    token = platform.token()
    served = 0
    while not all(each["outcome"] for each in listed(platform).values()):
        assert chat(platform, token) == 200
        served += 1
    assert served
    found = listed(platform)
    assert (found["audit"]["outcome"], found["audit"]["by"]) == ("done", "time")
    assert found["weekly"]["outcome"] == "done", platform.run("status").stdout
    assert found["weekly"]["due"].endswith("T03:00:00+00:00")
    runs = {(each["subject"], each["outcome"]) for each in record(platform, "platform.schedule.finished")}
    assert runs == {("audit", "done"), ("weekly", "done")}
    (verified,) = record(platform, "compliance.ledger.verified")
    assert (verified["outcome"], verified["control"], verified["detail"]["faults"]) == (
        "cleared",
        "ledger.intact",
        0,
    )
    assert {each["outcome"] for each in record(platform, "drill.run.finished")} == {"done"}
    assert platform.run("status").returncode == 0


def test_the_owner_runs_one_now_and_is_told_how_it_went(platform: Platform) -> None:
    until(lambda: not any(each["running"] for each in listed(platform).values()))
    answer = platform.run("schedule", "run", "audit")
    assert (answer.returncode, answer.stdout.split(",")[0]) == (0, "audit: done"), answer.stderr
    assert listed(platform)["audit"]["by"] == "owner"
    shown = platform.run("schedule", "list").stdout
    assert "weekly (drill)  7 d at 03:00Z" in shown


@pytest.mark.parametrize("name", ["nightly", "--json", "--help=x", "../audit", "Audit"])
def test_a_name_that_is_none_is_a_mistake_of_usage(platform: Platform, name: str) -> None:
    answer = platform.run("schedule", "run", name)
    assert answer.returncode == 2
    assert "Traceback" not in answer.stderr


def test_an_audit_that_is_cut_off_has_failed_and_control_serves_again(platform: Platform) -> None:
    """Control is killed while it waits for a run; both die, and the next one tells of it."""
    until(lambda: not any(each["running"] for each in listed(platform).values()))
    control = process(platform, "control", "ready")["pid"]
    runs = listed(platform)["audit"]["runs"]
    answer = platform.run("schedule", "run", "--help")
    assert answer.returncode == 0
    with ExitStack() as stack:
        import subprocess  # noqa: PLC0415

        words = (*conftest.COMMAND, "schedule", "run", "audit", "--state", str(platform.state))
        asking = stack.enter_context(
            subprocess.Popen(words, cwd=platform.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        )
        run = until(lambda: children(control))
        os.kill(run[0], signal.SIGSTOP)  # it hangs
        os.kill(control, signal.SIGKILL)
        asking.communicate(timeout=60)
    until(lambda: not Path(f"/proc/{run[0]}").exists())
    until(lambda: process(platform, "control", "ready")["pid"] != control)
    found = until(lambda: _ended(platform, runs))
    assert (found["outcome"], found["reason"]) == ("failed", "interrupted")
    assert platform.run("schedule", "run", "audit").returncode == 0


def _ended(platform: Platform, runs: int) -> dict[str, Any] | None:
    answer = platform.run("schedule", "list", "--json")
    if answer.returncode not in {0, 1}:
        return None
    found: dict[str, Any] = next(each for each in json.loads(answer.stdout) if each["name"] == "audit")
    return found if found["runs"] > runs and not found["running"] else None


def test_a_record_that_was_altered_is_found_by_the_audit(platform: Platform) -> None:
    """Last: the ledger is not what it was any more."""
    import sqlite3  # noqa: PLC0415
    from contextlib import closing  # noqa: PLC0415

    until(lambda: not any(each["running"] for each in listed(platform).values()))
    with closing(sqlite3.connect(platform.state / "ledger" / "tree.db", timeout=30)) as tree:
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
