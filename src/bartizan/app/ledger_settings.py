"""How the record is kept: `[ledger]`.

Rules of this file: everything is kept for ever unless somebody says how long. What is asked for and cannot be done is
refused where it stands.
"""

import enum
from collections.abc import Iterator
from typing import Annotated, Final

import msgspec

from bartizan.config_form import Fault
from bartizan.ledger.column_engine import EXTRA, available
from bartizan.ledger.note import MOST_SIGNATURES

DAY_SECONDS: Final = 86_400
_UNITS: Final = {"h": 3600, "d": DAY_SECONDS, "y": 365 * DAY_SECONDS}
Kept = Annotated[
    str,
    msgspec.Meta(pattern=r"\A[1-9][0-9]{0,4}[hdy]\Z", description='a span such as "36h", "90d", "7y"'),
]

Quorum = Annotated[int, msgspec.Meta(ge=1, le=(MOST_SIGNATURES - 2) // 2)]


class Durability(enum.Enum):
    """What an admitted request's record survives: the death of any process, or the loss of power."""

    GROUP = "group"
    EVERY = "every"


class Ledger(msgspec.Struct, frozen=True):
    """How the record is kept.

    Attributes:
        durability: of an admitted request's record.
        columns: whether a copy for analysis is kept beside the tree.
        keep_requests: for how long what requests said is kept; None is for ever.
        keep_others: for how long everything else is, but for what the ledger says of itself; None is for ever.
        witnesses: how many of them must have cosigned a checkpoint; None takes all.
    """

    durability: Durability = Durability.GROUP
    columns: bool = False
    keep_requests: Kept | None = None
    keep_others: Kept | None = None
    witnesses: Quorum | None = None


def seconds(kept: str | None) -> int:
    """Return a span in seconds, a year being 365 days; 0 is for ever."""
    return 0 if kept is None else int(kept[:-1]) * _UNITS[kept[-1]]


def keeping(ledger: Ledger) -> Iterator[Fault]:
    """Yield what the section says that no type can refuse."""
    if ledger.columns and not available():
        yield Fault(("ledger", "columns"), f"needs the package duckdb: pip install 'bartizan[{EXTRA}]'")
    if ledger.keep_others is None:
        return
    if ledger.keep_requests is None:
        yield Fault(
            ("ledger", "keep_others"),
            "needs `keep_requests` beside it: requests go with the rest, so say how long they are kept",
        )
    elif seconds(ledger.keep_others) < seconds(ledger.keep_requests):
        yield Fault(
            ("ledger", "keep_others"),
            "must not be shorter than `keep_requests`: requests are the first to go",
        )
