"""The record read into the graph, entry by entry, in the order of the tree.

Rules of this file: pure. What an entry says is taken as somebody wrote it, and what is not of the form is passed over: it then counts for
nothing, and a step that needs it is told as broken. The last word counts where an artifact is revoked, reinstated, deployed or retired.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Final

from bartizan.supply.provenance.graph import DEPLOYED, REVOKED, Graph
from bartizan.supply.provenance.packed import MOST_BROKEN, Broken
from bartizan.supply.provenance.step import Stage, Step, Use
from bartizan.supply.provenance.told import KINDS_OF_THINGS, MADE, RECORDED, USED, Assembly, Detail, Part

REVOKES: Final = "supply.artifact.revoked"
REINSTATES: Final = "supply.artifact.reinstated"
RETIRES: Final = "supply.artifact.retired"
DISARMS: Final = "supply.artifact.disarmed"
ROOM: Final = "supply"
"""What the kinds of all entries begin with that are read here."""
_BITS: Final = {word: 1 << place for place, word in enumerate(KINDS_OF_THINGS)}


class Fold:
    """Reads entries into a graph.

    Attributes:
        graph: what they add up to.
        broken: entries that close a step which does not add up, the first ones.
        count: artifacts, in steps, that were read.
    """

    __slots__ = ("_assembly", "broken", "count", "graph")

    def __init__(
        self, graph: Graph, parts: Mapping[str, Iterable[Part]] | None = None, broken: Iterable[Broken] = ()
    ) -> None:
        """Go on with a graph, what was open, and what was broken."""
        self.graph, self.count = graph, 0
        self.broken = list(broken)
        self._assembly = Assembly({name: set(some) for name, some in (parts or {}).items()})

    @property
    def parts(self) -> dict[str, tuple[Part, ...]]:
        """Artifacts of steps that are not closed."""
        return {name: tuple(some) for name, some in self._assembly.parts.items()}

    def take(self, number: int, kind: str, detail: Detail) -> None:
        """Read an entry.

        Args:
            number: of the entry.
            kind: of the event; detail: of it.
        """
        if kind in {USED, MADE}:
            self._assembly.part(kind, detail)
            self.count += 1
        elif kind == RECORDED:
            self._close(number, detail)
        else:
            self._fact(number, kind, detail)

    def _close(self, number: int, detail: Detail) -> None:
        found = self._assembly.closed(detail)
        if found is not None:
            self._add(found, number)
            return
        name = str(detail.get("step", ""))
        known = self.graph.steps.find(_octets(name)) >= 0
        if not known and len(self.broken) < MOST_BROKEN:
            self.broken.append(Broken(name, number))

    def _add(self, step: Step, number: int) -> None:
        graph = self.graph
        materials, products = self._numbers(step.materials), self._numbers(step.products)
        fresh = graph.add(bytes.fromhex(step.id), step.stage, number, (materials, products))
        if fresh and step.stage is Stage.DEPLOY:
            for artifact in materials:
                graph.flags[artifact] |= DEPLOYED

    def _numbers(self, uses: Iterable[Use]) -> list[int]:
        found: list[int] = []
        for use in uses:
            artifact = self.graph.artifact(bytes.fromhex(use.digest))
            self.graph.kinds[artifact] |= _BITS[use.kind]
            found.append(artifact)
        return found

    def _fact(self, number: int, kind: str, detail: Detail) -> None:
        digest = _octets(str(detail.get("digest", "")))
        if not digest:
            return
        artifact = self.graph.artifact(digest)
        self.graph.facts.add(artifact, number)
        if kind == DISARMS and (step := disarming(detail)):
            rebuilt = self.graph.artifact(bytes.fromhex(str(detail["rebuilt"])))
            self.graph.add(step, Stage.DISARM, number, ((artifact,), (rebuilt,)))
        flags = self.graph.flags[artifact]
        if kind == REVOKES:
            self.graph.flags[artifact] = flags | REVOKED
        elif kind == REINSTATES:
            self.graph.flags[artifact] = flags & ~REVOKED
        elif kind == RETIRES:
            self.graph.flags[artifact] = flags & ~DEPLOYED


def disarming(detail: Detail) -> bytes:
    """Return the id of the step that an entry about something disarmed is: rebuilt out of it; none where nothing was rebuilt."""
    before, after = (_octets(str(detail.get(field, ""))) for field in ("digest", "rebuilt"))
    made = bool(before and after) and before != after
    return hashlib.sha256(b"disarm " + before + after).digest() if made else b""


def _octets(digest: str) -> bytes:
    """Return the octets of a digest; none where it is not one."""
    try:
        found = bytes.fromhex(digest)
    except ValueError:
        return b""
    return found if len(found) == 32 and found.hex() == digest else b""  # noqa: PLR2004 - of SHA-256
