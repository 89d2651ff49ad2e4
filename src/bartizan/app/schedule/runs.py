"""What can be run on a schedule: a closed set, one row each.

Rules of this file: a room that has something to run adds one row, and nothing else changes. Read with the configuration,
so it imports nothing of what it names: a run is imported by the process that carries it out, and by no other.
"""

import enum
from collections.abc import Mapping
from typing import Final

import msgspec

AUDIT: Final = "audit"


class Status(enum.IntEnum):
    """How the process of a run says that it was carried out; every other end is a failure.

    An interpreter that cannot start, or that something stops, ends with 1 or 2: neither may be taken for a word of a run.
    """

    CLEAN = 0
    FOUND = 10


class Run(msgspec.Struct, frozen=True):
    """One thing that can be run.

    Attributes:
        name: as `run` in the configuration has it.
        about: what it does, as `bartizan schedule list` shows it.
        acts: `module:function`; the function takes the state folder and returns a `Status`, or 3 where it could not tell.
        most_seconds: after which it is ended.
        every: seconds between two runs where the configuration says nothing; 0 where it then does not run.
        control: whose evidence it is, or empty; when it is overdue, the finding is that control's.
        nice: how much of the processor's time it leaves to others, 0 to 19.
    """

    name: str
    about: str
    acts: str
    most_seconds: int
    every: int = 0
    control: str = ""
    nice: int = 0


_ROWS: Final = (
    Run(
        AUDIT,
        "verifies the whole record and puts on record what it found",
        "bartizan.app.audit:audit",
        3600,
        every=86_400,
        control="compliance.audit-current",
        nice=10,
    ),
    Run("drill", "attacks this platform as a stranger would", "bartizan.app.schedule.drill:drill", 900),
    Run(
        "artifacts",
        "verifies every artifact that `bartizan verify --keep` was told of",
        "bartizan.app.artifact_round:carry_out",
        3600,
        control="data.integrity-signed",
        nice=10,
    ),
)
RUNS: Final[Mapping[str, Run]] = {run.name: run for run in _ROWS}
"""Name -> what it is."""
