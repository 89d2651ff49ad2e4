"""Texts of strangers that read somewhat like an attack and not enough, as somebody else may be asked about them.

Rules of this file: pure. What was found that is secret or personal is taken out before anything is cut, so that no cut leaves
a part of it. What is asked about is bounded, and what does not fit is said.
"""

from collections.abc import Generator, Iterable, Sequence
from typing import Final

import msgspec

from bartizan.text.read import read
from bartizan.text.rule import LONGEST
from bartizan.threats.injection import Model, span_of
from bartizan.threats.inspect import STRETCH, Found, Inspected, Inspector
from bartizan.threats.parts import Part
from bartizan.threats.subject import OF_STRANGERS, Channel
from bartizan.threats.verdict import without

NEVER: Final = 2.0
"""A floor that no score reaches."""
EXCERPT: Final = 4_000
"""Letters of one text."""
SHORT: Final = 16
"""Letters of which a text has fewer is in no doubt: a word or two score high for the want of others (`continue`)."""
TEXTS: Final = 8
"""Texts of one request; each is told plainly and decoded, where it has to be."""
_PRIVATE: Final = frozenset({"secret", "personal-data", "health-data"})
_INJECTIONS: Final = frozenset({"prompt-injection", "hidden-text"})


class Doubtful(msgspec.Struct, frozen=True):
    """A text in doubt, and what was found in it."""

    part: Part
    inspected: Inspected


class Excerpts(msgspec.Struct, frozen=True):
    """What is asked about.

    Attributes:
        texts: what the texts in doubt say where they read most like an attack, the most doubtful first.
        channel: whose words the first of them is.
        whole: whether there is no further one.
    """

    texts: tuple[str, ...]
    channel: Channel
    whole: bool


def doubts(part: Part, inspected: Inspected, floor: float) -> tuple[Doubtful, ...]:
    """Return a text if it is in doubt: a stranger's, read whole, of which no rule and no model says that it is an attack.

    Args:
        part: it.
        inspected: what was found in it, and its score.
        floor: score from which on it is in doubt.
    """
    if inspected.score < floor or len(part.text) < SHORT or part.channel not in OF_STRANGERS:
        return ()
    told = any(each.reason in _INJECTIONS for each in inspected.found)
    return () if told or not inspected.whole else (Doubtful(part, inspected),)


def excerpts(
    inspector: Inspector, model: Model, doubtful: Sequence[Doubtful], source: str = ""
) -> Generator[None, None, Excerpts]:
    """Return what is asked about; yields where others may take their turn.

    Args:
        inspector: finds what is to be taken out.
        model: that scored the texts.
        doubtful: at least one.
        source: of the request; see `Inspector.steps`.
    """
    first = sorted(doubtful, key=lambda each: -each.inspected.score)[:TEXTS]
    texts = list[str]()
    for each in first:
        texts += yield from _excerpt(inspector, model, each, source)
        yield
    return Excerpts(tuple(texts), first[0].part.channel, len(doubtful) <= TEXTS)


def _excerpt(
    inspector: Inspector, model: Model, each: Doubtful, source: str
) -> Generator[None, None, tuple[str, ...]]:
    """Return what one text says where it reads most like an attack, plainly, and where parts of it have to be decoded."""
    channel = each.part.channel
    text = _cleared(each.part.text, each.inspected)
    best: dict[bool, tuple[float, str]] = {}
    for start in range(0, max(len(text) - LONGEST, 1), STRETCH - LONGEST):
        if start:
            yield
        for view in read(text[start : start + STRETCH]).views:
            if len(view.text) >= SHORT:
                scored = model.score(view.text, channel).score, view.text
                best[bool(view.reading)] = max(scored, best.get(bool(view.reading), scored))
    cleared = (_cleared(said, inspector.inspect(said, channel, source=source)) for _, said in best.values())
    return tuple(_around(model, said, channel) for said in cleared)


def _around(model: Model, text: str, channel: Channel) -> str:
    if len(text) <= EXCERPT:
        return text
    scored = model.score(text, channel)
    start, end = span_of(text, scored.first, scored.last)
    begin = max(0, min((start + end - EXCERPT) // 2, len(text) - EXCERPT))
    return text[begin : begin + EXCERPT]


def _cleared(text: str, inspected: Inspected) -> str:
    return without(text, _spans(inspected.found))


def _spans(found: Iterable[Found]) -> list[tuple[int, int, str]]:
    return [(each.start, each.end, each.reason) for each in found if each.reason in _PRIVATE]
