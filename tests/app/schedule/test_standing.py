"""What is overdue, by the record alone: with a platform or without, whatever the store says."""

from pathlib import Path

import pytest

from bartizan.app.plan import Schedule
from bartizan.app.schedule.standing import overdue
from bartizan.clock import DAY, SECOND, Nanoseconds, SetClock
from bartizan.ledger.event import Outcome
from bartizan.ledger.own import own_segment

NOON = 1_800_000_000 * SECOND
AUDIT = Schedule("audit", "audit", 86_400)


class Record:
    """A ledger that a command line fills."""

    def __init__(self, state: Path) -> None:
        self.state, self.clock = state, SetClock(NOON)

    def say(
        self, kind: str, outcome: Outcome = Outcome.DONE, subject: str = "audit", **detail: int | str
    ) -> None:
        with own_segment(self.state, self.clock) as journal:
            journal.record(
                f"platform.schedule.{kind}", "platform", subject, outcome, "", {"run": "audit", **detail}
            )

    def late(self, *schedules: Schedule, after: int = 0) -> list[tuple[str, bool]]:
        now = Nanoseconds(self.clock.at + after)
        found = overdue(self.state / "ledger", schedules or (AUDIT,), now)
        return [(each.name, each.carried_out) for each in found]


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return Record(tmp_path / "state")


def test_without_a_record_nothing_is_overdue(record: Record) -> None:
    assert record.late(after=100 * DAY) == []


def test_one_that_no_platform_has_taken_up_is_not_overdue(record: Record) -> None:
    record.say("set", subject="other")
    assert record.late(after=100 * DAY) == []


def test_one_that_was_never_carried_out_is_overdue_after_its_grace(record: Record) -> None:
    record.say("set")
    record.say("finished", Outcome.FAILED)
    assert record.late(after=6 * 3600 * SECOND) == []
    assert record.late(after=6 * 3600 * SECOND + SECOND) == [("audit", False)]


@pytest.mark.parametrize("outcome", [Outcome.DONE, Outcome.FOUND])
def test_what_was_carried_out_counts_from_its_start_and_a_failure_after_it_for_nothing(
    record: Record, outcome: Outcome
) -> None:
    record.say("set")
    record.clock.at += DAY
    record.say("finished", outcome, millis=60_000)
    record.clock.at += DAY
    record.say("finished", Outcome.FAILED)
    assert record.late(after=6 * 3600 * SECOND - 60 * SECOND) == []
    assert record.late(after=6 * 3600 * SECOND) == [("audit", True)]


def test_one_that_is_off_and_one_of_another_run_do_not_count(record: Record) -> None:
    record.say("set")
    record.say("finished")
    assert record.late(Schedule("audit", "audit", 0), after=100 * DAY) == []
    assert record.late(Schedule("audit", "drill", 86_400), after=100 * DAY) == []
