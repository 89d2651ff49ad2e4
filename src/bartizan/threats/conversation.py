"""What the user's turns say together: an attack that is split over a conversation, or tried again and again in it.

Rules of this file: clients send the whole conversation again with each turn, so it is read from the request; of one that the
service keeps, a bounded tail is kept between requests. Two things are looked for. What a rule for injections, or the model of them, finds in some
turns one after another, and in none of them alone. And a score that adds up what each turn has above an even chance, of which
a share is left with each further turn: one doubtful turn is nothing, several in a row are told. Either is told at the turn
that made it whole. Time grows with the turns, and what stood together before is remembered like any text.
"""

from collections.abc import Generator, Iterator, Sequence
from typing import Final

import msgspec

from bartizan.text.rule import Kind
from bartizan.threats.injection import SPOKEN, words_of
from bartizan.threats.inspect import Found, Inspected, Inspector
from bartizan.threats.parts import Part, Path
from bartizan.threats.subject import Channel, Spotted

CONVERSATION: Final = "conversation"
"""Stands for a rule where the turns of a conversation add up."""
TOGETHER: Final = 8
"""Turns that are read together."""
LETTERS: Final = 1_024
"""Letters of them, the last ones."""
EVEN: Final = 0.5
"""A turn's score counts as far as it is above this."""
LEFT: Final = 0.8
"""Share of the score that is left with each further turn."""
TOLD: Final = 0.7
"""A score from which on a conversation is told; docs/guard-model.md says how often each is right."""
_LONG: Final = 1_024
"""Letters from which on a turn is more than a word or two, whatever they are."""
_REASON: Final = "prompt-injection"
_JOINTS: Final = (" ", "")
"""What may have stood between two turns: attacks are cut between words, or in one."""
_DIALOGUES: Final = frozenset({"messages", "input", "contents"})
"""Members that hold the turns of a conversation, in whichever protocol."""
Turn = tuple[Part, Inspected]
Reading = Generator[None, None, "Read"]


class Tail(msgspec.Struct, frozen=True):
    """What is left of the turns before.

    Attributes:
        text: their last letters, `LETTERS` at most.
        score: that is left.
    """

    text: str = ""
    score: float = 0.0


class Read(msgspec.Struct, frozen=True):
    """What a conversation says.

    Attributes:
        told: the turn that made it whole, and what was found then.
        tail: for a further request.
    """

    told: tuple[Turn, ...]
    tail: Tail


def together(inspector: Inspector, user: Sequence[Turn], before: Tail, source: str) -> Reading:
    """Read the turns of a conversation together; yields where others may take their turn.

    Args:
        inspector: that inspects.
        user: what the user wrote, each as it was inspected alone, in order.
        before: of earlier turns that are not in the request.
        source: of the request; see `Inspector.steps`.
    """
    turns = [turn for turn in user if _is_turn(turn[0].path)]
    score, told = before.score, list[Turn]()
    for part, inspected in turns:
        score = score * LEFT + _doubt(part.text, inspected.score)
        if score >= TOLD and not told:
            told.append((part, Inspected(tuple(_adding_up(inspector, part, score)), whole=True)))
    texts = [before.text] * bool(before.text) + [part.text for part, _ in turns]
    if len(texts) > 1:
        alone = {each.rule for _, inspected in turns for each in inspected.found}
        split = yield from _split(inspector, texts, alone, source)
        told += [(turns[-1][0], split)] if split.found else []
    return Read(tuple(told), Tail(" ".join(texts)[-LETTERS:], min(score, 1.0)))


def _doubt(text: str, score: float) -> float:
    """Return what a turn adds to the score; of a word or two nobody can say anything."""
    if score <= EVEN:
        return 0.0
    return score - EVEN if len(text) > _LONG or len(words_of(text)) >= SPOKEN else 0.0


def _split(
    inspector: Inspector, texts: Sequence[str], alone: set[str], source: str
) -> Generator[None, None, Inspected]:
    """Return what rules and the model find in turns one after another; that has the last turn for its place."""
    found = dict[str, Found]()
    for first in range(0, max(1, len(texts) - TOGETHER // 2), TOGETHER // 2):
        for joint in _JOINTS:
            text = joint.join(texts[first : first + TOGETHER])[-LETTERS:]
            inspected = yield from inspector.steps(text, Channel.USER, source=source)
            for each in inspected.found:
                if each.reason == _REASON and each.rule not in alone:
                    found[each.rule] = msgspec.structs.replace(each, start=0, end=len(texts[-1]))
        yield
    return Inspected((*found.values(),), whole=True)


def _adding_up(inspector: Inspector, part: Part, score: float) -> Iterator[Found]:
    spotted = Spotted(Channel.USER, Kind.CUE, CONVERSATION, score=min(score, 1.0))
    return inspector.judged(spotted, 0, len(part.text))


def _is_turn(path: Path) -> bool:
    """Return whether a text is of a turn, not one of a batch: it stands alone, or in an object of a list of such."""
    if path == ("input",):
        return True
    return len(path) > 2 and path[0] in _DIALOGUES and isinstance(path[1], int)  # noqa: PLR2004 - list, place, member
