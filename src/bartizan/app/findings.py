"""Importing what other tools found: read, put on record once, through the platform where one runs.

Rules of this file: a document is known by its digest. What is on record of it already is not recorded again, so that an
import that was cut off is finished by another one.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from bartizan.app.folder import Folder
from bartizan.app.owner import Owner
from bartizan.clock import SystemClock
from bartizan.config import read_octets
from bartizan.connectors import ocsf_findings, sarif
from bartizan.connectors.findings import KIND, LARGEST, Read, Row, rows, subject
from bartizan.ledger.database import FILE
from bartizan.ledger.event import Outcome
from bartizan.ledger.own import own_segment
from bartizan.ledger.query import MOST, Query, query

READERS: Final[Mapping[str, Callable[[bytes], Read]]] = {"ocsf": ocsf_findings.read, "sarif": sarif.read}
"""Format -> what reads it."""
_AT_ONCE: Final = 500
"""Events of one report to the platform."""
_CLEARED: Final = {True: Outcome.CLEARED, False: Outcome.FOUND}


_Key = tuple[Outcome, frozenset[tuple[str, int | str]]]
"""What makes two events of one document the same."""


class Imported(msgspec.Struct, frozen=True):
    """What came of it.

    Attributes:
        document: digest of the document, hexadecimal.
        rows: what it says, each tool, rule and severity once.
        new: how many of them were not on record.
        left: things of the document that are no findings.
    """

    document: str
    rows: tuple[Row, ...]
    new: int
    left: int


def bring(file: Path, form: str, folder: Folder) -> Imported:
    """Put on record what a document of findings says, and return it.

    Args:
        file: the document.
        form: a key of `READERS`.
        folder: the state folder.
    Raises:
        ConfigurationUnreadable: the file cannot be read.
        DocumentRefused: it is no such document.
        OwnerRefused, FolderRefused, LedgerUnreadable: the record does not take it.
    """
    octets = read_octets(file, LARGEST)
    read = READERS[form](octets)
    found = rows(form, octets, read)
    about = subject(form, octets)
    known = _known(folder, about)
    new = tuple(row for row in found if _key(_CLEARED[row.cleared], row.detail) not in known)
    if new:
        _record(folder, about, new)
    document = str(found[0].detail["document"]) if found else ""
    return Imported(document, found, len(new), read.left)


def _known(folder: Folder, about: str) -> frozenset[_Key]:
    """Return what is on record of a document already."""
    if not (folder.ledger / FILE).exists():
        return frozenset()
    entries = query(folder.ledger, Query(kind=KIND, subject=about, limit=MOST))
    return frozenset(_key(entry.event.outcome, entry.event.detail) for entry in entries)


def _key(outcome: Outcome, detail: Mapping[str, int | str]) -> _Key:
    return outcome, frozenset(detail.items())


def _record(folder: Folder, about: str, new: Sequence[Row]) -> None:
    if folder.holder() is None:
        _by_ourselves(folder, about, new)
        return
    owner = Owner(folder)
    for at in range(0, len(new), _AT_ONCE):
        owner.report([_reported(about, row) for row in new[at : at + _AT_ONCE]])


def _by_ourselves(folder: Folder, about: str, new: Sequence[Row]) -> None:
    """Fill the ledger where no platform does.

    Raises:
        PlatformRunning: one is just being started.
    """
    folder.make()
    with folder.locked(), own_segment(folder.root, SystemClock()) as journal:
        for row in new:
            journal.record(KIND, "owner", about, _CLEARED[row.cleared], "", row.detail)
        journal.flush()


def _reported(about: str, row: Row) -> dict[str, Any]:
    return {"kind": KIND, "subject": about, "outcome": _CLEARED[row.cleared].value, "detail": row.detail}
