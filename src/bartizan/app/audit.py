"""The audit: the whole record verified, judged by its control, and put on record itself.

Rules of this file: it reads the record like anybody (`ledger/verify.py`) and has no key. It believes the public keys that
lie beside the ledger: who can replace both is found only by who kept a copy elsewhere (docs/ledger.md). What it found
good it remembers, and what is shorter or another history than that is never good again.
"""

from typing import Any

from bartizan.app.folder import Folder
from bartizan.app.owner import Owner
from bartizan.app.schedule.runs import Status
from bartizan.compliance.controls import ledger_intact
from bartizan.compliance.subject import LedgerCheck
from bartizan.ledger.event import Outcome
from bartizan.ledger.installation import load_verifiers, read_small, write_whole
from bartizan.ledger.verify import Verification, verify


class NothingToAudit(LookupError):
    """There is no ledger, or no keys to verify it with."""

    def __init__(self, folder: Folder) -> None:
        """Name the folder."""
        super().__init__(f"there is no ledger with its public keys in {folder.ledger}")


def audit(folder: Folder) -> int:
    """Verify the record of a running platform, and report what was found to it; return how it went.

    Raises:
        NothingToAudit, PlatformSilent, OwnerRefused: then nothing is on record, and the audit was not carried out.
    """
    keys = load_verifiers(folder.ledger)
    if keys is None:
        raise NothingToAudit(folder)
    found = verify(folder.ledger, keys, read_small(folder.audited) if folder.audited.exists() else None)
    faulty = bool(ledger_intact.judge(LedgerCheck(found.entries, found.words, found.level.value)))
    if found.intact and found.note:
        write_whole(folder.audited, found.note)
    Owner(folder).report([_event(found, faulty=faulty)])
    return Status.FOUND if faulty else Status.CLEAN


def _event(found: Verification, *, faulty: bool) -> dict[str, Any]:
    return {
        "kind": "compliance.ledger.verified",
        "outcome": (Outcome.FOUND if faulty else Outcome.CLEARED).value,
        "control": ledger_intact.CONTROL.id,
        "detail": {"entries": found.entries, "faults": found.count},
    }
