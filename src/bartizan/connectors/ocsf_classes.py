"""Which class of OCSF an event is, and which of its activities.

Rules of this file: data. A kind that is not here is a Detection Finding where something was found or cleared, and else
a Base Event, so that a new kind is told from its first day on, only less well.
Source: OCSF schema, classes by category.
"""

from collections.abc import Mapping
from typing import Final

from bartizan.ledger.event import Event, Outcome

BASE, EVENT_LOG = 0, 1008
DETECTION = 2004
ACCOUNT, AUTHENTICATION = 3001, 3002
LIFECYCLE, API, SCAN = 6002, 6003, 6007
OTHER: Final = 99
CREATE, CLOSE = 1, 3
"""Activities of a finding."""

_KINDS: Final[Mapping[str, tuple[int, int]]] = {
    "ledger.segment.opened": (EVENT_LOG, 6),
    "ledger.segment.closed": (EVENT_LOG, 5),
    "ledger.segment.recovered": (EVENT_LOG, 8),
    "ledger.entries.pruned": (EVENT_LOG, 2),
    "platform.process.started": (LIFECYCLE, 3),
    "platform.process.died": (LIFECYCLE, 4),
    "platform.state.published": (LIFECYCLE, 8),
    "platform.schedule.set": (LIFECYCLE, 8),
    "platform.schedule.started": (LIFECYCLE, 3),
    "platform.schedule.finished": (LIFECYCLE, 4),
    "platform.connector.restarted": (LIFECYCLE, 5),
    "platform.connector.skipped": (LIFECYCLE, OTHER),
    "gateway.request.admitted": (API, OTHER),
    "gateway.request.completed": (API, OTHER),
    "gateway.request.refused": (API, OTHER),
    "gateway.upstream.opened": (LIFECYCLE, 7),
    "gateway.upstream.closed": (LIFECYCLE, 6),
    "gateway.credential.rotated": (LIFECYCLE, 8),
    "access.token.issued": (AUTHENTICATION, 1),
    "access.token.refused": (AUTHENTICATION, 1),
    "access.token.revoked": (AUTHENTICATION, 2),
    "access.principal.registered": (ACCOUNT, 1),
    "access.principal.changed": (ACCOUNT, OTHER),
    "access.principal.revoked": (ACCOUNT, 5),
    "access.principal.erased": (ACCOUNT, 6),
    "access.signal.heeded": (AUTHENTICATION, 2),
    "drill.run.started": (SCAN, 1),
    "drill.run.finished": (SCAN, 2),
    "ledger.segment.altered": (DETECTION, CREATE),
}
_NOTED: Final = frozenset({Outcome.FOUND, Outcome.CLEARED})


def classify(event: Event) -> tuple[int, int]:
    """Return `class_uid` and `activity_id`."""
    known = _KINDS.get(event.kind)
    if known is not None:
        return known
    if event.outcome in _NOTED:
        return DETECTION, CLOSE if event.outcome is Outcome.CLEARED else CREATE
    return BASE, OTHER
