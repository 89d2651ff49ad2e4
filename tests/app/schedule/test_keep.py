"""The keeper of schedules: every run on record, one at a time, whatever dies, fails or is set to another time."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from bartizan.admin.schedules import Shown
from bartizan.app.entry import Entry
from bartizan.app.plan import Schedule
from bartizan.app.schedule import table
from bartizan.app.schedule.keep import JITTER_S, SETTLE_S, Ports, ScheduleBusy, Scheduler, ScheduleUnknown
from bartizan.app.schedule.process import Ending
from bartizan.app.schedule.runs import Run
from bartizan.clock import DAY, MINUTE, SECOND, Nanoseconds, SetClock
from bartizan.ledger.event import Event, Outcome
from bartizan.ledger.journal import JournalUnwritable
from bartizan.store.engine import open_store

NOON = 1_800_000_000 * 10**9
HOUR = 60 * MINUTE
AUDIT = Schedule("audit", "audit", 86_400)
DRILL = Schedule("drill", "drill", 86_400)
GOOD = Ending(Outcome.DONE)
FAILED = Ending(Outcome.FAILED, "status", 3, "no platform")


class Process:
    """What surrounds a keeper: a store and a clock that stay when it dies, and runs that end when they are told to."""

    def __init__(self, folder: Path) -> None:
        self.store = open_store(f"sqlite:///{folder}/store.db")
        self.clock, self.step = SetClock(NOON), 0
        self.entries: list[Entry] = []
        self.lines: list[str] = []
        self.running: list[str] = []
        self.broken = False
        self._ends: dict[str, deque[asyncio.Future[Ending]]] = {}

    def keeper(self, *schedules: Schedule) -> Scheduler:
        """Return one that has begun, and has settled, unless it is looked at in the same instant."""
        ports = Ports(
            store=self.store,
            clock=self.clock,
            step=lambda: Nanoseconds(self.step),
            record=self._record,
            carry_out=self._carry_out,
            chance=lambda most: most - 1,
            say=self.lines.append,
        )
        self._ends.clear()
        self.running.clear()
        made = Scheduler(ports, schedules)
        made.begin()
        return made

    def settle(self) -> None:
        self.clock.at += (SETTLE_S + JITTER_S) * SECOND

    def _record(self, entries: Sequence[Entry]) -> tuple[int, int]:
        if self.broken:
            raise JournalUnwritable(1, "full")
        for each in entries:  # all of them are events
            Event(self.clock.at, each.kind, each.actor, each.subject, each.outcome, each.control, each.detail)
        self.entries += entries
        return 0, 0

    async def _carry_out(self, run: Run) -> Ending:
        self.running.append(run.name)
        future: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        self._ends.setdefault(run.name, deque()).append(future)
        try:
            return await future
        finally:
            if run.name in self.running:
                self.running.remove(run.name)

    async def end(self, run: str, ending: Ending = GOOD) -> None:
        """End the run that is under way."""
        await asyncio.sleep(0)
        self._ends[run].popleft().set_result(ending)
        await turns()

    def kinds(self) -> list[str]:
        """Return what was said of schedules, in few words, and forget it."""
        said = [f"{e.subject} {e.kind.rpartition('.')[2]} {e.outcome.value}" for e in self.entries]
        self.entries.clear()
        return said


async def turns() -> None:
    """Let what is ready run."""
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    made = Process(tmp_path)
    yield made
    made.store.dispose()


def within(work: Callable[[], Awaitable[Any]]) -> None:
    """Run a story in a loop of its own; what it leaves running dies with it, as with a process."""

    async def story() -> None:
        await work()
        for task in asyncio.all_tasks():
            task._log_destroy_pending = False  # type: ignore[attr-defined]  # that is what death is

    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(story())
    finally:
        loop.close()


def of(keeper: Scheduler, name: str) -> Shown:
    return next(each for each in keeper.list() if each.name == name)


def test_what_never_ran_runs_once_soon_after_the_start_and_then_each_period(process: Process) -> None:
    async def story() -> None:
        keeper = process.keeper(AUDIT)
        keeper.look()
        assert process.kinds() == ["audit set done"]
        process.settle()
        keeper.look()
        assert process.kinds() == ["audit started done"]
        await process.end("audit")
        assert process.kinds() == ["audit finished done"]
        process.clock.at += DAY - MINUTE
        keeper.look()
        assert process.kinds() == []
        process.clock.at += MINUTE
        keeper.look()
        assert process.kinds() == ["audit started done"]

    within(story)


def test_a_run_is_whose_it_is_who_asked_for_it(process: Process) -> None:
    async def story() -> None:
        keeper = process.keeper(AUDIT)
        assert of(keeper, "audit").by == ""
        for actor in ("owner", "p-0011223344556677"):
            assert keeper.run("audit", actor).by == actor
            assert process.entries[-1].actor == actor
            await process.end("audit")
        process.settle()
        process.clock.at += DAY
        keeper.look()
        assert of(keeper, "audit").by == "time"
        assert process.entries[-1].actor == "platform"
        await process.end("audit")

    within(story)


def test_what_was_missed_while_the_platform_was_down_runs_once_and_not_once_a_period(
    process: Process,
) -> None:
    async def first() -> None:
        keeper = process.keeper(AUDIT)
        process.settle()
        keeper.look()
        await process.end("audit")

    async def second() -> None:
        keeper = process.keeper(AUDIT)
        keeper.look()
        assert process.kinds() == ["audit overdue found"]
        assert of(keeper, "audit").due == process.clock.at + (SETTLE_S + JITTER_S) * SECOND
        process.settle()
        keeper.look()
        late = process.entries[0].detail["late"]
        assert late == 9 * 86_400 + SETTLE_S + JITTER_S
        await process.end("audit")
        assert process.kinds() == ["audit started done", "audit finished done", "audit overdue cleared"]
        for _ in range(20):
            process.clock.at += HOUR
            keeper.look()
        assert process.kinds() == []

    within(first)
    process.entries.clear()
    process.clock.at += 10 * DAY
    within(second)


def test_a_run_that_a_death_cut_off_has_failed_and_is_tried_again(process: Process) -> None:
    async def first() -> None:
        keeper = process.keeper(AUDIT)
        process.settle()
        keeper.look()
        await turns()
        with pytest.raises(ScheduleBusy):
            keeper.run("audit")

    async def second() -> None:
        keeper = process.keeper(AUDIT)
        assert of(keeper, "audit").running
        keeper.look()
        assert process.kinds() == ["audit finished failed"]
        assert (of(keeper, "audit").reason, of(keeper, "audit").good) == ("interrupted", 0)
        process.settle()
        keeper.look()
        assert process.kinds() == []
        process.clock.at += HOUR
        keeper.look()
        assert process.kinds() == ["audit started done"]

    within(first)
    process.entries.clear()
    within(second)


def test_a_process_that_dies_again_and_again_runs_nothing_more_often(process: Process) -> None:
    async def life() -> None:
        keeper = process.keeper(AUDIT)
        process.settle()
        keeper.look()
        await turns()

    for _ in range(12):  # each two minutes long
        within(life)
    assert process.kinds().count("audit started done") == 1


def test_an_end_in_order_says_that_the_run_was_interrupted(process: Process) -> None:
    async def story() -> None:
        keeper = process.keeper(AUDIT)
        process.settle()
        keeping = asyncio.create_task(keeper.keep())
        await turns()
        assert process.running == ["audit"]
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        assert process.running == []
        assert process.kinds() == ["audit set done", "audit started done", "audit finished failed"]

    within(story)


def test_a_failing_run_is_not_counted_as_done_and_gets_overdue_once(process: Process) -> None:
    async def story() -> None:
        keeper = process.keeper(AUDIT)
        process.settle()
        for _ in range(6):
            keeper.look()
            await process.end("audit", FAILED)
            process.clock.at += HOUR
        shown = of(keeper, "audit")
        assert (shown.outcome, shown.reason, shown.status, shown.good) == ("failed", "status", 3, 0)
        assert "platform.schedule.overdue" not in {entry.kind for entry in process.entries}
        for _ in range(3):
            keeper.look()
            await process.end("audit", FAILED)
            process.clock.at += HOUR
        (found,) = [entry for entry in process.entries if entry.kind == "platform.schedule.overdue"]
        assert (found.outcome, found.control) == (Outcome.FOUND, "compliance.audit-current")
        assert found.detail["reason"] == "never-carried-out"
        assert of(keeper, "audit").overdue
        assert any("no platform" in line for line in process.lines)
        keeper.look()
        process.entries.clear()
        await process.end("audit", Ending(Outcome.FOUND, status=10))
        assert process.kinds() == ["audit finished found", "audit overdue cleared"]
        assert not of(keeper, "audit").overdue

    within(story)


def test_that_it_is_overdue_is_said_once_whatever_restarts(process: Process) -> None:
    async def life() -> None:
        keeper = process.keeper(AUDIT)
        keeper.look()
        keeper.look()

    within(life)
    process.clock.at += 2 * DAY
    for _ in range(3):
        within(life)
    assert process.kinds() == ["audit set done", "audit overdue found"]


def test_two_schedules_run_at_once_but_no_two_of_the_same_kind(process: Process) -> None:
    async def story() -> None:
        again = Schedule("nightly", "drill", 86_400)
        keeper = process.keeper(AUDIT, DRILL, again)
        process.settle()
        keeper.look()
        await turns()
        assert process.running == ["audit", "drill"]
        with pytest.raises(ScheduleBusy, match="drill is running"):
            keeper.run("nightly")
        await process.end("drill")
        keeper.look()
        await turns()
        assert process.running == ["audit", "drill"]
        assert of(keeper, "nightly").running
        assert not of(keeper, "drill").running

    within(story)


def test_the_owner_runs_one_that_is_off_and_that_counts(process: Process) -> None:
    async def story() -> None:
        keeper = process.keeper(Schedule("audit", "audit", 0))
        process.settle()
        keeper.look()
        assert process.kinds() == ["audit set done"]
        assert keeper.run("audit").running
        assert process.entries[0].actor == "owner"
        await process.end("audit")
        assert of(keeper, "audit").good == process.clock.at
        assert of(keeper, "audit").due == 0
        with pytest.raises(ScheduleUnknown, match="there are audit"):
            keeper.run("--help")

    within(story)


def test_a_wall_clock_that_is_set_makes_nothing_run_twice_and_skips_nothing(process: Process) -> None:
    async def story() -> None:
        keeper = process.keeper(AUDIT, Schedule("drill", "drill", 86_400, 180))
        process.settle()
        keeper.look()
        await process.end("audit")
        await process.end("drill")
        process.entries.clear()
        for step in (-3 * DAY, 3 * DAY, 400 * DAY, -5 * MINUTE):
            process.step = step
            keeper.look()
        assert process.kinds() == []
        process.clock.at += DAY + 4 * HOUR
        keeper.look()
        assert process.kinds() == ["audit started done", "drill started done"]

    within(story)


def test_a_clock_set_back_before_a_start_neither_repeats_nor_waits_for_the_old_time(process: Process) -> None:
    async def life() -> None:
        keeper = process.keeper(AUDIT)
        process.settle()
        keeper.look()
        await turns()
        if process.running:
            await process.end("audit")

    within(life)
    process.entries.clear()
    process.clock.at -= 300 * DAY
    within(life)
    assert process.kinds() == []
    process.clock.at += DAY
    within(life)
    assert process.kinds() == ["audit started done", "audit finished done"]


def test_a_change_of_the_configuration_is_on_record_and_in_force(process: Process) -> None:
    async def life(*schedules: Schedule) -> None:
        process.keeper(*schedules).look()

    within(lambda: life(AUDIT, DRILL))
    assert process.kinds() == ["audit set done", "drill set done"]
    within(lambda: life(AUDIT, DRILL))
    assert process.kinds() == []
    within(lambda: life(Schedule("audit", "audit", 0)))
    assert [(e.subject, e.detail["every"]) for e in process.entries] == [("drill", 0), ("audit", 0)]
    with process.store.begin() as connection:
        assert set(table.load(connection)) == {"audit"}


def test_a_schedule_taken_out_while_it_ran_has_failed(process: Process) -> None:
    async def first() -> None:
        process.keeper(AUDIT).run("audit")
        await turns()

    async def second() -> None:
        process.keeper(DRILL)

    within(first)
    process.entries.clear()
    within(second)
    assert process.kinds() == ["audit finished failed", "audit set done", "drill set done"]


def test_a_process_starts_although_its_store_is_full_and_takes_its_schedules_up_once_it_is_not(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OperationalError("", {}, Exception("disk is full"))

    async def story() -> None:
        with monkeypatch.context() as patch:
            patch.setattr(table, "prepare", full)
            keeper = process.keeper(AUDIT)
            process.settle()
            keeper.look()
            with pytest.raises(OperationalError):
                keeper.list()
            with pytest.raises(OperationalError):
                keeper.run("audit")
        process.clock.at += MINUTE
        keeper.look()
        assert process.kinds() == ["audit set done", "audit started done"]

    within(story)


def test_a_start_that_changes_nothing_writes_nothing(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def life() -> None:
        assert process.keeper(AUDIT, DRILL).list()

    within(life)
    monkeypatch.setattr(table, "save", None)
    within(life)
    assert process.kinds() == ["audit set done", "drill set done"]


def test_without_a_record_nothing_is_started(process: Process) -> None:
    async def story() -> None:
        keeper = process.keeper(AUDIT)
        process.settle()
        process.broken = True
        with pytest.raises(JournalUnwritable):
            keeper.look()
        with pytest.raises(JournalUnwritable):
            keeper.run("audit")
        await turns()
        assert process.running == []
        await keeper.keep()  # ends, and takes nobody with it

    within(story)


def test_without_the_store_nothing_is_started_and_it_is_tried_again(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OperationalError("", {}, Exception("disk is full"))

    async def story() -> None:
        keeper = process.keeper(AUDIT)
        process.settle()
        process.entries.clear()
        with monkeypatch.context() as patch:
            patch.setattr(table, "save", full)
            for _ in range(5):
                keeper.look()
            await turns()
            assert process.running == []
            assert len(process.lines) == 1  # a minute passes before it is tried again
            assert process.kinds() == []
        process.clock.at += MINUTE
        keeper.look()
        await turns()
        assert process.running == ["audit"]
        with monkeypatch.context() as patch:
            patch.setattr(table, "save", full)
            await process.end("audit")
            assert of(keeper, "audit").running
        process.clock.at += MINUTE
        keeper.look()
        assert of(keeper, "audit").outcome == "done"

    within(story)
