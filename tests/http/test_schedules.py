"""Schedules in a real control process: served while something runs, and nothing lost when it dies in the middle."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from tests.http.platform import Control
from tests.http.runs import AUDIT, DRILL, LAUNCH, began, children, let_go, shown, until

pytestmark = pytest.mark.slow


@pytest.fixture
def control(tmp_path: Path) -> Iterator[Control]:
    with Control(tmp_path / ".bartizan", schedules=(AUDIT, DRILL), launch=LAUNCH) as running:
        yield running


def again(control: Control) -> Control:
    """Return the next process on the same state."""
    return Control(control.folder.root, schedules=(AUDIT, DRILL), launch=LAUNCH)


def start(control: Control, name: str = "audit") -> None:
    before = began(control, name)
    answer = control.ask("POST", f"/admin/v1/schedules/{name}/runs")
    assert answer.status == 202, answer.body
    assert answer.json["running"]
    until(lambda: began(control, name) > before)


def ended(control: Control) -> bool:
    return not shown(control, "audit")["running"]


def ends(control: Control, name: str, status: int) -> dict[str, object]:
    let_go(control, name, status)
    until(lambda: not shown(control, name)["running"])
    return shown(control, name)


def test_requests_are_answered_while_something_runs(control: Control) -> None:
    start(control, "audit")
    start(control, "drill")
    for _ in range(20):
        assert control.ask("POST", "/admin/v1/tokens").status == 200
        assert control.ask("GET", "/admin/v1/status").status == 200
        assert control.ask("GET", "/.well-known/oauth-authorization-server", of="control").status == 200
    assert shown(control, "audit")["running"]
    assert ends(control, "audit", 0)["outcome"] == "done"
    assert ends(control, "drill", 10)["outcome"] == "found"


def test_each_run_is_on_record_with_who_asked_for_it_and_how_it_ended(control: Control) -> None:
    start(control)
    ends(control, "audit", 0)
    start(control)
    failed = ends(control, "audit", 3)
    assert (failed["outcome"], failed["reason"], failed["status"]) == ("failed", "status", 3)
    assert failed["good"] != failed["started"]
    events = [event for event in control.events() if event.kind.startswith("platform.schedule")]
    told = [(e.kind.rpartition(".")[2], e.actor, e.subject, e.outcome.value) for e in events]
    assert told == [
        ("set", "platform", "audit", "done"),
        ("set", "platform", "drill", "done"),
        ("started", "owner", "audit", "done"),
        ("finished", "platform", "audit", "done"),
        ("started", "owner", "audit", "done"),
        ("finished", "platform", "audit", "failed"),
    ]


def test_a_run_dies_with_control_and_the_next_one_says_so(control: Control) -> None:
    start(control)
    (run,) = children(control.process.pid)
    os.kill(control.process.pid, signal.SIGKILL)
    control.process.wait(60)
    until(lambda: not Path(f"/proc/{run}").exists() or run not in children(1))
    with again(control) as after:
        until(lambda: not shown(after, "audit")["running"])
        told = shown(after, "audit")
        assert (told["outcome"], told["reason"], told["good"], told["runs"]) == (
            "failed",
            "interrupted",
            0,
            1,
        )
        (ended,) = [event for event in after.events() if event.kind == "platform.schedule.finished"]
        assert (ended.outcome.value, ended.detail["reason"]) == ("failed", "interrupted")


def test_kills_in_the_middle_repeat_no_run_and_lose_none(control: Control) -> None:
    running = control
    with ExitStack() as stack:
        for number in range(1, 4):
            start(running)
            os.kill(running.process.pid, signal.SIGKILL)
            running.process.wait(60)
            running = stack.enter_context(again(control))
            until(partial(ended, running))
            assert shown(running, "audit")["runs"] == number
            assert began(control, "audit") == number


def test_an_end_in_order_ends_the_run_and_says_so_before_the_journal_is_closed(control: Control) -> None:
    start(control)
    (run,) = children(control.process.pid)
    assert control.end() == 0
    assert not Path(f"/proc/{run}").exists()
    assert control.kinds()[-2:] == ["platform.schedule.finished", "ledger.segment.closed"]


def test_what_runs_already_is_refused_and_says_so(control: Control) -> None:
    start(control)
    busy = control.ask("POST", "/admin/v1/schedules/audit/runs")
    assert (busy.status, busy.json["reason"]) == (409, "schedule-busy")
    assert "audit is running" in busy.json["detail"]
    assert len(children(control.process.pid)) == 1
    assert control.kinds().count("platform.schedule.started") == 1


def test_a_schedule_that_there_is_not_is_named_by_nobody(control: Control) -> None:
    for name in ("nightly", "--json", "..%2Faudit", "%00", "audit%0a", "x" * 2000):
        answer = control.ask("POST", f"/admin/v1/schedules/{name}/runs")
        assert answer.status == 404
        assert answer.json["reason"] in {"schedule-unknown", "not-found"}
        assert name not in answer.body.decode()
    assert "platform.schedule.started" not in control.kinds()
