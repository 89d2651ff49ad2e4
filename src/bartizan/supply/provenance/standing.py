"""What the graph says of an artifact: whether its chain is closed, and what upstream of it was revoked.

Rules of this file: pure. Closed means grounded: everything that went in, by every step that says it made the artifact, is grounded itself,
and only ingesting begins a chain. What has a cycle above it is never grounded: one of those digests is a lie. Where several steps
say that they made the same artifact, all of them count, so that a claim that is added can only make it worse.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from bartizan.supply.provenance.graph import REVOKED, Graph, Reach
from bartizan.supply.provenance.step import Stage


class Standing(NamedTuple):
    """How an artifact stands.

    Attributes:
        above: what it descends from, itself first, and the steps between.
        origins: ingested artifacts at which its chain begins.
        unmade: artifacts above it, or itself, that no step made.
        endless: artifacts above it, or itself, whose chain comes back to them, or hangs on one that does.
        revoked: artifacts above it, or itself, that were revoked.
        disputed: artifacts above it, or itself, that several steps say they made.
    """

    above: Reach
    origins: tuple[int, ...]
    unmade: tuple[int, ...]
    endless: tuple[int, ...]
    revoked: tuple[int, ...]
    disputed: tuple[int, ...]

    @classmethod
    def nothing(cls) -> "Standing":
        """Return how an artifact stands of which there is nothing on record."""
        return cls(Reach([], []), (), (), (), (), ())

    @property
    def complete(self) -> bool:
        """Whether each thing that went in was made by a step on record, from what was ingested."""
        return not self.unmade and not self.endless

    @property
    def sound(self) -> bool:
        """Whether it is complete and nothing above it was revoked."""
        return self.complete and not self.revoked


def standing(graph: Graph, artifact: int) -> Standing:
    """Return how an artifact stands."""
    above = graph.ancestors(artifact)
    makers = {each: list(graph.makers.of(each)) for each in above.artifacts}
    loose = set(above.artifacts) - _grounded(graph, above, makers, ())
    unmade = [each for each in above.artifacts if not makers[each]]
    endless = loose - _grounded(graph, above, makers, unmade) if len(loose) > len(unmade) else set()
    return Standing(
        above,
        tuple(each for each in above.artifacts if any(_begins(graph, step) for step in makers[each])),
        tuple(unmade),
        tuple(each for each in above.artifacts if each in endless),
        tuple(graph.flagged(above.artifacts, REVOKED)),
        tuple(each for each in above.artifacts if len(makers[each]) > 1),
    )


def _begins(graph: Graph, step: int) -> bool:
    return graph.stage(step) is Stage.INGEST and next(graph.materials.of(step), None) is None


def _grounded(graph: Graph, above: Reach, makers: Mapping[int, list[int]], given: Iterable[int]) -> set[int]:
    """Return the artifacts whose every maker needs only what is grounded; what is given is so, as what a step makes of nothing."""
    missing: dict[int, int] = {}
    waits: dict[
        int, list[int]
    ] = {}  # not `users`, of which a tool that all share has as many as there are steps
    for step in above.steps:
        materials = list(graph.materials.of(step))
        missing[step] = len(materials)
        for material in materials:
            waits.setdefault(material, []).append(step)
    unsure = {each: len(some) for each, some in makers.items()}
    ready = [step for step, count in missing.items() if not count]
    fresh = list(given)
    found = set(fresh)
    while fresh or ready:
        while fresh:
            ready.extend(_freed(waits.get(fresh.pop(), ()), missing))
        if ready:
            fresh = _freed(graph.products.of(ready.pop()), unsure)
            found.update(fresh)
    return found


def _freed(nodes: Iterable[int], counts: dict[int, int]) -> list[int]:
    """Count nodes down that lie above the artifact; return those that wait for nothing any more."""
    found: list[int] = []
    for node in nodes:
        if node in counts:
            counts[node] -= 1
            if not counts[node]:
                found.append(node)
    return found
