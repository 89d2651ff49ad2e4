"""Every route of the Admin API, bound to what carries it out."""

from pathlib import Path

import msgspec
from starlette.routing import Route

from bartizan.app.admin.cursor import Cursors
from bartizan.app.admin.gate import Gate
from bartizan.app.admin.repeats import Repeats
from bartizan.app.approvals import Approvals
from bartizan.app.consents import Consents
from bartizan.app.control import Registrar
from bartizan.app.devices import Devices
from bartizan.app.evidence import Evidence
from bartizan.app.held import HeldRequests
from bartizan.app.issuers import Issuers
from bartizan.app.messages import AdminReach
from bartizan.app.people import People
from bartizan.app.rotation import Rotation
from bartizan.app.schedule.keep import Scheduler
from bartizan.http.admin.call import Bound
from bartizan.http.admin.callers import over_network, owner
from bartizan.http.admin.consents import KnownConsents
from bartizan.http.admin.devices import KnownDevices
from bartizan.http.admin.evidence import KeptEvidence
from bartizan.http.admin.held import Waiting
from bartizan.http.admin.issuer import IssuerKeys
from bartizan.http.admin.links import Links
from bartizan.http.admin.platform import Facts, Platform
from bartizan.http.admin.policies import Versions
from bartizan.http.admin.principals import Principals
from bartizan.http.admin.record import Record
from bartizan.http.admin.router import paths
from bartizan.http.admin.schedules import Schedules
from bartizan.http.admin.signins import SignIns
from bartizan.http.admin.tokens import Tokens
from bartizan.identity.strength import Strength


class Parts(msgspec.Struct, frozen=True):
    """What the routes ask.

    Attributes:
        registrar: registers, issues, revokes.
        rotation: of the issuer's key.
        scheduler: keeps schedules.
        issuers: external ones.
        people: signs people in.
        approvals: of second persons.
        devices: admits them.
        consents: what people let applications do.
        facts: what the process was told.
        ledger: folder of the tree.
        repeats: what was answered to requests with a key.
        evidence: what the guard found, kept sealed.
        held: requests that wait for somebody to release them.
    """

    registrar: Registrar
    rotation: Rotation
    scheduler: Scheduler
    issuers: Issuers
    people: People
    approvals: Approvals
    devices: Devices
    consents: Consents
    facts: Facts
    ledger: Path
    repeats: Repeats
    evidence: Evidence
    held: HeldRequests


class Administration(msgspec.Struct, frozen=True):
    """The Admin API as web applications have it: at the owner's socket, and behind the gateway, where it may be nothing."""

    own: list[Route]
    networked: list[Route]


def administration(
    parts: Parts, gate: Gate, reach: AdminReach, strength: Strength | None = None
) -> Administration:
    """Return the Admin API.

    Args:
        parts: what its routes ask.
        gate: lets calls in over the network.
        reach: what opens it there.
        strength: how a person must have signed in who calls there; None where it may be a program.
    """
    bound = assemble(parts)
    own = paths(bound, owner, parts.repeats, local=True)
    if reach == "local":
        return Administration(own, [])
    admit = over_network(gate, parts.facts.issuer, bound=reach == "bound", strength=strength)
    return Administration(own, paths(bound, admit, parts.repeats, local=False))


def assemble(parts: Parts) -> tuple[Bound, ...]:
    """Return every route of the table, each once."""
    registrar, cursors = parts.registrar, Cursors()
    return (
        *Platform(registrar, parts.facts, cursors).bound(),
        *Principals(registrar, parts.issuers, parts.approvals, cursors).bound(),
        *KnownConsents(registrar, parts.consents, cursors).bound(),
        *Tokens(registrar, cursors).bound(),
        *IssuerKeys(parts.rotation).bound(),
        *Links(parts.people, parts.approvals).bound(),
        *KnownDevices(parts.devices, cursors).bound(),
        *Versions(registrar, cursors).bound(),
        *SignIns(registrar, parts.facts.signins, cursors).bound(),
        *Schedules(parts.scheduler, cursors).bound(),
        *KeptEvidence(parts.evidence, cursors).bound(),
        *Waiting(parts.held, cursors).bound(),
        *Record(registrar, parts.ledger, cursors).bound(),
    )
