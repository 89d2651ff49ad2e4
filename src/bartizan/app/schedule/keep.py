"""The keeper of schedules, in the control process: starts what is due, one at a time, and says so.

Rules of this file: a start is stored and on record before anything runs, so that no death repeats or hides it; an end is
stored and on record once. A run is a process of its own: nothing here waits for it but a task. Whatever goes wrong
with a run, or with the store, the loop goes on serving, and the run shows as overdue in the end.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Final

import msgspec
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from bartizan.admin.schedules import Shown
from bartizan.app.entry import Entry
from bartizan.app.plan import Schedule
from bartizan.app.schedule import table
from bartizan.app.schedule.due import Kept, age, anchored, due
from bartizan.app.schedule.process import INTERRUPTED, Ending
from bartizan.app.schedule.runs import RUNS, Run
from bartizan.clock import MILLISECOND, MINUTE, SECOND, Clock, Nanoseconds
from bartizan.compliance.controls import audit_current
from bartizan.ledger.event import Outcome
from bartizan.ledger.journal import JournalUnwritable

SETTLE_S: Final = 60
"""Seconds after a start before anything runs by itself: what was missed meanwhile runs then, once."""
JITTER_S: Final = 60
"""Up to so many seconds more, by chance, so that not everything that was started together runs together."""
LOOK_S: Final = 5.0
"""How often it is looked whether something is due; a sleeping machine's timers would not say so."""
AT_ONCE: Final = 2
"""Runs at once, of different kinds."""


class ScheduleUnknown(LookupError):
    """There is no schedule of that name."""

    def __init__(self, known: Iterable[str]) -> None:
        """Say which there are; the name that was asked for is not repeated."""
        super().__init__(f"there is no such schedule; there are {', '.join(known) or 'none'}")


class ScheduleBusy(RuntimeError):
    """What is asked for runs already, or as much as may run does."""

    def __init__(self, what: str) -> None:
        """Say which of both."""
        super().__init__(f"{what}; wait until it has ended: `bartizan schedule list`")


class Ports(msgspec.Struct, frozen=True):
    """What the keeper needs from its process.

    Attributes:
        store: opened.
        clock: tells the time.
        step: how far the wall clock has been moved against `clock`.
        record: puts entries on record, in order. Raises JournalUnwritable, and then the process ends.
        carry_out: carries a run out and returns how it ended; raises only CancelledError.
        chance: most -> a number from 0 to below it.
        say: a line for the platform's log.
    """

    store: Engine
    clock: Clock
    step: Callable[[], Nanoseconds]
    record: Callable[[Sequence[Entry]], tuple[int, int]]
    carry_out: Callable[[Run], Awaitable[Ending]]
    chance: Callable[[int], int]
    say: Callable[[str], None]


