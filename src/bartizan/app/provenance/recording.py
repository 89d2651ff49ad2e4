"""Entries about artifacts put on record: through the platform where one runs, else by ourselves.

Rules of this file: digests, numbers and words of ours alone; what people call an artifact does not get into the record.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from bartizan.app.folder import Folder
from bartizan.app.owner import Owner
from bartizan.clock import SystemClock
from bartizan.ledger.event import Outcome
from bartizan.ledger.own import own_segment

_AT_ONCE: Final = 1000
"""Events of one report to the platform."""


class Row(NamedTuple):
    """An entry that is to be written: as in `ledger.event.Event`, by the owner and without a subject."""

    kind: str
    outcome: Outcome
    detail: dict[str, int | str]
    control: str = ""


def put(folder: Folder, rows: Sequence[Row]) -> None:
    """Put entries on record.

    Args:
        folder: the state folder; it is made where there is none.
        rows: in their order.
    Raises:
        PlatformSilent, OwnerRefused, FolderRefused: the record does not take them; some of them may be on it.
        PlatformRunning: a platform is just being started.
    """
    if folder.holder() is None:
        folder.make()
        with folder.locked(), own_segment(folder.root, SystemClock()) as journal:
            for row in rows:
                journal.record(row.kind, "owner", "", row.outcome, row.control, row.detail)
                if journal.sequence % _AT_ONCE == 0:
                    journal.flush()
            journal.flush()
        return
    owner = Owner(folder)
    for at in range(0, len(rows), _AT_ONCE):
        owner.report([_reported(row) for row in rows[at : at + _AT_ONCE]])


def _reported(row: Row) -> dict[str, Any]:
    return {"kind": row.kind, "outcome": row.outcome.value, "control": row.control, "detail": row.detail}
