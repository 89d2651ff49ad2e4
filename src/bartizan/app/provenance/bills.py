"""Bills of materials out of the record: what an artifact was made of, and whether the last bill still says so.

Rules of this file: a bill is current while no step and no fact about what it tells has come on record since it was written.
"""

from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from bartizan import __version__
from bartizan.app.provenance import answer
from bartizan.app.provenance.answer import Fact, Story
from bartizan.app.provenance.artifact import Read
from bartizan.app.provenance.lineage import Lineage
from bartizan.app.provenance.posture import live_models, said
from bartizan.app.provenance.recording import Row, put
from bartizan.clock import SECOND, Nanoseconds
from bartizan.compliance.posture import Judged
from bartizan.ledger.event import Outcome
from bartizan.supply.bom import Component, Held, bill
from bartizan.supply.controls import bom_current
from bartizan.supply.provenance.graph import Graph
from bartizan.supply.subject import Bills

WRITTEN: Final = "supply.bom.written"
_SCANNED: Final = "supply.artifact.scanned"


class Written(msgspec.Struct, frozen=True):
    """A bill: the document, whether it tells everything, and how many components it has."""

    document: dict[str, Any]
    complete: bool
    components: int


def written(of: Lineage, what: Read, spec: str, now: Nanoseconds) -> Written:
    """Return the bill of an artifact.

    Args:
        of: what the record says.
        what: the artifact, with its files where it was read.
        spec: version of CycloneDX.
        now: UTC nanoseconds.
    Raises:
        LedgerUnreadable: the record is damaged.
    """
    told = answer.story(of, what.digest, [file.sha256 for file in what.held])
    made_of = _made_of(told)
    above = {digest for one in told.steps for digest in (*one.materials, *one.products)}
    wanted = _closure(what.digest, made_of, above)
    parts = [_component(told, digest, made_of, ()) for digest in sorted(wanted - {what.digest})]
    subject = _component(told, what.digest, made_of, what.held, what.name)
    complete = told.complete and not told.left_out
    at = datetime.fromtimestamp(now // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Written(
        bill(subject, parts, complete=complete, spec=spec, made=(at, __version__)), complete, len(parts) + 1
    )


def _made_of(told: Story) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for one in told.steps:
        for product in one.products:
            found.setdefault(product, set()).update(one.materials)
    return found


def _closure(start: str, made_of: dict[str, set[str]], known: set[str]) -> set[str]:
    """Return what an artifact is made of, and that, itself included; other products of the same steps are not."""
    found, waiting = {start}, [start]
    while waiting:
        for each in made_of.get(waiting.pop(), set()) & known:
            if each not in found:
                found.add(each)
                waiting.append(each)
    return found


def _component(
    told: Story, digest: str, made_of: dict[str, set[str]], files: tuple[Held, ...], name: str = ""
) -> Component:
    one = told.artifacts.get(digest)
    kinds = one.kinds if one is not None else ()
    facts = [
        *(
            ("step", f"#{each.entry} {each.stage} {each.step}")
            for each in told.steps
            if digest in each.products
        )
    ]
    facts += [
        ("scanned", _scanned(fact)) for fact in told.facts if fact.digest == digest and fact.kind == _SCANNED
    ]
    facts += [(word, "true") for word in ("deployed", "revoked") if one is not None and getattr(one, word)]
    called = name or (one.name if one is not None else "")
    return Component(digest, called, kinds, tuple(sorted(made_of.get(digest, set()))), tuple(facts), files)


def _scanned(fact: Fact) -> str:
    return f"#{fact.entry} {fact.detail.get('verdict', '')} {fact.detail.get('format', '')}"


def put_on_record(of: Lineage, digest: str, found: Written) -> None:
    """Put on record that a bill was written, and of which state of the record; raises what `put` raises."""
    detail: dict[str, int | str] = {"digest": digest, "size": of.size, "components": found.components}
    put(of.folder, [Row(WRITTEN, Outcome.DONE if found.complete else Outcome.FOUND, detail)])


# ---- whether they are current ---------------------------------------------------------------------------------
def counted(of: Lineage) -> Bills:
    """Return how many deployed models have a bill, and of how many it is out of date."""
    last = {each: _last(of, each) for each in live_models(of.graph)}
    stale = sum(size >= 0 and _changed(of, each, size) for each, size in last.items())
    return Bills(len(last), sum(size < 0 for size in last.values()), stale)


def _last(of: Lineage, model: int) -> int:
    """Return the size of the tree that the last bill of a model tells of; -1 where there is none."""
    entries = of.entries(of.graph.facts.of(model))
    sizes = [entry.event.detail.get("size", -1) for entry in entries if entry.event.kind == WRITTEN]
    return max((size for size in sizes if isinstance(size, int)), default=-1)


def _changed(of: Lineage, model: int, size: int) -> bool:
    graph: Graph = of.graph
    above = graph.ancestors(model)
    if any(graph.entries[step] >= size for step in above.steps):
        return True
    later = [entry for each in above.artifacts for entry in graph.facts.of(each) if entry >= size]
    return any(entry.event.kind != WRITTEN for entry in of.entries(later))


def judged(of: Lineage, now: Nanoseconds) -> tuple[Judged, ...]:
    """Return what the control says of the bills of all deployed models; nothing where none is deployed.

    Args:
        of: what the record says.
        now: UTC nanoseconds.
    """
    bills = counted(of)
    if not bills.deployed:
        return ()
    faults = [finding.what for finding in bom_current.judge(bills)]
    return (said(bom_current.CONTROL.id, faults, of, now),)
