"""How the deployed models stand by where they come from, out of the record alone."""

import msgspec

from bartizan.app.folder import Folder
from bartizan.app.provenance.lineage import Lineage, lineage
from bartizan.clock import Nanoseconds
from bartizan.compliance.posture import Judged
from bartizan.ledger.database import FILE
from bartizan.ledger.event import Outcome
from bartizan.supply.controls import provenance_complete
from bartizan.supply.provenance.graph import DEPLOYED, Graph
from bartizan.supply.provenance.standing import Standing, standing
from bartizan.supply.provenance.step import Kind
from bartizan.supply.provenance.told import KINDS_OF_THINGS
from bartizan.supply.subject import Chains


class Checked(msgspec.Struct, frozen=True):
    """What the control is told, and of which models: (digest, standing), those that are not sound first."""

    chains: Chains
    models: tuple[tuple[str, Standing], ...]

    @property
    def faults(self) -> tuple[str, ...]:
        """What the control finds, a sentence each."""
        return tuple(finding.what for finding in provenance_complete.judge(self.chains))


def checked(of: Lineage) -> Checked:
    """Return how every deployed model stands."""
    models = [(of.graph.names[each].hex(), standing(of.graph, each)) for each in live_models(of.graph)]
    models.sort(key=lambda pair: (pair[1].sound, pair[0]))
    broken = len(of.broken) + len(of.unclosed)
    incomplete = sum(not found.complete for _, found in models)
    revoked = sum(bool(found.revoked) for _, found in models)
    return Checked(Chains(len(models), incomplete, revoked, broken), tuple(models))


def live_models(graph: Graph) -> list[int]:
    """Return the numbers of the models that are deployed."""
    model = KINDS_OF_THINGS.index(Kind.MODEL.value)
    return [
        each for each in graph.flagged(range(len(graph.names)), DEPLOYED) if graph.kinds[each] >> model & 1
    ]


def judged(folder: Folder, now: Nanoseconds) -> tuple[Judged, ...]:
    """Return what the control says of all deployed models; nothing where none is, and no step is broken.

    Args:
        folder: the state folder; one without a record has none.
        now: UTC nanoseconds.
    """
    if not (folder.ledger / FILE).exists():
        return ()
    found = lineage(folder)
    seen = checked(found)
    if not seen.chains.deployed and not seen.chains.broken:
        return ()
    why = "; ".join(seen.faults)
    outcome = Outcome.FOUND if why else Outcome.CLEARED
    return (Judged(provenance_complete.CONTROL.id, "deployed models", outcome, why, now, found.size - 1),)
