"""How the deployed models stand by where they come from, out of the record alone."""

from collections.abc import Iterable

import msgspec

from bartizan.app.provenance.lineage import Lineage
from bartizan.clock import Nanoseconds
from bartizan.compliance.posture import Judged
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


def judged(of: Lineage, now: Nanoseconds) -> tuple[Judged, ...]:
    """Return what the control says of all deployed models; nothing where none is, and no step is broken.

    Args:
        of: what the record says.
        now: UTC nanoseconds.
    """
    found = checked(of)
    if not found.chains.deployed and not found.chains.broken:
        return ()
    return (said(provenance_complete.CONTROL.id, found.faults, of, now),)


def said(control: str, faults: Iterable[str], of: Lineage, now: Nanoseconds) -> Judged:
    """Return what a control says of all deployed models, now that the record is as it is."""
    why = "; ".join(faults)
    return Judged(
        control, "deployed models", Outcome.FOUND if why else Outcome.CLEARED, why, now, of.size - 1
    )
