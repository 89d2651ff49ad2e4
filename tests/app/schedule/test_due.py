"""Whatever the wall clock does, a schedule neither runs twice nor is skipped."""

from itertools import pairwise

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from bartizan.app.plan import Schedule
from bartizan.app.schedule.due import NEAR, RETRY, Kept, age, anchored, due, grace
from bartizan.clock import DAY, MINUTE, SECOND, Nanoseconds
from bartizan.compliance.controls import audit_current

NOON = Nanoseconds(1_800_000_000 // 86_400 * 86_400 * SECOND + 12 * 60 * MINUTE)
HOUR = 60 * MINUTE
DAILY = Schedule("audit", "audit", 86_400)
AT_THREE = Schedule("audit", "audit", 86_400, 180)
OFF = Schedule("audit", "audit", 0)

spans = st.integers(1, 200).map(lambda hours: hours * 3_600)
days = st.integers(1, 100).map(lambda days: days * 86_400)
minutes = st.integers(0, 1439)
steps = st.integers(-400 * DAY, 400 * DAY).map(Nanoseconds)
instants = st.integers(NOON - 50 * DAY, NOON + 50 * DAY)


def kept(
    every: int = 86_400, *, since: int = NOON, started: int = 0, good: int = 0, outcome: str = ""
) -> Kept:
    return Kept(
        "audit", "audit", every, since, started=started, ended=started, good=good, outcome=outcome or "done"
    )


def test_one_that_never_ran_is_due_at_once() -> None:
    assert due(DAILY, kept(), Nanoseconds(0)) == NOON
    assert due(AT_THREE, kept(), Nanoseconds(0)) == NOON


def test_one_that_is_off_is_never_due_and_never_overdue() -> None:
    assert due(OFF, kept(0), Nanoseconds(0)) is None


@given(spans, instants, steps)
def test_a_step_of_the_wall_clock_moves_no_period(every: int, started: int, step: Nanoseconds) -> None:
    assert due(Schedule("a", "audit", every), kept(every, started=started), step) == started + every * SECOND


@given(spans, instants, steps)
def test_one_that_failed_is_tried_again_soon(every: int, started: int, step: Nanoseconds) -> None:
    again = due(Schedule("a", "audit", every, 180), kept(every, started=started, outcome="failed"), step)
    assert again == started + min(RETRY, every * SECOND)


@given(days, minutes, instants, steps)
def test_a_time_of_day_is_met_on_the_wall_clock_as_it_stands(
    every: int, at: int, started: int, step: Nanoseconds
) -> None:
    found = due(Schedule("a", "audit", every, at), kept(every, started=started), step)
    assert found is not None
    assert (found + step) % DAY == at * MINUTE
    assert started + every * SECOND - NEAR <= found < started + every * SECOND - NEAR + DAY


@given(days, minutes, st.lists(st.tuples(st.integers(0, 10 * DAY), steps), max_size=30))
def test_however_the_wall_clock_is_moved_no_run_is_twice_and_none_left_out(
    every: int, at: int, moves: list[tuple[int, Nanoseconds]]
) -> None:
    """A keeper that looks every three hours, while somebody sets the machine's clock."""
    schedule, state, now, step = Schedule("a", "audit", every, at), kept(every, started=NOON), int(NOON), 0
    looks = sorted({now + offset for offset, _ in moves} | {now + n * 3 * HOUR for n in range(300)})
    changes = {NOON + offset: move for offset, move in moves}
    starts = [int(NOON)]
    for now in looks:
        step = changes.get(now, step)
        found = due(schedule, state, Nanoseconds(step))
        assert found is not None
        if found <= now:
            starts.append(now)
            state = kept(every, started=now)
    gaps = [later - earlier for earlier, later in pairwise(starts)]
    assert all(every * SECOND - NEAR <= gap <= every * SECOND + DAY - NEAR + 3 * HOUR for gap in gaps)
    assert looks[-1] - starts[-1] <= every * SECOND + DAY


@given(days, minutes, instants, steps)
def test_a_run_at_its_time_of_day_is_never_overdue_before_it_is_due(
    every: int, at: int, started: int, step: Nanoseconds
) -> None:
    schedule, state = Schedule("a", "audit", every, at), kept(every, started=started, good=started)
    found = due(schedule, state, step)
    assert found is not None
    assert not audit_current.judge(age(schedule, state, found))


def test_a_clock_that_was_set_back_between_two_starts_runs_nothing_twice_and_hides_nothing() -> None:
    later = kept(started=NOON + 30 * DAY, good=NOON + 30 * DAY)
    found = anchored(later, NOON)
    assert due(DAILY, found, Nanoseconds(0)) == NOON + DAY
    assert age(DAILY, found, Nanoseconds(NOON + 2 * DAY)).seconds == 2 * 86_400
    assert audit_current.judge(age(DAILY, found, Nanoseconds(NOON + 2 * DAY)))


@given(instants, instants)
def test_what_lies_in_the_past_stays_as_it_was(started: int, now: int) -> None:
    before = kept(since=started, started=started, good=started)
    assert (anchored(before, Nanoseconds(now)) == before) is (started <= now)


@given(spans)
def test_the_grace_is_a_quarter_of_the_period_in_bounds(every: int) -> None:
    assert 15 * MINUTE <= grace(every) <= DAY
    assert grace(86_400) == 6 * HOUR


def test_a_run_that_failed_does_not_count_as_carried_out() -> None:
    state = msgspec.structs.replace(kept(started=NOON + DAY, outcome="failed"), good=NOON)
    found = age(DAILY, state, Nanoseconds(NOON + 2 * DAY))
    assert (found.seconds, found.carried_out) == (2 * 86_400, True)
