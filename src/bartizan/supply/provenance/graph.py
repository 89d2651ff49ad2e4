"""The graph of all steps: artifacts and the steps between them, nodes by number, edges in arrays.

Rules of this file: what was packed before is read where it lies (`packed`), what came since lies beside it in lists. A walk marks nodes in
a row of octets and so ends in a cycle too. Claims add up: a step can give an artifact more ancestors, never fewer.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from bartizan.supply.provenance.step import Stage

OCTETS: Final = 32
"""Of a digest, and of a step's id."""
REVOKED: Final = 1
"""Flag of an artifact that somebody revoked."""
DEPLOYED: Final = 2
"""Flag of an artifact that is deployed."""
STAGES: Final = tuple(Stage)
"""Stages by their number in the index; only ever added to."""
_BITS: Final = 1

Numbers = Sequence[int]


class Names:
    """Digests by number, and numbers by digest.

    Args:
        packed: those that come first, sorted, 32 octets each.
    """

    __slots__ = ("_more", "_numbers", "_packed", "base")

    def __init__(self, packed: bytes | memoryview = b"") -> None:
        """Take those that are sorted."""
        self._packed = memoryview(packed)
        self.base = len(self._packed) // OCTETS
        self._more: list[bytes] = []
        self._numbers: dict[bytes, int] = {}

    def __len__(self) -> int:
        """Return how many there are."""
        return self.base + len(self._more)

    def find(self, digest: bytes) -> int:
        """Return the number of a digest, or -1."""
        low, high = 0, self.base
        while low < high:
            middle = (low + high) // 2
            if self[middle] < digest:
                low = middle + 1
            else:
                high = middle
        if low < self.base and self[low] == digest:
            return low
        return self._numbers.get(digest, -1)

    def number(self, digest: bytes) -> int:
        """Return the number of a digest, which gets one where it has none."""
        found = self.find(digest)
        if found < 0:
            found = self._numbers[digest] = len(self)
            self._more.append(digest)
        return found

    def __getitem__(self, number: int) -> bytes:
        """Return the digest of a number."""
        if number < self.base:
            return self._packed[number * OCTETS : (number + 1) * OCTETS].tobytes()
        return self._more[number - self.base]


class Relation:
    """From each node to nodes of the other sort.

    Args:
        offsets: where the targets of each packed node begin, and one more for the end.
        targets: of all packed nodes, in a row.
    """

    __slots__ = ("_offsets", "_targets", "base", "more")

    def __init__(self, offsets: Numbers = (0,), targets: Numbers = ()) -> None:
        """Take what is packed."""
        self._offsets, self._targets = offsets, targets
        self.base = len(offsets) - 1
        self.more: dict[int, list[int]] = {}

    def add(self, node: int, target: int) -> None:
        """Add an edge."""
        self.more.setdefault(node, []).append(target)

    def of(self, node: int) -> Iterator[int]:
        """Yield what a node leads to."""
        if node < self.base:
            yield from self._targets[self._offsets[node] : self._offsets[node + 1]]
        yield from self.more.get(node, ())

    def fresh(self, nodes: Iterable[int], seen: bytearray) -> list[int]:
        """Return what nodes lead to and is not marked yet, and mark it."""
        found: list[int] = []
        offsets, targets, base, more = self._offsets, self._targets, self.base, self.more
        for node in nodes:
            if node < base:
                for target in targets[offsets[node] : offsets[node + 1]]:
                    if not seen[target]:
                        seen[target] = 1
                        found.append(target)
            if node in more:
                for target in more[node]:
                    if not seen[target]:
                        seen[target] = 1
                        found.append(target)
        return found


class Reach(NamedTuple):
    """What a walk came by, in the order in which it did: the artifact that it began with is the first."""

    artifacts: list[int]
    steps: list[int]


