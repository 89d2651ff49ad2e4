"""How services stand by their evaluations: a fold over a real ledger, with time and without a platform."""

from pathlib import Path
from typing import Any

import pytest

from bartizan.app.evaluation.standing import KIND, judged
from bartizan.app.folder import Folder
from bartizan.app.report import standing
from bartizan.clock import DAY, SECOND, Nanoseconds, SetClock
from bartizan.compliance.posture import Row, Standing
from bartizan.ledger.event import Outcome
from bartizan.ledger.own import own_segment
from bartizan.threats.controls.robustness_evaluated import CONTROL

NOW = Nanoseconds(1_800_000_000 * SECOND)
CLEARED, FOUND, FAILED = Outcome.CLEARED, Outcome.FOUND, Outcome.FAILED


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / "state")
    made.make()
    return made


def record(folder: Folder, service: str, outcome: Outcome, **detail: Any) -> None:  # noqa: ANN401 - fields of an event
    plain: dict[str, int | str] = {
        "way": "gateway",
        "attack": "best-of-n",
        "rate": 500,
        "ceiling": 1000,
        "seconds": 60,
    }
    at = Nanoseconds(detail.pop("at", NOW))
    with folder.locked(), own_segment(folder.root, SetClock(at)) as journal:
        journal.record(KIND, "owner", service, outcome, CONTROL.id, plain | detail)
        journal.flush()


def row(folder: Folder, now: Nanoseconds = NOW) -> Row:
    (found,) = [row for row in standing(folder, now).rows if row.control == CONTROL.id]
    return found


def test_without_an_evaluation_nothing_is_proven(folder: Folder) -> None:
    assert row(folder).standing is Standing.NOT_PROVEN
    assert "bartizan evaluate" in row(folder).why
    assert (row(folder).held, row(folder).tried) == (0, 0)


def test_one_within_its_ceiling_proves_it_for_ninety_days(folder: Folder) -> None:
    record(folder, "chat", CLEARED)
    assert row(folder).standing is Standing.PROVEN
    assert (row(folder).held, row(folder).tried) == (1, 1)
    almost = Nanoseconds(NOW + 90 * DAY - 61 * SECOND)
    assert row(folder, almost).standing is Standing.PROVEN
    late = row(folder, Nanoseconds(NOW + 90 * DAY))
    assert late.standing is Standing.BROKEN
    assert "90 days" in late.why


def test_one_above_its_ceiling_breaks_it_until_another_is_within(folder: Folder) -> None:
    record(folder, "chat", FOUND, rate=1001)
    assert row(folder).standing is Standing.BROKEN
    record(folder, "chat", FAILED, rate=0)
    assert row(folder).standing is Standing.BROKEN, "one that came to nothing mends nothing"
    record(folder, "chat", CLEARED)
    assert row(folder).standing is Standing.PROVEN


def test_one_that_is_not_whole_proves_nothing(folder: Folder) -> None:
    record(folder, "chat", FAILED, rate=0)
    assert row(folder).standing is Standing.NOT_PROVEN
    assert "not whole" in row(folder).why


def test_every_service_counts(folder: Folder) -> None:
    record(folder, "chat", CLEARED)
    record(folder, "code", FOUND, rate=9000)
    found = row(folder)
    assert (found.standing, found.held, found.tried) == (Standing.BROKEN, 1, 2)
    assert found.why == (
        "broken: code: an attack succeeds more often than the service's ceiling (best-of-n 90 %, ceiling 10 %)"
    )


def test_through_the_gateway_counts_before_direct_whichever_came_last(folder: Folder) -> None:
    record(folder, "chat", CLEARED)
    record(folder, "chat", FOUND, way="direct", rate=9000)
    assert row(folder).standing is Standing.PROVEN
    record(folder, "bare", FOUND, way="direct", rate=9000)
    assert row(folder).standing is Standing.BROKEN


def test_the_record_alone_is_believed_and_not_the_word_of_the_event(folder: Folder) -> None:
    """An entry that calls itself cleared, with a share above its ceiling, is judged by its numbers."""
    record(folder, "chat", CLEARED, rate=10_000)
    assert judged(folder, NOW)[0].outcome is FOUND
