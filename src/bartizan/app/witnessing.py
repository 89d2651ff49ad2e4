"""What the supervisor makes of what the feeder tells: events, lines of the log, and what `status` shows.

Rules of this file: a finding is an event each time that it begins, and again once an hour while it lasts; so is a witness
that does not cosign, once that has lasted. Both grow the tree, whose new checkpoint is submitted in turn, so nothing is
recorded for every checkpoint.
"""

from typing import TYPE_CHECKING, Final

import msgspec

from bartizan.app import shipping_messages as sm
from bartizan.app.feeding import COSIGNED, FINDINGS, WORDS
from bartizan.clock import MINUTE, Nanoseconds
from bartizan.ledger.event import Outcome

if TYPE_CHECKING:
    from bartizan.app.supervisor import Supervisor

CONTROL: Final = "ledger.intact"
HOURLY: Final = Nanoseconds(60 * MINUTE)
LASTING: Final = Nanoseconds(MINUTE)
"""How long a witness may fail before that is on record: networks have their moments."""


class Standing(msgspec.Struct):
    """How a witness stands.

    Attributes:
        name: as configured.
        word: of `feeding.WORDS`; empty before it was asked.
        size: of the tree that it was asked about last.
        since: when that began, UTC nanoseconds.
        noted: when it was last on record, or 0.
    """

    name: str
    word: str = ""
    size: int = 0
    since: int = 0
    noted: int = 0


class Witnessing:
    """How the witnesses of a platform stand.

    Attributes:
        size: of the largest tree that enough of them have cosigned since the start; 0 before.
        at: when they last did, UTC nanoseconds; 0 before.
        standings: of each witness, in order of configuration.
    """

    def __init__(self, supervisor: "Supervisor") -> None:
        """Know nothing yet."""
        self._s = supervisor
        self.size, self.at = 0, Nanoseconds(0)
        self.standings = {each.name: Standing(each.name) for each in supervisor.plan.witnesses}
        self._noted = Nanoseconds(0)

    def said(self, message: sm.WitnessSaid) -> bool:
        """Take what a witness made of a checkpoint; return whether there is such a witness, and such a word."""
        standing = self.standings.get(message.witness)
        if standing is None or message.word not in WORDS:
            return False
        now = self._s.clock.now()
        changed = message.word != standing.word
        standing.size = message.size
        if changed:
            standing.word, standing.since, standing.noted = message.word, now, 0
            self._s.log.write(
                "supervisor", f"witness {standing.name}: {message.word} at {message.size} entries"
            )
        self._record(standing, now)
        if changed or message.word in FINDINGS:
            self._s.note_change()
        return True

    def look(self) -> None:
        """Record which witnesses have not cosigned for a while."""
        for standing in self.standings.values():
            self._record(standing, self._s.clock.now())

    def _record(self, standing: Standing, now: Nanoseconds) -> None:
        if standing.word in {"", COSIGNED} or (standing.noted and now - standing.noted < HOURLY):
            return
        found = standing.word in FINDINGS
        if not found and now - standing.since < LASTING:
            return
        standing.noted = now
        detail: dict[str, int | str] = {"size": standing.size, "reason": standing.word}
        outcome = Outcome.FOUND if found else Outcome.FAILED
        self._s.record.note("ledger.checkpoint.refused", standing.name, outcome, detail, CONTROL)

    def witnessed(self, message: sm.Witnessed) -> None:
        """Take it that enough witnesses have cosigned a checkpoint."""
        now, first = self._s.clock.now(), not self.size
        self.size, self.at = message.size, now
        if first or now - self._noted >= HOURLY:
            self._noted = now
            detail: dict[str, int | str] = {"size": message.size, "count": message.count}
            self._s.record.note("ledger.checkpoint.witnessed", "", Outcome.DONE, detail, CONTROL)
        self._s.note_change()
