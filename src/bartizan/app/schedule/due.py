"""When a schedule is due, and when it is overdue: pure.

Rules of this file: instants are those of the process's clock, which runs on with the time since boot whatever the machine's
is set to. So a step of the wall clock moves no period: it neither runs anything twice nor skips it. Only a time of
day is looked up on the wall clock as it stands (`step` is how far that was moved), and even then two runs are never
nearer than the period less `NEAR`, nor further than the period and what is left of a day.
"""

from typing import Final

import msgspec

from bartizan.app.plan import Schedule
from bartizan.clock import DAY, MINUTE, SECOND, Nanoseconds
from bartizan.compliance.subject import RunAge

RETRY: Final = Nanoseconds(60 * MINUTE)
"""From the start of a run that failed, or was cut off, to the next; the period where that is shorter."""
NEAR: Final = Nanoseconds(20 * 60 * MINUTE)
"""How much sooner than a whole period a run may start so that it starts at its time of day."""
_LEAST_GRACE: Final = Nanoseconds(15 * MINUTE)


class Kept(msgspec.Struct, frozen=True):
    """What is remembered of a schedule, whatever dies: one row of the store. Instants are UTC nanoseconds, 0 is never.

    Attributes:
        name: of the schedule.
        run: what it runs.
        every: seconds; 0 is off.
        since: when it was first known.
        started, ended: of the last run.
        good: start of the last run that was carried out to its end, whatever it found.
        runs: how many were started.
        running: whether one has started and is not known to have ended.
        overdue: whether that it is overdue is on record and not cleared yet.
        outcome: of the last run that ended: `done`, `found`, `failed`, or empty.
        reason: why it failed, a word of `vocabulary.REASON`, or empty.
        status: with which its process ended; of one that a signal ended, 128 and its number.
        by: who asked for its latest run: `time`, `owner`, a pseudonym, or empty.
    """

    name: str
    run: str
    every: int
    since: int
    started: int = 0
    ended: int = 0
    good: int = 0
    runs: int = 0
    running: bool = False
    overdue: bool = False
    outcome: str = ""
    reason: str = ""
    status: int = 0
    by: str = ""

    @property
    def failed(self) -> bool:
        """Whether the last run was not carried out."""
        return self.outcome == "failed"


def due(schedule: Schedule, kept: Kept, step: Nanoseconds) -> Nanoseconds | None:
    """Return when the next run is to start; None where the schedule is off.

    Args:
        schedule: as configured.
        kept: what is remembered of it.
        step: how far the wall clock has been moved against the clock that stamped the instants.
    """
    if not schedule.every:
        return None
    if not kept.started:
        return Nanoseconds(kept.since)
    every = Nanoseconds(schedule.every * SECOND)
    if kept.failed:
        return Nanoseconds(kept.started + min(RETRY, every))
    if schedule.at < 0:
        return Nanoseconds(kept.started + every)
    earliest = kept.started + step + every - NEAR
    at = schedule.at * MINUTE
    day = -((at - earliest) // DAY)  # the first whose time of day is not before `earliest`
    return Nanoseconds(day * DAY + at - step)


def grace(every: int) -> Nanoseconds:
    """Return how much later than its period a run is overdue: a quarter of it, 15 minutes to a day.

    Args:
        every: the period, seconds.
    """
    return Nanoseconds(min(max(every * SECOND // 4, _LEAST_GRACE), DAY))


def age(schedule: Schedule, kept: Kept, now: Nanoseconds) -> RunAge:
    """Return how old what a schedule last carried out is."""
    return RunAge(
        seconds=max(0, now - (kept.good or kept.since)) // SECOND,
        carried_out=bool(kept.good),
        period=schedule.every,
        grace=grace(schedule.every) // SECOND,
    )


def anchored(kept: Kept, now: Nanoseconds) -> Kept:
    """Return what is remembered with no instant in the future.

    The wall clock was set back between two starts: how long ago anything was is not known any more. A period begins anew
    then, so that nothing runs twice, and what was carried out counts from now, so that it gets overdue in its time.
    """
    return msgspec.structs.replace(
        kept,
        since=min(kept.since, now),
        started=min(kept.started, now),
        ended=min(kept.ended, now),
        good=min(kept.good, now),
    )
