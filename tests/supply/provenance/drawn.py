"""Steps and graphs for tests: drawn by hypothesis, and few by hand."""

import hashlib
from collections.abc import Sequence

from hypothesis import strategies as st

from bartizan.crypto.secret import Secret
from bartizan.supply.provenance.fold import Fold
from bartizan.supply.provenance.graph import Graph
from bartizan.supply.provenance.step import Kind, Origin, Stage, Step, Use, step
from bartizan.supply.provenance.told import entries

KEY = Secret(bytes(32))
FEW = 12
"""Artifacts that drawn steps are about."""


def digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def uses(names: Sequence[str], kind: Kind = Kind.OTHER) -> list[Use]:
    return [Use(digest(name), kind.value) for name in names]


def made(stage: str, materials: str = "", products: str = "", at: int = 0, kind: Kind = Kind.OTHER) -> Step:
    """Return a step about artifacts, whose names are letters."""
    return step(Stage(stage), uses(materials, kind), uses(products, kind), (at, at), Origin.RECORDER)


def folded(*steps: Step) -> Graph:
    """Return the graph of steps, each on record."""
    fold = Fold(Graph())
    number = 0
    for one in steps:
        for told in entries(one):
            fold.take(number, told.kind, told.detail)
            number += 1
    assert not fold.broken
    assert not fold.parts
    return fold.graph


def number(graph: Graph, name: str) -> int:
    return graph.names.find(bytes.fromhex(digest(name)))


def letters(graph: Graph, numbers: Sequence[int]) -> str:
    """Return the names of artifacts, sorted."""
    known = {bytes.fromhex(digest(letter)): letter for letter in "abcdefghijklmnopqrstuvwxyz"}
    return "".join(sorted(known[graph.names[each]] for each in numbers))


@st.composite
def steps(draw: st.DrawFn) -> Step:
    """Draw a step; what follows from several of them may be a cycle."""
    names = draw(st.permutations("abcdefghijkl"[:FEW]))
    count = draw(st.integers(1, 5))
    split = draw(st.integers(1, count))
    stage = draw(st.sampled_from([Stage.TRAIN, Stage.TRANSFORM, Stage.INGEST, Stage.EVALUATE, Stage.DEPLOY]))
    materials, products = "".join(names[:split]), "".join(names[split:count])
    if stage is Stage.INGEST:
        materials, products = products, materials
    elif not stage.judges and not products:
        products = names[count]
    kind = draw(st.sampled_from(list(Kind)))
    return made(stage.value, materials, products, draw(st.integers(0, 3)), kind)
