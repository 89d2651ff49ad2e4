"""How the installation stands now, out of its record: what `status`, `explain` and the transcript show."""

from collections.abc import Mapping

from bartizan.app import artifact_standing
from bartizan.app.catalogue import catalogue
from bartizan.app.evaluation.standing import judged
from bartizan.app.folder import Folder
from bartizan.app.provenance import bills
from bartizan.app.provenance import posture as provenance
from bartizan.app.provenance.lineage import lineage
from bartizan.clock import Nanoseconds
from bartizan.compliance.posture import TRIED, Posture, Proof, fold, posture
from bartizan.ledger.query import every


def standing(folder: Folder, now: Nanoseconds) -> Posture:
    """Return how every promise stands, by a fold over the record.

    Args:
        folder: the state folder; one without a record proves nothing.
        now: UTC nanoseconds.
    """
    proofs: Mapping[str, Proof] = {}
    for entry, event in every(folder.ledger, TRIED):
        proofs = fold(proofs, entry, event)
    known, of = catalogue(), lineage(folder)
    said = (
        *judged(folder, now),
        *artifact_standing.judged(folder, now),
        *provenance.judged(of, now),
        *bills.judged(of, now),
    )
    return posture(proofs, known.promises, known.enforced, known.aims, now, said)
