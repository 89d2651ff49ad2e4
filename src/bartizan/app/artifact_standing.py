"""How kept artifacts stand, out of the record alone."""

from typing import Final

from bartizan.app.folder import Folder
from bartizan.clock import SECOND, Nanoseconds
from bartizan.compliance.posture import Judged
from bartizan.data.controls import integrity_signed
from bartizan.data.subject import Integrity
from bartizan.ledger.database import FILE
from bartizan.ledger.event import Event, Outcome
from bartizan.ledger.query import Query, query

KIND: Final = "data.integrity.verified"


def judged(folder: Folder, now: Nanoseconds) -> tuple[Judged, ...]:
    """Return what the control says of the last verification of all kept artifacts; nothing where there was none.

    Args:
        folder: the state folder; one without a record has none.
        now: UTC nanoseconds.
    """
    if not (folder.ledger / FILE).exists():
        return ()
    last = [*query(folder.ledger, Query(kind=KIND, last=True, limit=1))]
    return tuple(_judged(one.index, one.event, now) for one in last if _number(one.event, "artifacts"))


def _judged(entry: int, event: Event, now: Nanoseconds) -> Judged:
    told = Integrity(
        _number(event, "artifacts"),
        _number(event, "differing"),
        _number(event, "unread"),
        max(0, now - event.at) // SECOND,
    )
    why = "; ".join(finding.what for finding in integrity_signed.judge(told))
    outcome = Outcome.FOUND if why else Outcome.CLEARED
    return Judged(integrity_signed.CONTROL.id, "kept artifacts", outcome, why, event.at, entry)


def _number(event: Event, field: str) -> int:
    found = event.detail.get(field, 0)
    return found if isinstance(found, int) else 0
