"""What `schedule` and `status` say of runs, for people and for programs."""

import json
from pathlib import Path

import msgspec
import pytest

from bartizan.admin.schedules import Shown
from bartizan.cli import schedule
from bartizan.cli.command import Exit
from bartizan.cli.main import run
from bartizan.clock import DAY, SECOND, Nanoseconds, SystemClock
from bartizan.ledger.event import Outcome
from bartizan.ledger.own import own_segment

NOON = 1_800_000_000 * SECOND
WAITS = Shown(
    "audit", "audit", "verifies", 86_400, -1, NOON + 3600 * SECOND, False, False, 0, 0, 0, 0, "", "", 0, ""
)


def cells(**changed: object) -> tuple[str, ...]:
    return schedule._cells(msgspec.structs.replace(WAITS, **changed), Nanoseconds(NOON))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, ("audit", "1 d", "never", "-", "-", "in 60 min", "")),
        ({"every": 0, "due": 0}, ("audit", "off", "never", "-", "-", "-", "")),
        ({"name": "n", "at": 185, "every": 864_000}, ("n (audit)", "10 d at 03:05Z", "never", "-", "-", "in 60 min", "")),
        ({"running": True, "started": NOON - SECOND, "due": 0}, ("audit", "1 d", "1 s ago", "-", "running", "now", "")),
        (
            {"outcome": "found", "started": NOON - 9 * SECOND, "ended": NOON - 2 * SECOND, "overdue": True},
            ("audit", "1 d", "9 s ago", "7 s", "found something", "in 60 min", "OVERDUE"),
        ),
    ],
)  # fmt: skip
def test_a_row_says_how_it_stands(changed: dict[str, object], said: tuple[str, ...]) -> None:
    assert cells(**changed) == said


@pytest.mark.parametrize(
    ("reason", "status", "said"),
    [
        ("status", 3, "FAILED: status 3"),
        ("signal", 137, "FAILED: signal 9"),
        ("overstayed", 0, "FAILED: overstayed"),
        ("interrupted", 0, "FAILED: interrupted"),
        ("unstartable", 0, "FAILED: unstartable"),
    ],
)
def test_why_a_run_failed_is_said(reason: str, status: int, said: str) -> None:
    assert cells(outcome="failed", reason=reason, status=status)[4] == said


def test_no_way_to_end_is_without_its_code() -> None:
    assert {word: int(code) for word, code in schedule._CODES.items()} == {"done": 0, "found": 1, "failed": 3}


@pytest.mark.parametrize("words", [["list"], ["run", "audit"]])
def test_without_a_platform_nothing_can_be_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    assert run(["schedule", *words, "--state", str(tmp_path)]) == Exit.UNEVALUATED
    assert "start it with `bartizan up`" in capsys.readouterr().err


def test_status_says_what_is_overdue_and_what_the_audit_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    clock = SystemClock()
    clock._offset -= 3 * DAY  # three days ago
    with own_segment(tmp_path / "s", clock) as journal:
        journal.record(
            "platform.schedule.set", "platform", "audit", Outcome.DONE, "", {"run": "audit", "every": 86_400}
        )
        journal.record(
            "compliance.ledger.verified",
            "owner",
            "",
            Outcome.FOUND,
            "ledger.intact",
            {"entries": 9, "faults": 2},
        )
    assert run(["status", "--state", str(tmp_path / "s")]) == Exit.FINDINGS
    said = capsys.readouterr().out
    assert "Overdue:\n  audit  never carried out, wanted every 1 d (compliance.audit-current)" in said
    assert "NOT INTACT: the last audit found 2 faults in 9 entries, 3 d ago" in said
    assert run(["status", "--json", "--state", str(tmp_path / "s")]) == Exit.FINDINGS
    told = json.loads(capsys.readouterr().out)
    assert [each["name"] for each in told["overdue"]] == ["audit"]
    assert told["not_intact"]["faults"] == 2
    with own_segment(tmp_path / "s", SystemClock()) as journal:
        journal.record(
            "compliance.ledger.verified", "owner", "", Outcome.CLEARED, "ledger.intact", {"entries": 9}
        )
        journal.record("platform.schedule.finished", "platform", "audit", Outcome.DONE, "", {"run": "audit"})
    assert run(["status", "--state", str(tmp_path / "s")]) == Exit.CLEAN
    said = capsys.readouterr().out
    assert "Overdue" not in said
    assert "NOT INTACT" not in said
