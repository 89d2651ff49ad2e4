"""What becomes of a whole request or answer by the verdicts on its texts, whatever a framework has it in.

Rules of this file: every string of it is judged, as the gateway does. What cannot be read, or not be taken out where it
stands, holds all of it back. What a program holds is changed in a copy.
"""

import copy
from collections.abc import Sequence
from typing import Any, Final, TypeVar, cast

import msgspec

from bartizan.app.judge.client import Judge, Text, Verdict
from bartizan.threats.parts import Json, Part, Path, parts_of
from bartizan.threats.profile import PROFILES, Action
from bartizan.threats.subject import Channel
from bartizan.threats.verdict import MEDIA, UNINSPECTED, without

T = TypeVar("T")
_DECODE: Final = msgspec.json.Decoder().decode


class HeldBack(Exception):
    """The guard holds a request or an answer back.

    Attributes:
        reason: its word, such as `secret`, or `not-inspected`.
    """

    def __init__(self, reason: str, what: str = "") -> None:
        """Name what was found; `what` says more where there is more to say."""
        super().__init__(what or f"held back by the content guard: {reason}")
        self.reason = reason


class Change(msgspec.Struct, frozen=True):
    """A string that is to be another one.

    Attributes:
        path: members and places that lead to it.
        text: what stands there then.
        reason: what was taken out, in the guard's word.
    """

    path: Path
    text: str
    reason: str


def judged_request(judge: Judge, request: Json) -> tuple[Change, ...]:
    """Return what of a request is to be changed before it goes on.

    Args:
        judge: asks.
        request: as JSON (`plain`).
    Raises:
        HeldBack: it goes no further.
        Unjudged: nobody says whether it may; hold it back.
    """
    parts = _parts(judge, request, Channel.USER)
    return _changes(parts, judge.texts([Text(part.text, part.channel.value) for part in parts]))


def judged_answer(judge: Judge, answer: Json, request: Json = None) -> tuple[Change, ...]:
    """Return what of an answer is to be changed; raises as `judged_request`.

    Args:
        judge: asks.
        answer: as JSON.
        request: that it answers; what the application says there must not be repeated.
    """
    parts = _parts(judge, answer, Channel.RESPONSE)
    system = (part.text for part in parts_of(request).parts if part.channel is Channel.SYSTEM)
    return _changes(
        parts, judge.texts([Text(part.text, part.channel.value) for part in parts], "\n".join(system))
    )


def plain(value: object) -> Json:
    """Return a framework's objects as JSON.

    Raises:
        HeldBack: something in it is no JSON, and knows of none.
    """
    try:
        return cast("Json", _DECODE(msgspec.json.encode(value, enc_hook=_dumped)))
    except (TypeError, ValueError, RecursionError, OverflowError):
        raise HeldBack(UNINSPECTED, "what is no JSON cannot be inspected") from None


def _dumped(value: object) -> object:
    dump = getattr(value, "model_dump", None)
    if dump is None:
        raise TypeError
    return dump()


def changed(value: T, changes: Sequence[Change]) -> T:
    """Return a value with these strings in it; itself where there are none.

    Args:
        value: a text, or dictionaries, lists and objects in any nesting.
        changes: to it.
    Raises:
        HeldBack: one of them cannot be made.
    """
    if not changes:
        return value
    if isinstance(value, str):
        return cast("T", changes[-1].text)
    copied = copy.deepcopy(value)
    for change in changes:
        _put(copied, change)
    return copied


def _put(value: Any, change: Change) -> None:  # noqa: ANN401 - of any framework
    *way, last = change.path
    try:
        for step in way:
            value = _at(value, step)
        if not isinstance(_at(value, last), str):
            raise TypeError
        if isinstance(value, dict | list):
            cast("dict[str | int, Any]", value)[last] = change.text
        else:
            setattr(value, str(last), change.text)
    except (LookupError, TypeError, AttributeError, ValueError):
        raise HeldBack(UNINSPECTED, "what was found cannot be taken out where it stands") from None


def _at(value: Any, step: str | int) -> Any:  # noqa: ANN401 - of any framework
    if isinstance(value, dict | list | tuple):
        return cast("dict[str | int, Any]", value)[step]
    return getattr(value, str(step))


def _parts(judge: Judge, document: Json, channel: Channel) -> tuple[Part, ...]:
    found, profile = parts_of(document, channel), PROFILES[judge.profile]
    if found.media and profile.enforced and profile.media is Action.BLOCK:
        raise HeldBack(MEDIA)
    return found.parts


def _changes(parts: Sequence[Part], verdicts: Sequence[Verdict]) -> tuple[Change, ...]:
    made = list[Change]()
    for part, verdict in zip(parts, verdicts, strict=True):
        if verdict.action == Action.BLOCK.value:
            raise HeldBack(_because(verdict))
        if verdict.action == Action.REDACT.value:
            made.append(_redacted(part, verdict))
    return tuple(made)


def _because(verdict: Verdict) -> str:
    kinds = (each.kind for each in verdict.findings if each.action == Action.BLOCK.value)
    return next(kinds, UNINSPECTED)


def _redacted(part: Part, verdict: Verdict) -> Change:
    spans = [
        (each.start, each.end, each.kind) for each in verdict.findings if each.action == Action.REDACT.value
    ]
    reason = spans[0][2] if spans else UNINSPECTED
    if not spans or part.path[-1:] == ("*",):  # the name of a member
        raise HeldBack(reason)
    return Change(part.path, without(part.text, spans), reason)
