"""Verification of the kept artifacts as a run of a schedule: each against its attestation, all of it on record."""

from pathlib import Path
from typing import Any

from bartizan.app.artifacts import Kept, kept, read, verified_event
from bartizan.app.folder import Folder
from bartizan.app.owner import Owner
from bartizan.app.schedule.runs import Status
from bartizan.artifact.dsse import MOST_OCTETS
from bartizan.artifact.errors import ArtifactFault
from bartizan.artifact.keys import parsed
from bartizan.data.controls import integrity_signed
from bartizan.data.subject import Integrity
from bartizan.ledger.event import Outcome
from bartizan.supply.verify import Verified, verify


def carry_out(folder: Folder) -> int:
    """Verify every kept artifact, and report what was found to the platform; return how it went.

    Raises:
        PlatformSilent, OwnerRefused: then nothing is on record, and it was not carried out.
    """
    every = [_verified(one) for one in kept(folder)]
    found = [one for one in every if one is not None]
    result = Integrity(len(every), sum(not one.holds for one in found), len(every) - len(found), 0)
    faulty = bool(integrity_signed.judge(result))
    Owner(folder).report(
        [*(verified_event(one, "attestation") for one in found), _event(result, faulty=faulty)]
    )
    return Status.FOUND if faulty else Status.CLEAN


def _verified(one: Kept) -> Verified | None:
    """Return what verifying one came to; None where it could not be."""
    try:
        octets = read(Path(one.attestation), MOST_OCTETS, "its attestation is gone")
        return verify(Path(one.path), octets, parsed(one.trusted.encode()))
    except (ArtifactFault, OSError):
        return None


def _event(result: Integrity, *, faulty: bool) -> dict[str, Any]:
    return {
        "kind": "data.integrity.verified",
        "outcome": (Outcome.FOUND if faulty else Outcome.CLEARED).value,
        "control": integrity_signed.CONTROL.id,
        "detail": {"artifacts": result.artifacts, "differing": result.differing, "unread": result.unread},
    }
