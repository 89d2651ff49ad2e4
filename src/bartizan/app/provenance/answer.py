"""What the record says of an artifact, for people and programs: what came of it, and why it may be used.

Rules of this file: the graph says where to look; what is shown of a step or a fact is read from its entry of the record. A name is
what somebody called it. What is left out for its length is counted.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from bartizan.app.provenance.lineage import Lineage
from bartizan.app.provenance.naming import called
from bartizan.ledger.database import LedgerUnreadable
from bartizan.ledger.entry import Entry
from bartizan.supply.provenance.fold import DISARMS, disarming
from bartizan.supply.provenance.graph import DEPLOYED, REVOKED, Graph
from bartizan.supply.provenance.standing import Standing, standing
from bartizan.supply.provenance.step import Kind
from bartizan.supply.provenance.told import KINDS_OF_THINGS, RECORDED

MOST_SHOWN: Final = 1000
"""Steps, artifacts and facts that one answer shows of each."""


class Artifact(msgspec.Struct, frozen=True):
    """An artifact.

    Attributes:
        digest: its SHA-256.
        name: what somebody called it; empty where nobody did.
        kinds: what it is, as steps say.
        deployed, revoked: whether it is so now.
    """

    digest: str
    name: str
    kinds: tuple[str, ...]
    deployed: bool
    revoked: bool


class Done(msgspec.Struct, frozen=True):
    """A step.

    Attributes:
        step: its id; entry: where it is on record; at: when that was, UTC nanoseconds; actor: who put it there.
        stage, began, ended, origin: as of `Step`.
        materials, products: digests, the first `MOST_SHOWN` of each.
    """

    step: str
    stage: str
    entry: int
    at: int
    actor: str
    began: int
    ended: int
    origin: str
    materials: tuple[str, ...]
    products: tuple[str, ...]


class Fact(msgspec.Struct, frozen=True):
    """What an entry says of an artifact beside steps: that it was scanned, signed, verified, admitted, revoked."""

    digest: str
    entry: int
    at: int
    kind: str
    outcome: str
    detail: Mapping[str, int | str]


class Story(msgspec.Struct, frozen=True):
    """Why an artifact may be used, or what is missing.

    Attributes:
        artifact: which.
        known: whether the record has it at all.
        complete: whether all that went into it was made by steps on record, from what was ingested.
        sound: whether it is complete and nothing above it was revoked.
        above: how many artifacts it descends from, itself not counted.
        origins, unmade, endless, revoked, disputed: as of `Standing`: the first ones.
        steps: that it hangs on, those last on record first; judged: that judge it; left_out: how many are not shown.
        facts: of it, of the files in it, and of what it descends from.
        artifacts: all that are named in this answer, by digest.
    """

    artifact: Artifact
    known: bool
    complete: bool
    sound: bool
    above: int
    origins: tuple[str, ...]
    unmade: tuple[str, ...]
    endless: tuple[str, ...]
    revoked: tuple[str, ...]
    disputed: tuple[str, ...]
    steps: tuple[Done, ...]
    judged: tuple[Done, ...]
    left_out: int
    facts: tuple[Fact, ...]
    artifacts: Mapping[str, Artifact]


class Descendant(msgspec.Struct, frozen=True):
    """What came of an artifact, and by which steps: (id of the step, what it made), from the artifact on."""

    artifact: Artifact
    sound: bool
    way: tuple[tuple[str, str], ...]


class Descendants(msgspec.Struct, frozen=True):
    """What came of an artifact.

    Attributes:
        artifact: which; known: whether the record has it.
        count: of all descendants; deployed: how many of them are; left_out: of those that were asked for and are not shown.
        found: those that were asked for.
        steps: that are named in the ways, by id.
        artifacts: likewise.
    """

    artifact: Artifact
    known: bool
    count: int
    deployed: int
    found: tuple[Descendant, ...]
    left_out: int
    steps: Mapping[str, Done]
    artifacts: Mapping[str, Artifact]


def descendants(of: Lineage, digest: str, *, kind: Kind | None = None, deployed: bool = False) -> Descendants:
    """Return what came of an artifact.

    Args:
        of: what the record says.
        digest: of the artifact.
        kind: only what some step says is of this kind.
        deployed: only what is deployed.
    Raises:
        LedgerUnreadable: the record is damaged, or the packed graph is not of it.
    """
    graph = of.graph
    number = graph.names.find(bytes.fromhex(digest))
    below = graph.descendants(number).artifacts[1:] if number >= 0 else []
    live = graph.flagged(below, DEPLOYED)
    wanted = [each for each in (live if deployed else below) if kind is None or _is(graph, each, kind)]
    ways = {each: graph.path(number, each) for each in wanted[:MOST_SHOWN]}
    steps = _done(of, {step for way in ways.values() for step, _ in way})
    named = [digest, *(_digest(graph, each) for way in ways.values() for _, each in way)]
    artifacts = _artifacts(of, named)
    return Descendants(
        artifacts[digest],
        number >= 0,
        len(below),
        len(live),
        tuple(
            Descendant(
                artifacts[_digest(graph, each)],
                standing(graph, each).sound,
                tuple((graph.steps[step].hex(), _digest(graph, made)) for step, made in way),
            )
            for each, way in ways.items()
        ),
        len(wanted) - len(ways),
        {one.step: one for one in steps},
        artifacts,
    )


def story(of: Lineage, digest: str, files: Sequence[str] = ()) -> Story:
    """Return why an artifact may be used.

    Args:
        of: what the record says.
        digest: of the artifact.
        files: digests of the files in it, where it is a folder.
    Raises:
        LedgerUnreadable: the record is damaged, or the packed graph is not of it.
    """
    graph = of.graph
    number = graph.names.find(bytes.fromhex(digest))
    found = standing(graph, number) if number >= 0 else Standing.nothing()
    within = [each for file in files if (each := graph.names.find(bytes.fromhex(file))) >= 0]
    judging = [step for step in graph.users.of(number) if graph.stage(step).judges] if number >= 0 else []
    steps, judged = _done(of, found.above.steps), _done(of, judging)
    facts = _facts(of, [*found.above.artifacts, *within])
    told = (found.origins, found.unmade, found.endless, found.revoked, found.disputed)
    origins, unmade, endless, revoked, disputed = (_digests(graph, some) for some in told)
    named = {digest, *(one.digest for one in facts), *origins, *unmade, *endless, *revoked, *disputed}
    named |= {each for one in (*steps, *judged) for each in (*one.materials, *one.products)}
    artifacts = _artifacts(of, named)
    left_out = max(0, len(found.above.steps) - MOST_SHOWN) + max(0, len(judging) - MOST_SHOWN)
    return Story(
        artifacts[digest],
        number >= 0,
        number >= 0 and found.complete,
        number >= 0 and found.sound,
        max(0, len(found.above.artifacts) - 1),
        origins,
        unmade,
        endless,
        revoked,
        disputed,
        tuple(sorted(steps, key=lambda one: -one.entry)),
        judged,
        left_out,
        facts,
        artifacts,
    )


def _is(graph: Graph, number: int, kind: Kind) -> bool:
    return kind.value in graph.kind_words(number, KINDS_OF_THINGS)


def _digest(graph: Graph, number: int) -> str:
    return graph.names[number].hex()


def _digests(graph: Graph, numbers: Iterable[int]) -> tuple[str, ...]:
    return tuple(_digest(graph, each) for each in list(numbers)[:MOST_SHOWN])


def _artifacts(of: Lineage, digests: Iterable[str]) -> dict[str, Artifact]:
    wanted = list(dict.fromkeys(digests))
    names = called(of.folder, wanted)
    return {digest: _artifact(of.graph, digest, names.get(digest, "")) for digest in wanted}


def _artifact(graph: Graph, digest: str, name: str) -> Artifact:
    number = graph.names.find(bytes.fromhex(digest))
    if number < 0:
        return Artifact(digest, name, (), deployed=False, revoked=False)
    flags = graph.flags[number]
    kinds = graph.kind_words(number, KINDS_OF_THINGS)
    return Artifact(digest, name, kinds, deployed=bool(flags & DEPLOYED), revoked=bool(flags & REVOKED))


def _done(of: Lineage, steps: Iterable[int]) -> tuple[Done, ...]:
    """Return steps, the first `MOST_SHOWN`, as their entries say."""
    wanted = list(steps)[:MOST_SHOWN]
    entries = of.entries([of.graph.entries[step] for step in wanted])
    return tuple(_step(of, step, entry) for step, entry in zip(wanted, entries, strict=True))


def _step(of: Lineage, step: int, entry: Entry) -> Done:
    graph, detail = of.graph, entry.event.detail
    name = graph.steps[step].hex()
    recorded = detail.get("step") if entry.event.kind == RECORDED else disarming(detail).hex()
    if entry.event.kind not in {RECORDED, DISARMS} or recorded != name:
        raise LedgerUnreadable(
            of.folder.ledger,
            f"entry {entry.index} is not the step that {of.folder.lineage} says; remove that file",
        )
    return Done(
        name,
        graph.stage(step).value,
        entry.index,
        entry.event.at,
        entry.event.actor,
        int(detail.get("began", 0)),
        int(detail.get("ended", 0)),
        str(detail.get("origin", "disarm")),
        _digests(graph, graph.materials.of(step)),
        _digests(graph, graph.products.of(step)),
    )


def _facts(of: Lineage, artifacts: Sequence[int]) -> tuple[Fact, ...]:
    """Return what entries say of artifacts, the first `MOST_SHOWN`."""
    graph = of.graph
    wanted = [(each, entry) for each in dict.fromkeys(artifacts) for entry in graph.facts.of(each)][
        :MOST_SHOWN
    ]
    entries = of.entries([entry for _, entry in wanted])
    return tuple(
        Fact(
            _digest(graph, each),
            entry.index,
            entry.event.at,
            entry.event.kind,
            entry.event.outcome.value,
            entry.event.detail,
        )
        for (each, _), entry in zip(wanted, entries, strict=True)
        if entry.event.detail.get("digest") == _digest(graph, each)
    )
