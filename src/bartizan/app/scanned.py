"""Files that were scanned, on record: each by its digest, with its verdict.

Rules of this file: digests, numbers and words of ours alone; no file's name or text gets into the record.
"""

import re
from collections.abc import Sequence
from typing import Any, Final

from bartizan.app.folder import Folder
from bartizan.app.owner import Owner
from bartizan.clock import SystemClock
from bartizan.ledger.event import Outcome
from bartizan.ledger.own import own_segment
from bartizan.supply.controls import model_file_inert
from bartizan.supply.scan import Scanned
from bartizan.supply.subject import Standing

KIND: Final = "supply.artifact.scanned"
_AT_ONCE: Final = 500
"""Events of one report to the platform."""
_NAME: Final = re.compile(r"[a-z][a-z0-9._-]{0,62}")
_OTHER: Final = "other"
_OUTCOMES: Final = {
    Standing.INERT: Outcome.CLEARED,
    Standing.CODE: Outcome.FOUND,
    Standing.MALICIOUS: Outcome.FOUND,
    Standing.UNKNOWN: Outcome.FAILED,
}


def record(files: Sequence[Scanned], folder: Folder) -> int:
    """Put files on record, through the platform where one runs; return how many.

    Args:
        files: what is said of them; those that could not be read have no digest and are no artifacts.
        folder: the state folder.
    Raises:
        PlatformSilent, OwnerRefused, FolderRefused: the record does not take them.
    """
    return put([_reported(each) for each in files if each.sha256], folder)


def put(events: Sequence[dict[str, Any]], folder: Folder) -> int:
    """Put events of the owner's on record, through the platform where one runs; return how many.

    Raises:
        PlatformSilent, OwnerRefused, FolderRefused: the record does not take them.
    """
    if folder.holder() is None:
        _by_ourselves(folder, events)
        return len(events)
    owner = Owner(folder)
    for at in range(0, len(events), _AT_ONCE):
        owner.report(list(events[at : at + _AT_ONCE]))
    return len(events)


def _by_ourselves(folder: Folder, events: Sequence[dict[str, Any]]) -> None:
    """Fill the ledger where no platform does.

    Raises:
        PlatformRunning: one is just being started.
    """
    folder.make()
    with folder.locked(), own_segment(folder.root, SystemClock()) as journal:
        for each in events:
            outcome = Outcome(each["outcome"])
            journal.record(each["kind"], "owner", each["subject"], outcome, each["control"], each["detail"])
        journal.flush()


def _reported(each: Scanned) -> dict[str, Any]:
    return {
        "kind": KIND,
        "subject": subject(each.sha256),
        "outcome": _OUTCOMES[each.file.standing].value,
        "control": model_file_inert.CONTROL.id,
        "detail": _detail(each),
    }


def subject(sha256: str) -> str:
    """Return an artifact's name on record."""
    return f"sha256-{sha256[:32]}"


def _detail(each: Scanned) -> dict[str, int | str]:
    word = {"word": name(each.findings[0].reason)} if each.findings else {}
    return {
        "digest": each.sha256,
        "octets": each.file.octets,
        "format": name(each.file.format),
        "verdict": each.file.standing.value,
        "findings": len(each.findings),
        **word,
    }


def name(word: str) -> str:
    """Return a word of ours as the record takes it."""
    return word if _NAME.fullmatch(word) else _OTHER
