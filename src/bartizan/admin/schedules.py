"""Schedules: what the platform runs by itself."""

from typing import Final

import msgspec

from bartizan.admin.forms import Page, Paged
from bartizan.admin.route import AnyRoute, Nothing, Route, Tag


class Shown(msgspec.Struct, frozen=True):
    """One schedule. Instants are UTC nanoseconds, 0 is never.

    Attributes:
        name, run, every, at: as configured; `every` 0 is off.
        about: what it does.
        due: when the next run starts, on the wall clock as it stands; 0 where it is off, or under way.
        running, overdue, started, ended, good, runs, outcome, reason, status: of its runs so far.
        by: who asked for the latest run: `time`, `owner`, or a principal by its pseudonym; empty where there was none.
    """

    name: str
    run: str
    about: str
    every: int
    at: int
    due: int
    running: bool
    overdue: bool
    started: int
    ended: int
    good: int
    runs: int
    outcome: str
    reason: str
    status: int
    by: str


LIST: Final[Route[Nothing, Paged, Page[Shown]]] = Route(
    name="list-schedules",
    method="GET",
    path="/schedules",
    action="read-schedules",
    summary="every schedule, those that are off included, in order of name",
    answer=Page[Shown],
    query=Paged,
)
READ: Final[Route[Nothing, Nothing, Shown]] = Route(
    name="read-schedule",
    method="GET",
    path="/schedules/{schedule}",
    action="read-schedules",
    summary="one schedule",
    answer=Shown,
    tag=Tag.SHOWN,
    refusals=(404,),
)
RUN: Final[Route[Nothing, Nothing, Shown]] = Route(
    name="run-schedule",
    method="POST",
    path="/schedules/{schedule}/runs",
    action="run-schedule",
    summary="starts a run now, and returns what is known of it then",
    answer=Shown,
    status=202,
    repeatable=True,
    refusals=(404, 409),
)
ROUTES: Final[tuple[AnyRoute, ...]] = (LIST, READ, RUN)
