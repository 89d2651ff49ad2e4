"""How the schedules stand, out of the record alone: what `status` shows, whether or not a platform runs."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from bartizan.app.plan import Schedule
from bartizan.app.schedule.due import Kept, age
from bartizan.app.schedule.runs import RUNS
from bartizan.clock import MILLISECOND, Nanoseconds
from bartizan.compliance.controls import audit_current
from bartizan.ledger.database import FILE
from bartizan.ledger.event import Event, Outcome
from bartizan.ledger.query import Query, query

FINISHED: Final = "platform.schedule.finished"
SET: Final = "platform.schedule.set"
VERIFIED: Final = "compliance.ledger.verified"


class Overdue(msgspec.Struct, frozen=True):
    """A schedule that is overdue.

    Attributes:
        name, run: as configured.
        every: seconds between two runs.
        seconds: since the last that was carried out, or since it is wanted where none was.
        carried_out: whether one was.
        control: whose finding that is, or empty.
    """

    name: str
    run: str
    every: int
    seconds: int
    carried_out: bool
    control: str


class NotIntact(msgspec.Struct, frozen=True):
    """What the last audit found wrong with the record.

    Attributes:
        entry: index of the entry that says so.
        at: UTC nanoseconds.
        entries, faults: how many there were.
    """

    entry: int
    at: int
    entries: int
    faults: int


def not_intact(ledger: Path) -> NotIntact | None:
    """Return what the last audit found wrong; None where it found nothing, or where there was none.

    Args:
        ledger: its folder.
    """
    if not (ledger / FILE).exists():
        return None
    for entry in query(ledger, Query(kind=VERIFIED, last=True, limit=1)):
        event = entry.event
        if event.outcome is Outcome.FOUND:
            return NotIntact(entry.index, event.at, _number(event, "entries"), _number(event, "faults"))
    return None


def overdue(ledger: Path, schedules: Iterable[Schedule], now: Nanoseconds) -> tuple[Overdue, ...]:
    """Return the schedules that are overdue by the record; one that no platform has taken up yet is not.

    Args:
        ledger: its folder; without a record nothing is overdue.
        schedules: as configured.
        now: UTC nanoseconds.
    """
    return tuple(_overdue(ledger, schedules, now)) if (ledger / FILE).exists() else ()


def _overdue(ledger: Path, schedules: Iterable[Schedule], now: Nanoseconds) -> Iterator[Overdue]:
    for schedule in schedules:
        good = max(_good(ledger, schedule, Outcome.DONE), _good(ledger, schedule, Outcome.FOUND))
        since = good or _set(ledger, schedule)
        if not schedule.every or not since:
            continue
        found = age(schedule, Kept(schedule.name, schedule.run, schedule.every, since, good=good), now)
        if audit_current.judge(found):
            control = RUNS[schedule.run].control
            yield Overdue(
                schedule.name, schedule.run, schedule.every, found.seconds, found.carried_out, control
            )


def _set(ledger: Path, schedule: Schedule) -> int:
    """Return since when a platform has a schedule as it is, UTC nanoseconds; 0 where none has taken it up."""
    found = query(ledger, Query(kind=SET, subject=schedule.name, last=True, limit=1))
    return max(
        (entry.event.at for entry in found if entry.event.detail.get("run") == schedule.run), default=0
    )


def _good(ledger: Path, schedule: Schedule, outcome: Outcome) -> int:
    """Return when the last run of this outcome began, UTC nanoseconds; 0 where there was none."""
    found = query(ledger, Query(kind=FINISHED, subject=schedule.name, outcome=outcome, last=True, limit=1))
    return max(
        (_began(entry.event) for entry in found if entry.event.detail.get("run") == schedule.run), default=0
    )


def _began(event: Event) -> int:
    return event.at - _number(event, "millis") * MILLISECOND


def _number(event: Event, field: str) -> int:
    found = event.detail.get(field, 0)
    return found if isinstance(found, int) else 0
