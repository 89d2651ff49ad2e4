"""One valid body of each kind that the Admin API takes, and one name for each open segment: no route can do without."""

from typing import Any

import msgspec

from bartizan.admin.devices import Admission
from bartizan.admin.evidence import Opening, Purpose
from bartizan.admin.held import Decision
from bartizan.admin.issuer import RotationWanted
from bartizan.admin.links import LinkWanted
from bartizan.admin.policies import Earlier, Policies, Tagged
from bartizan.admin.principals import KeysGiven, Registration
from bartizan.admin.record import Report, Reported
from bartizan.admin.route import AnyRoute
from bartizan.admin.tokens import TokenWanted
from bartizan.ledger.event import Outcome

SEGMENTS = {
    "principal": "workload.nobody",
    "application": "workload.nobody",
    "token": "t-0011223344556677",
    "version": "999999",
    "service": "nothing",
    "schedule": "nothing",
    "device": "device.nobody",
    "about": "p-0011223344556677",
    "fingerprint": "0" * 64,
    "evidence": "e-0011223344556677",
    "request": "q-0011223344556677",
    "entry": "999999999",
}
"""Of their forms, and of nothing that is there."""
BODIES: dict[type, Any] = {
    Registration: Registration("somebody"),
    TokenWanted: TokenWanted(),
    LinkWanted: LinkWanted(),
    KeysGiven: KeysGiven("{}"),
    RotationWanted: RotationWanted(),
    Admission: Admission("0" * 64),
    Policies: Policies({"a.cedar": "permit ("}),
    Earlier: Earlier(999_999),
    Opening: Opening(Purpose.TRIAGE),
    Decision: Decision(release=True, purpose=Purpose.TRIAGE),
    Tagged: Tagged((), ()),
    Report: Report((Reported("drill.run.started", Outcome.DONE),)),
}


def target(route: AnyRoute) -> str:
    """Return a whole path of a route."""
    return route.at(**{name: SEGMENTS[name] for name in route.segments})


def body(route: AnyRoute) -> bytes:
    """Return a body that a route takes."""
    return msgspec.json.encode(BODIES[route.body]) if route.takes_body else b""
