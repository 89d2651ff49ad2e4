"""A request in doubt, from the inspector to its worker: what a judge is asked, and what its word makes of it.

Rules of this file: a judge's word makes a verdict graver or leaves it. Where it says nothing, configuration says what that means.
Pure.
"""

from typing import Final

import msgspec

from bartizan.app.guard_judge.messages import Word
from bartizan.control import Confidence, Severity
from bartizan.gateway.inspected import ALLOW, BLOCK, BUDGET, FLAG, HOLD, REDACT, UNAVAILABLE, Said, Signal

SILENT: Final = "judge-silent"
"""Word for what is on record where the judge said nothing; its rule says why."""
_GRADES: Final = (ALLOW, FLAG, REDACT, HOLD, BLOCK)


class Doubt(msgspec.Struct, frozen=True, array_like=True):
    """What a judge is asked about a request.

    Attributes:
        texts: in doubt, without what was found that is secret or personal.
        channel: whose words the most doubtful of them is.
        whole: whether these are all.
        enforced: whether the guard's word counts.
        graver: what the guard says of the request if the judge says that one of them is an attack.
    """

    texts: tuple[str, ...]
    channel: str
    whole: bool
    enforced: bool
    graver: Said


def settled(said: Said, doubt: Doubt, word: Word, *, blocks: bool) -> Said:
    """Return what the guard says of a request once the judge was asked.

    Args:
        said: what it said before.
        doubt: what the judge was asked.
        word: what came of that.
        blocks: whether a request goes no further where there is no answer.
    """
    if word == Word.HARMLESS and not doubt.whole:
        word = Word.TOO_MUCH
    if word == Word.HARMLESS:
        return said
    if word == Word.ATTACK:
        signals = _with(said, *doubt.graver.signals)
        graver = _GRADES.index(doubt.graver.action) > _GRADES.index(said.action)
        chosen = doubt.graver if graver else said
        octets = b"" if chosen.action == BLOCK else said.octets
        return msgspec.structs.replace(chosen, octets=octets, signals=signals, excerpts=said.excerpts)
    silent = Signal("", SILENT, word.value, doubt.channel, Severity.LOW, Confidence.HIGH)
    signals = _with(said, silent)
    if not (blocks and doubt.enforced):
        return msgspec.structs.replace(said, signals=signals)
    reason = BUDGET if word == Word.OVER_BUDGET else UNAVAILABLE
    return Said(BLOCK, reason, signals=signals, excerpts=said.excerpts)


def _with(said: Said, *signals: Signal) -> tuple[Signal, ...]:
    """Return signals with those that were there; the first of these stays so, since excerpts are kept by it."""
    return (*said.signals[:1], *signals, *said.signals[1:])
