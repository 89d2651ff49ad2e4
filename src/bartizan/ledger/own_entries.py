"""What the sequencer itself says in the tree: of segments that ended badly, and of requests that nobody finished.

Rules of this file: these entries have a segment's number of their own, one sequence, and instants that never decrease.
They are said within the change that they tell of.
"""

from collections.abc import Iterable
from typing import Final

from bartizan.clock import Clock
from bartizan.ledger.entry import OWN_SEGMENT
from bartizan.ledger.event import Event, Outcome, encode
from bartizan.ledger.grammar import columns_of
from bartizan.ledger.pending import COMPLETED, Admitted
from bartizan.ledger.pruned import KIND as PRUNED
from bartizan.ledger.pruned import Range
from bartizan.ledger.stored_tree import StoredTree
from bartizan.ledger.tail import Tailed

CONTROL: Final = "ledger.intact"
"""Id of the control that altered segments count against."""


class OwnEntries:
    """Those of one ledger.

    Attributes:
        sequence: of the next one.
        at: instant of the last one.
    """

    def __init__(self, tree: StoredTree, clock: Clock, sequence: int, at: int) -> None:
        """Go on after the last one.

        Args:
            tree: where they go.
            clock: stamps them.
            sequence, at: as the attributes.
        """
        self._tree, self._clock, self.sequence, self.at = tree, clock, sequence, at

    def recovered(self, segment: Tailed, torn: int) -> None:
        """Say that a dead writer's segment was finished, and how many octets of a torn record were cut off."""
        detail: dict[str, int | str] = {"segment": segment.number, "records": segment.sequence, "torn": torn}
        self._say("ledger.segment.recovered", Outcome.DONE, detail)

    def altered(self, number: int, sequence: int, fault: str) -> None:
        """Say that a segment was stopped at a record that does not fit.

        Args:
            number: of the segment.
            sequence: of the record.
            fault: a word of `vocabulary.FAULT`.
        """
        detail: dict[str, int | str] = {"segment": number, "sequence": sequence, "fault": fault}
        self._say("ledger.segment.altered", Outcome.FOUND, detail, control=CONTROL)

    def pruned(self, what: Range) -> None:
        """Say that the bodies of expired entries are gone."""
        self._say(PRUNED, Outcome.DONE, what.detail)

    def lost(self, requests: Iterable[Admitted]) -> None:
        """Say that requests were admitted and will not be completed."""
        for each in requests:
            detail: dict[str, int | str] = {"admitted": each.sequence, "reason": "lost"}
            self._say(COMPLETED.decode(), Outcome.FAILED, detail, actor=each.actor, subject=each.request)

    def _say(
        self,
        kind: str,
        outcome: Outcome,
        detail: dict[str, int | str],
        *,
        actor: str = "platform",
        subject: str = "",
        control: str = "",
    ) -> None:
        self.at = max(self.at, self._clock.now())
        event = Event(self.at, kind, actor, subject, outcome, control, detail)
        self._tree.append(OWN_SEGMENT, self.sequence, [encode(event)], columns_of([event]))
        self.sequence += 1
