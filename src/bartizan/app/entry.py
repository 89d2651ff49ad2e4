"""An event before it has a time: what the control process records."""

import msgspec

from bartizan.identity.principal import Principal
from bartizan.ledger.event import Outcome


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An event before it has a time; fields as in `ledger.event.Event`."""

    kind: str
    actor: str
    subject: str
    outcome: Outcome
    control: str = ""
    detail: dict[str, int | str] = {}


def registered(person: Principal) -> list[Entry]:
    """Return one entry a role, so that who got which is in the record; one without where there is none."""
    details: list[dict[str, int | str]] = [{"role": role} for role in person.roles] or [{}]
    return [
        Entry("access.principal.registered", "owner", person.pseudonym, Outcome.DONE, detail=detail)
        for detail in details
    ]
