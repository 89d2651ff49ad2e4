"""Refusals that anybody can cause, counted instead of written one by one.

Rules of this file: a stranger's refusals, and those of a principal beyond its rate, become at most 1,024
entries of the ledger a second: one for each source and reason, with a count. So they cannot fill the disk.
"""

from typing import Final

import msgspec

from bartizan.control import RAISED
from bartizan.gateway.ports import Recorder
from bartizan.ledger.event import Outcome

KEYS: Final = 1024
"""Sources and reasons that are told apart in one interval; the rest is counted together."""


class Key(msgspec.Struct, frozen=True):
    """What is counted together.

    Attributes:
        source: pseudonym of a principal or of an address prefix, or `anonymous`.
        reason, control: of the refusal.
        status: of the answer.
    """

    source: str
    reason: str
    control: str
    status: int


class Refusals:
    """The refusals of the current interval."""

    __slots__ = ("_counts",)

    def __init__(self) -> None:
        """Start with none."""
        self._counts: dict[Key, int] = {}

    def count(self, key: Key, more: int = 1) -> None:
        """Count one more, or some; where too many keys are told apart already, without telling which."""
        if not more:
            return
        counts = self._counts
        if key not in counts and len(counts) >= KEYS:
            key = Key("anonymous", "overflow", "", 0)
        counts[key] = counts.get(key, 0) + more

    def write(self, journal: Recorder) -> int:
        """Add the interval's entries to the journal, start the next interval, return how many were added.

        Raises:
            JournalUnwritable: of the journal.
        """
        counts, self._counts = self._counts, {}
        for key, count in counts.items():
            detail: dict[str, int | str] = {"reason": key.reason, "status": key.status, "count": count}
            outcome = Outcome.FAILED if key.reason == RAISED else Outcome.DENIED
            journal.record("gateway.request.refused", key.source, "", outcome, key.control, detail)
        return len(counts)