class Scheduler:
    """The schedules of one platform; `begin` first, then `keep`."""

    def __init__(self, ports: Ports, schedules: Iterable[Schedule]) -> None:
        """Take both; nothing is read yet."""
        self._ports = ports
        self._schedules = {schedule.name: schedule for schedule in schedules}
        self._kept: dict[str, Kept] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._unsaid: dict[str, Ending] = {}
        self._settled = self._again = Nanoseconds(0)
        self._begun = False

    # ---- what the process calls ----------------------------------------------------------------------------
    def begin(self) -> None:
        """Take up what is configured where the last process left it; what that one had under way has failed.

        Where the store takes nothing now, the process starts all the same, and this is done as soon as it does.

        Raises:
            JournalUnwritable.
        """
        hold = SETTLE_S + self._ports.chance(JITTER_S + 1)
        self._settled = Nanoseconds(self._ports.clock.now() + hold * SECOND)
        try:
            self._take_up()
        except OperationalError as fault:
            self._put_off(fault)

    def _take_up(self) -> None:
        if self._begun:
            return
        now, found, entries = self._ports.clock.now(), dict[str, Kept](), list[Entry]()
        table.prepare(self._ports.store)
        with self._ports.store.begin() as connection:
            known = table.load(connection)
            for name in sorted(known.keys() - self._schedules.keys()):
                table.forget(connection, name)
                entries += _given_up(known[name], now)
            for name, schedule in self._schedules.items():
                found[name], told = _taken_up(schedule, known.get(name), now)
                entries += told
                if found[name] != known.get(name):  # a full disk keeps no control process from starting
                    table.save(connection, found[name])
            self._record(entries)
        self._kept, self._begun = found, True
        self._unsaid = {name: INTERRUPTED for name, kept in found.items() if kept.running}

    def _put_off(self, fault: OperationalError) -> None:
        """Start nothing for a minute; nothing was started that is not stored."""
        self._again = Nanoseconds(self._ports.clock.now() + MINUTE)
        self._ports.say(f"schedules: the store cannot be used ({fault.orig}); nothing is started")

    async def keep(self) -> None:
        """Look again and again, until the task is cancelled; then what runs is ended."""
        try:
            while True:
                self.look()
                await asyncio.sleep(LOOK_S)
        except JournalUnwritable:  # the process ends
            return
        finally:
            await self._stop()

    def look(self) -> None:
        """Start what is due, and say what is overdue.

        Raises:
            JournalUnwritable.
        """
        if self._ports.clock.now() < self._again:
            return
        try:
            self._take_up()
            for name, ending in tuple(self._unsaid.items()):
                self._end(name, ending)
            for name in self._schedules:
                self._judge(name)
                if self._is_due(name):
                    self._start(name)
        except OperationalError as fault:
            self._put_off(fault)

    def run(self, name: str, actor: str = "owner") -> Shown:
        """Start a schedule's run now, as somebody asks, and return what is known of it then.

        Raises:
            ScheduleUnknown, ScheduleBusy, JournalUnwritable; sqlalchemy's OperationalError.
        """
        if name not in self._schedules:
            raise ScheduleUnknown(self._schedules)
        self._take_up()
        if busy := self._busy(name):
            raise ScheduleBusy(busy)
        self._start(name, actor)
        return self._show(name)

    def list(self) -> tuple[Shown, ...]:
        """Return every schedule, those that are off included, in the order of the configuration.

        Raises:
            JournalUnwritable; sqlalchemy's OperationalError where the store could not be read since the start.
        """
        self._take_up()
        return tuple(map(self._show, self._schedules))

    # ---- starting ------------------------------------------------------------------------------------------
    def _is_due(self, name: str) -> bool:
        now = self._ports.clock.now()
        at = due(self._schedules[name], self._kept[name], self._ports.step())
        return at is not None and max(at, self._settled) <= now and not self._busy(name)

    def _busy(self, name: str) -> str:
        """Return why a schedule may not run now, or nothing."""
        kind = self._schedules[name].run
        if any(kept.running and kept.run == kind for kept in self._kept.values()):
            return f"{kind} is running"
        if len(self._tasks) >= AT_ONCE:
            return f"{AT_ONCE} runs are under way"
        return ""

    def _start(self, name: str, actor: str = "") -> None:
        now, kept = self._ports.clock.now(), self._kept[name]
        wanted = due(self._schedules[name], kept, self._ports.step())
        late = max(0, now - wanted) // SECOND if not actor and wanted is not None else 0
        new = msgspec.structs.replace(kept, started=now, runs=kept.runs + 1, running=True, by=actor or "time")
        detail: dict[str, int | str] = {"run": kept.run, "number": new.runs, "late": late}
        who = actor or "platform"
        self._change(new, [Entry("platform.schedule.started", who, name, Outcome.DONE, detail=detail)])
        self._tasks[name] = asyncio.get_running_loop().create_task(self._carry_out(name))

    async def _carry_out(self, name: str) -> None:
        try:
            self._unsaid[name] = await self._ports.carry_out(RUNS[self._schedules[name].run])
        except asyncio.CancelledError:
            self._unsaid[name] = INTERRUPTED
        finally:
            self._tasks.pop(name, None)
        try:
            self._end(name, self._unsaid[name])
        except OperationalError as fault:  # it stays unsaid, and the next look says it
            self._ports.say(f"schedules: the end of {name} is not stored yet ({fault.orig})")
        except JournalUnwritable:  # the process ends, and the next one says that it was interrupted
            return

    # ---- ending --------------------------------------------------------------------------------------------
    def _end(self, name: str, ending: Ending) -> None:
        now, kept = self._ports.clock.now(), self._kept[name]
        carried_out = ending.outcome is not Outcome.FAILED
        new = msgspec.structs.replace(
            kept,
            running=False,
            ended=now,
            good=kept.started if carried_out else kept.good,
            overdue=kept.overdue and not carried_out,
            outcome=ending.outcome.value,
            reason=ending.reason,
            status=ending.status,
        )
        said = [_finished(kept, ending, now)]
        if kept.overdue and carried_out:
            said.append(_overdue(kept, Outcome.CLEARED, {}))
        self._change(new, said)
        del self._unsaid[name]
        if not carried_out:
            self._ports.say(f"schedule {name}: {kept.run} failed ({ending.reason}): {ending.words}")

    def _judge(self, name: str) -> None:
        """Say once that a schedule is overdue."""
        schedule, kept = self._schedules[name], self._kept[name]
        if kept.overdue or not schedule.every:
            return
        found = age(schedule, kept, self._ports.clock.now())
        for finding in audit_current.judge(found):
            detail: dict[str, int | str] = {"reason": finding.reason, "seconds": found.seconds}
            new = msgspec.structs.replace(kept, overdue=True)
            self._change(new, [_overdue(kept, Outcome.FOUND, detail)])
            self._ports.say(f"schedule {name}: {kept.run} is overdue")

    async def _stop(self) -> None:
        tasks = tuple(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # ---- what is kept --------------------------------------------------------------------------------------
    def _change(self, new: Kept, entries: Sequence[Entry]) -> None:
        """Put on record, then store: what is not on record did not happen."""
        with self._ports.store.begin() as connection:
            table.save(connection, new)
            self._record(entries)
        self._kept[new.name] = new

    def _record(self, entries: Sequence[Entry]) -> None:
        if entries:
            self._ports.record(entries)

    def _show(self, name: str) -> Shown:
        schedule, kept = self._schedules[name], self._kept[name]
        step = self._ports.step()
        found = None if kept.running else due(schedule, kept, step)
        told = {field: getattr(kept, field) for field in Shown.__struct_fields__ if hasattr(kept, field)}
        told |= {
            "at": schedule.at,
            "about": RUNS[schedule.run].about,
            "overdue": kept.overdue and schedule.every > 0,
        }
        return Shown(**told, due=0 if found is None else max(found, self._settled) + step)


def _taken_up(schedule: Schedule, known: Kept | None, now: Nanoseconds) -> tuple[Kept, list[Entry]]:
    """Return what is remembered of a schedule from now on, and what is said where it is new or was changed."""
    if known is None or known.run != schedule.run:
        new = Kept(schedule.name, schedule.run, schedule.every, now)
        return new, [*(() if known is None else _given_up(known, now)), _set(new, every=schedule.every)]
    kept = msgspec.structs.replace(anchored(known, now), every=schedule.every)
    if known.every == schedule.every:
        return kept, []
    if not known.every:  # it was off: since when it is wanted begins now
        kept = msgspec.structs.replace(kept, since=now)
    return kept, [_set(kept, every=schedule.every)]


def _given_up(kept: Kept, now: Nanoseconds) -> list[Entry]:
    """Return what is said of a schedule that is configured no more."""
    return [*([_finished(kept, INTERRUPTED, now)] if kept.running else []), _set(kept, every=0)]


def _finished(kept: Kept, ending: Ending, now: Nanoseconds) -> Entry:
    """Return the entry that says how the last run ended."""
    millis = max(0, now - kept.started) // MILLISECOND
    detail: dict[str, int | str] = {
        "run": kept.run,
        "number": kept.runs,
        "status": ending.status,
        "millis": millis,
    }
    detail |= {"reason": ending.reason} if ending.reason else {}
    return Entry("platform.schedule.finished", "platform", kept.name, ending.outcome, detail=detail)


def _set(kept: Kept, *, every: int) -> Entry:
    detail: Mapping[str, int | str] = {"run": kept.run, "every": every}
    return Entry("platform.schedule.set", "platform", kept.name, Outcome.DONE, detail=dict(detail))


def _overdue(kept: Kept, outcome: Outcome, detail: Mapping[str, int | str]) -> Entry:
    """Return the entry that says that a schedule is overdue, or no longer."""
    told = {"run": kept.run, **detail}
    return Entry(
        "platform.schedule.overdue", "platform", kept.name, outcome, RUNS[kept.run].control, detail=told
    )
