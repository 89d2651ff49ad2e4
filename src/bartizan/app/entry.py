"""An event before it has a time: what the control process records."""

import msgspec

from bartizan.ledger.event import Outcome


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An event before it has a time; fields as in `ledger.event.Event`."""

    kind: str
    actor: str
    subject: str
    outcome: Outcome
    control: str = ""
    detail: dict[str, int | str] = {}
