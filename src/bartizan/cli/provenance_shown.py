"""How the answers of `bartizan provenance` look."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from bartizan.app.provenance.answer import Artifact, Descendants, Done, Fact, Story
from bartizan.app.provenance.lineage import Lineage
from bartizan.app.provenance.posture import Checked
from bartizan.clock import SECOND
from bartizan.printable import printable
from bartizan.supply.provenance.standing import Standing

_SHORT: Final = 12
_LISTED: Final = 8
"""Artifacts of one step that are named one by one."""


def story(told: Story) -> Iterator[str]:
    """Yield the lines of why an artifact may be used."""
    yield _title(told.artifact)
    if not told.known:
        yield "nothing of it is on record: nobody ingested, made or scanned it here"
        return
    yield from _verdict(told)
    for heading, some in (
        ("how it came to be, the latest first", told.steps),
        ("who judged it", told.judged),
    ):
        if some:
            yield ""
            yield f"{heading}:"
        for one in some:
            yield from _step(one, told.artifacts)
    if told.left_out:
        yield f"  and {told.left_out} steps more"
    if told.facts:
        yield ""
        yield "what else is on record of it, and of what it was made of:"
    for fact in told.facts:
        yield f"  #{fact.entry}  {_at(fact.at)}  {_named(fact.digest, told.artifacts)}  {_fact(fact)}"


def _verdict(told: Story) -> Iterator[str]:
    if told.complete:
        yield f"complete: the {told.above} artifacts that it descends from are on record, back to {len(told.origins)} that were ingested"
    for word, some, why in (
        ("revoked", told.revoked, "may not be used any more"),
        (
            "not known",
            told.unmade,
            "went in, and no step says where it comes from; record how it was ingested or made",
        ),
        ("a lie", told.endless, "hangs on itself: one of these digests is not what was made"),
        ("disputed", told.disputed, "was made by several steps, as they say; all of them count"),
    ):
        for digest in some:
            yield f"{word}: {_named(digest, told.artifacts)} {why}"


def _title(one: Artifact) -> str:
    marks = [word for word, there in (("deployed", one.deployed), ("REVOKED", one.revoked)) if there]
    parts = [one.digest, printable(one.name), *one.kinds, *marks]
    return "  ".join(part for part in parts if part)


def _named(digest: str, artifacts: Mapping[str, Artifact]) -> str:
    one = artifacts.get(digest)
    name = f" ({printable(one.name)})" if one is not None and one.name else ""
    return f"{digest[:_SHORT]}{name}"


def _step(one: Done, artifacts: Mapping[str, Artifact]) -> Iterator[str]:
    yield f"  #{one.entry}  {_at(one.at)}  {one.stage} by {one.actor}, {one.origin}"
    for side, some in (("of", one.materials), ("made", one.products)):
        for digest in some[:_LISTED]:
            kinds = "/".join(artifacts[digest].kinds) if digest in artifacts else ""
            yield f"      {side:<4}  {kinds:<10}  {_named(digest, artifacts)}".rstrip()
        if len(some) > _LISTED:
            yield f"      {side:<4}  and {len(some) - _LISTED} more"


def _fact(fact: Fact) -> str:
    what = fact.kind.removeprefix("supply.artifact.").removeprefix("supply.")
    words = [f"{field}={value}" for field, value in fact.detail.items() if field != "digest"]
    return " ".join([what, fact.outcome, *words])


def _at(at: int) -> str:
    return datetime.fromtimestamp(at // SECOND, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def descendants(told: Descendants) -> Iterator[str]:
    """Yield the lines of what came of an artifact."""
    yield _title(told.artifact)
    if not told.known:
        yield "nothing of it is on record: nobody ingested, made or scanned it here"
        return
    yield f"{told.count} artifacts descend from it, {told.deployed} of them deployed"
    for one in told.found:
        yield ""
        yield _title(one.artifact) + ("" if one.sound else "  NOT SOUND")
        for step, made in one.way:
            done = told.steps.get(step)
            if done is not None:
                yield f"  #{done.entry}  {_at(done.at)}  {done.stage} made {_named(made, told.artifacts)}"
    if told.left_out:
        yield f"and {told.left_out} more; --json has as many"


def checked(of: Lineage, found: Checked) -> Iterator[str]:
    """Yield the lines of how the deployed models stand."""
    for digest, standing in found.models:
        yield f"{'sound' if standing.sound else 'NOT SOUND':<10}  {digest}"
        yield from (f"{'':<10}  {what}" for what in _wrong(of, standing))
    for one in of.broken:
        yield f"{'broken':<10}  #{one.entry} closes a step that does not add up"
    for step, count in of.unclosed.items():
        yield f"{'unfinished':<10}  step {step[:_SHORT]} has {count} artifacts on record and no end; hand it over again"
    chains = found.chains
    yield f"{chains.deployed} models are deployed: {chains.open} with an open history, {chains.revoked} from what was revoked"


def _wrong(of: Lineage, standing: Standing) -> Iterator[str]:
    for word, some in (
        ("revoked", standing.revoked),
        ("not known", standing.unmade),
        ("a lie", standing.endless),
    ):
        yield from (f"{word}: {digest}" for digest in _digests(of, some[:_LISTED]))
        if len(some) > _LISTED:
            yield f"{word}: and {len(some) - _LISTED} more"


def _digests(of: Lineage, numbers: Sequence[int]) -> list[str]:
    return [of.graph.names[each].hex() for each in numbers]


def checked_document(of: Lineage, found: Checked) -> dict[str, Any]:
    """Return how the deployed models stand, as one document."""
    return {
        "deployed": found.chains.deployed,
        "open": found.chains.open,
        "revoked": found.chains.revoked,
        "models": [
            {
                "digest": digest,
                "complete": standing.complete,
                "sound": standing.sound,
                "revoked": _digests(of, standing.revoked),
                "unmade": _digests(of, standing.unmade),
                "endless": _digests(of, standing.endless),
            }
            for digest, standing in found.models
        ],
        "broken": [{"step": one.step, "entry": one.entry} for one in of.broken],
        "unfinished": [{"step": step, "artifacts": count} for step, count in of.unclosed.items()],
    }
