"""What runs by itself: `[[schedule]]`.

Rules of this file: what is not configured and runs all the same is listed like the rest, and can be turned off. Whatever
nobody configured attacks nothing: of itself the platform only reads its own record.
"""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Annotated, Final

import msgspec

from bartizan.app.forms import ServiceName
from bartizan.app.plan import Schedule as Wanted
from bartizan.app.schedule.runs import RUNS
from bartizan.config_form import Fault

MOST: Final = 32
"""Schedules of one configuration."""
OFF: Final = "off"
_SECONDS: Final = {"h": 3_600, "d": 86_400}

Period = Annotated[
    str,
    msgspec.Meta(
        pattern=r"\A([1-9][0-9]{0,3}[hd]|off)\Z",
        description='a span such as "1h", "1d" or "92d", an hour at least, or "off"',
    ),
]
TimeOfDay = Annotated[
    str,
    msgspec.Meta(
        pattern=r"\A([01][0-9]|2[0-3]):[0-5][0-9]\Z", description='a time of day in UTC, such as "03:00"'
    ),
]


class Schedule(msgspec.Struct, frozen=True):
    """What runs by itself, and how often.

    Attributes:
        run: what; a name of `schedule/runs.py`.
        every: from one start to the next; `off` lists it, and runs it only when it is asked for.
        name: what it is called; None takes `run`.
        at: at what time of day it starts; None whenever it is due.
    """

    run: ServiceName
    every: Period
    name: ServiceName | None = None
    at: TimeOfDay | None = None

    @property
    def called(self) -> str:
        """Its name."""
        return self.name or self.run

    @property
    def seconds(self) -> int:
        """Its period; 0 is off."""
        return 0 if self.every == OFF else int(self.every[:-1]) * _SECONDS[self.every[-1]]


def scheduling(schedules: Sequence[Schedule]) -> Iterator[Fault]:
    """Yield what the sections say that no type can refuse."""
    names: dict[str, int] = {}
    if len(schedules) > MOST:
        yield Fault(("schedule", MOST), f"is one too many: {MOST} are the most")
    for position, schedule in enumerate(schedules):
        where = ("schedule", position)
        if schedule.run not in RUNS:
            near = get_close_matches(schedule.run, RUNS, n=1)
            hint = f'; did you mean "{near[0]}"?' if near else ""
            yield Fault((*where, "run"), f"is nothing that runs by itself; these do: {', '.join(RUNS)}{hint}")
        if schedule.at is not None and schedule.every.endswith("h"):
            yield Fault((*where, "at"), "is for schedules of whole days")
        first = names.setdefault(schedule.called, position)
        if first != position:
            key = (*where, "run" if schedule.name is None else "name")
            yield Fault(key, f"is the name of schedule[{first}] already; give it another `name`")
        if schedule.name is not None and schedule.name != schedule.run and schedule.name in RUNS:
            yield Fault((*where, "name"), "is something else that runs by itself; choose another")


def wanted(schedules: Sequence[Schedule]) -> tuple[Wanted, ...]:
    """Return what is to run by itself: what is configured, and what nobody configured and runs all the same.

    Args:
        schedules: the sections, settled.
    """
    configured = tuple(Wanted(one.called, one.run, one.seconds, _minute(one.at)) for one in schedules)
    silent = RUNS.keys() - {one.run for one in schedules}
    return (
        *configured,
        *(Wanted(run.name, run.name, run.every) for run in RUNS.values() if run.name in silent),
    )


def weak_schedules(schedules: Sequence[Schedule]) -> Iterator[str]:
    """Yield a sentence for what would run by itself and was turned off."""
    runs = {one.run for one in wanted(schedules) if one.every}
    for run in RUNS.values():
        if run.every and run.name not in runs:
            yield f"schedule: {run.name} is off, so nobody {run.about} unless somebody runs it"


def _minute(at: str | None) -> int:
    return -1 if at is None else int(at[:2]) * 60 + int(at[3:])