class Graph:
    """Artifacts, steps, and what is said of both.

    Attributes:
        names: of artifacts; steps: ids of steps.
        materials, products: from steps to artifacts.
        users, makers: from artifacts to the steps whose material, whose product they are.
        facts: from artifacts to numbers of entries that tell something of them.
        stages: of steps, by their place in `STAGES`; entries: where steps were recorded.
        flags: of artifacts; kinds: what they are, a bit for each kind that a step said.
    """

    __slots__ = (
        "entries",
        "facts",
        "flags",
        "kinds",
        "makers",
        "materials",
        "names",
        "products",
        "stages",
        "steps",
        "users",
    )

    def __init__(self) -> None:
        """Begin without any."""
        self.names, self.steps = Names(), Names()
        self.materials, self.products, self.users, self.makers = (
            Relation(),
            Relation(),
            Relation(),
            Relation(),
        )
        self.facts = Relation()
        self.stages, self.flags = bytearray(), bytearray()
        self.kinds, self.entries = array("H"), array("Q")

    def artifact(self, digest: bytes) -> int:
        """Return the number of an artifact, which gets one where it is new."""
        number = self.names.number(digest)
        if number == len(self.flags):
            self.flags.append(0)
            self.kinds.append(0)
        return number

    def add(self, step: bytes, stage: Stage, entry: int, sides: tuple[Sequence[int], Sequence[int]]) -> bool:
        """Add a step; return whether it was not there yet.

        Args:
            step: its id.
            stage: what was done.
            entry: where it was recorded.
            sides: its materials and its products.
        """
        if self.steps.find(step) >= 0:
            return False
        number = self.steps.number(step)
        self.stages.append(STAGES.index(stage))
        self.entries.append(entry)
        for there, back, artifacts in (
            (self.materials, self.users, sides[0]),
            (self.products, self.makers, sides[1]),
        ):
            for artifact in artifacts:
                there.add(number, artifact)
                back.add(artifact, number)
        return True

    def stage(self, step: int) -> Stage:
        """Return what a step did."""
        return STAGES[self.stages[step]]

    def edges(self) -> int:
        """Return how many artifacts all steps have."""
        return sum(
            1
            for relation in (self.materials, self.products)
            for step in range(len(self.steps))
            for _ in relation.of(step)
        )

    def descendants(self, artifact: int) -> Reach:
        """Return what was made out of an artifact, and out of that, to the end."""
        return self._reach(artifact, self.users, self.products)

    def ancestors(self, artifact: int) -> Reach:
        """Return what an artifact was made out of, and that, to the beginning."""
        return self._reach(artifact, self.makers, self.materials)

    def _reach(self, artifact: int, first: Relation, second: Relation) -> Reach:
        artifacts, steps = bytearray(len(self.names)), bytearray(len(self.steps))
        artifacts[artifact] = 1
        found = Reach([artifact], [])
        edge = [artifact]
        while edge:
            between = first.fresh(edge, steps)
            edge = second.fresh(between, artifacts)
            found.steps.extend(between)
            found.artifacts.extend(edge)
        return found

    def path(self, start: int, end: int) -> list[tuple[int, int]]:
        """Return one of the shortest ways from an artifact to a descendant, as (step, artifact) pairs; none where there is none."""
        stepped: dict[int, int] = {}
        made = {start: -1}
        edge = [start]
        while edge and end not in made:
            between = _came(edge, self.users, stepped)
            edge = _came(between, self.products, made)
        found: list[tuple[int, int]] = []
        here = end if end in made else start
        while here != start:
            found.append((made[here], here))
            here = stepped[made[here]]
        return found[::-1]

    def kind_words(self, artifact: int, words: Sequence[str]) -> tuple[str, ...]:
        """Return what an artifact is, as steps say."""
        return tuple(word for bit, word in enumerate(words) if self.kinds[artifact] >> bit & _BITS)

    def flagged(self, artifacts: Iterable[int], flag: int) -> list[int]:
        """Return those artifacts that have a flag."""
        return [artifact for artifact in artifacts if self.flags[artifact] & flag]


def _came(nodes: Iterable[int], relation: Relation, came: dict[int, int]) -> list[int]:
    """Return what nodes lead to and was not come by before, and note from where it was."""
    found: list[int] = []
    for node in nodes:
        for target in relation.of(node):
            if target not in came:
                came[target] = node
                found.append(target)
    return found
