"""Artifacts that may not be used any more, and everything that hangs on them.

Rules of this file: what is deployed and descends from a revoked artifact is named on record, one entry each, so that whoever reads the
record (connectors, the console, people) is told without asking.
"""

from typing import Final, Literal

import msgspec

from bartizan.app.folder import Folder
from bartizan.app.provenance.lineage import lineage
from bartizan.app.provenance.recording import Row, put
from bartizan.ledger.event import Outcome
from bartizan.supply.controls import provenance_complete
from bartizan.supply.provenance.fold import REINSTATES, RETIRES, REVOKES
from bartizan.supply.provenance.graph import DEPLOYED

TAINTED: Final = "supply.artifact.tainted"
REASONS: Final = ("poisoned", "licence", "personal-data", "vulnerable", "withdrawn", "mistake")


class Revoked(msgspec.Struct, frozen=True):
    """What a revocation reaches: how many descendants, and digests of those that are deployed, itself included."""

    descendants: int
    deployed: tuple[str, ...]


def revoke(folder: Folder, digest: str, reason: str) -> Revoked:
    """Put on record that an artifact may not be used any more, and what is deployed in spite of that.

    Args:
        folder: the state folder.
        digest: of the artifact; the record need not have had it.
        reason: a word of `REASONS`.
    Raises:
        LedgerUnreadable; what `put` raises.
    """
    graph = lineage(folder).graph
    number = graph.names.find(bytes.fromhex(digest))
    below = graph.descendants(number).artifacts if number >= 0 else []
    live = tuple(graph.names[each].hex() for each in graph.flagged(below, DEPLOYED))
    found = Revoked(max(0, len(below) - 1), live)
    detail: dict[str, int | str] = {
        "digest": digest,
        "reason": reason,
        "descendants": found.descendants,
        "deployed": len(live),
    }
    tainted = [
        Row(TAINTED, Outcome.FOUND, {"digest": each, "revoked": digest}, provenance_complete.CONTROL.id)
        for each in live
    ]
    put(folder, [Row(REVOKES, Outcome.DENIED, detail), *tainted])
    return found


def change(folder: Folder, digest: str, what: Literal["reinstate", "retire"]) -> None:
    """Put on record that an artifact may be used again, or that it is deployed no longer.

    Raises:
        what `put` raises.
    """
    kind, outcome = (REINSTATES, Outcome.ALLOWED) if what == "reinstate" else (RETIRES, Outcome.DONE)
    put(folder, [Row(kind, outcome, {"digest": digest})])
