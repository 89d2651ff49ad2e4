"""Refused calls of the Admin API on their way to the record: counted, so that a flood fills no disk.

Rules of this file: one event a turn for each caller, route and reason, and so many of them at most; what is over that is
counted by reason alone.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import msgspec

from bartizan.app.entry import Entry
from bartizan.control import RAISED
from bartizan.ledger.event import Outcome

MOST: Final = 128
"""Different refusals of one turn that are told apart."""
CALLED: Final = "access.admin.called"
ANYBODY: Final = "anonymous"


class Refusal(msgspec.Struct, frozen=True, order=True):
    """What is counted together: pseudonym of who asks or of its network, the route, the control that refused, and why."""

    actor: str
    operation: str
    control: str
    reason: str


class CallRefusals:
    """The refusals since the last look."""

    def __init__(self) -> None:
        """None yet."""
        self._counted: Counter[Refusal] = Counter()

    def count(self, refusal: Refusal) -> None:
        """Count one."""
        if refusal not in self._counted and len(self._counted) >= MOST:
            refusal = Refusal(ANYBODY, "", refusal.control, refusal.reason)
        self._counted[refusal] += 1

    def take(self) -> Sequence[Entry]:
        """Return what is to be recorded, and begin anew."""
        counted, self._counted = self._counted, Counter()
        return [_entry(each, many) for each, many in sorted(counted.items())]


def _entry(refused: Refusal, many: int) -> Entry:
    detail: dict[str, int | str] = {"reason": refused.reason, "count": many}
    if refused.operation:
        detail["operation"] = refused.operation
    outcome = Outcome.FAILED if refused.reason == RAISED else Outcome.DENIED
    return Entry(CALLED, refused.actor, "", outcome, refused.control, detail)
