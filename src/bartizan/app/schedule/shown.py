"""What is told of a schedule: between the control process and the owner's commands."""

import msgspec


class Shown(msgspec.Struct, frozen=True):
    """One schedule as `bartizan schedule list` shows it. Instants are UTC nanoseconds, 0 is never.

    Attributes:
        name, run, every, at: as configured; `every` 0 is off.
        about: what it does.
        due: when the next run starts, on the wall clock as it stands; 0 where it is off, or under way.
        running, overdue, started, ended, good, runs, outcome, reason, status, by: as of `due.Kept`.
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
