"""Refused requests of clients on their way to the record: counted, so that a flood fills no disk.

Rules of this file: one event a second for each source, reason and known principal, and so many of them at most; what is
over that is counted by reason alone. Who is not known is nobody: no name that a client sent is kept.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import msgspec

from bartizan.access.controls import request_authenticated
from bartizan.app.entry import Entry
from bartizan.ledger.event import Outcome

MOST: Final = 128
"""Different refusals of one turn that are told apart."""
ANYBODY: Final = "anonymous"


class Refusal(msgspec.Struct, frozen=True, order=True):
    """What is counted together.

    Attributes:
        source: pseudonym of the address prefix, or `anonymous`.
        principal: pseudonym of whose client it was, where one of that id is registered; else empty.
        reason: word of the fault.
    """

    source: str
    principal: str
    reason: str


class TokenRefusals:
    """The refusals since the last look."""

    def __init__(
        self, kind: str = "access.token.refused", control: str = request_authenticated.CONTROL.id
    ) -> None:
        """None yet; they are events of this kind, refused by this control."""
        self._kind, self._control = kind, control
        self._counted: Counter[Refusal] = Counter()

    def count(self, source: str, principal: str, reason: str) -> None:
        """Count one."""
        refusal = Refusal(source or ANYBODY, principal, reason)
        if refusal not in self._counted and len(self._counted) >= MOST:
            refusal = Refusal(ANYBODY, "", reason)
        self._counted[refusal] += 1

    def take(self) -> Sequence[Entry]:
        """Return what is to be recorded, and begin anew."""
        counted, self._counted = self._counted, Counter()
        return [
            Entry(
                self._kind,
                each.source,
                each.principal,
                Outcome.DENIED,
                self._control,
                {"reason": each.reason, "count": many},
            )
            for each, many in sorted(counted.items())
        ]
