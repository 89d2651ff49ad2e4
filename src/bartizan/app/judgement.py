"""What the guard makes of one text, and of the texts of one request for a verdict.

Rules of this file: nothing that is judged here is remembered, or looked up among what others sent: how long a verdict
takes must not tell who asks what somebody else has said. No text is in what is answered.
"""

from collections.abc import Generator
from typing import Annotated, Any, Final

import msgspec

from bartizan.app.guarding import signals_of
from bartizan.gateway.inspected import Said
from bartizan.threats import encoder, injection
from bartizan.threats.inspect import STRETCH, Found, Inspected, Inspector
from bartizan.threats.overlap import Echo, Prompt
from bartizan.threats.profile import PROFILES, Action, Profile, gravest
from bartizan.threats.subject import Channel
from bartizan.threats.verdict import verdict

_INJECTIONS: Final = frozenset({"prompt-injection", "hidden-text"})
_MODELS: Final = frozenset({injection.RULE, encoder.RULE})
"""What stands for a rule where a model gives a score of its own."""
_HELD: Final = 0.99
"""Score of a text in which a rule of injections holds."""
_FIGURES: Final = 6
_TEXT: Final = 256
"""Letters that a text counts for beside its own when turns are taken."""


class Judgement(msgspec.Struct, frozen=True):
    """What the guard makes of a text.

    Attributes:
        action: `allow`, `flag`, `redact` or `block`.
        score: from 0 to 1, how much it is an injection: what the model says, and at least `_HELD` where a rule holds.
        findings: what was found, in order of place.
        whole: whether all of it was read.
        profile: that says what becomes of it.
        unread: windows that the encoder did not read.
    """

    action: str
    score: float
    findings: tuple[Found, ...]
    whole: bool
    profile: Profile
    unread: int = 0

    @property
    def document(self) -> dict[str, Any]:
        """Return it as one JSON object."""
        return {
            "action": self.action,
            "score": self.score,
            "findings": [
                {
                    "control": each.control,
                    "kind": each.reason,
                    "rule": each.rule,
                    "reading": each.reading,
                    "start": each.start,
                    "end": each.end,
                    "severity": each.severity.value,
                    "confidence": each.confidence.value,
                    "action": _done(self.profile, self.profile.action(each.reason)).value,
                }
                for each in self.findings
            ],
            "whole": self.whole,
            **({"unread": self.unread} if self.unread else {}),
        }


def judgement(profile: Profile, inspected: Inspected) -> Judgement:
    """Return what a profile makes of what was found in a text."""
    said = verdict(profile, inspected.found, whole=inspected.whole, media=0)
    injected = any(each.reason in _INJECTIONS and each.rule not in _MODELS for each in inspected.found)
    score = round(max(inspected.score, _HELD if injected else 0.0), _FIGURES)
    action = _done(profile, said.action).value
    return Judgement(action, score, inspected.found, inspected.whole, profile, inspected.unread)


def _done(profile: Profile, action: Action) -> Action:
    return action if profile.enforced else min(action, Action.FLAG, key=_grade)


def _grade(action: Action) -> int:
    return action.grade


class Text(msgspec.Struct, frozen=True):
    """A text that is to be judged, and whose words it is."""

    text: str
    channel: Channel = Channel.USER


class Wanted(msgspec.Struct, frozen=True):
    """The body of a request for verdicts, as `gateway.protocols.judge` lets it through."""

    text: str = ""
    channel: Channel = Channel.USER
    texts: tuple[Text, ...] | None = None
    profile: Annotated[str, msgspec.Meta(pattern=rf"^({'|'.join(PROFILES)})\Z")] = "standard"


_DECODE: Final = msgspec.json.Decoder(Wanted).decode
_ENCODE: Final = msgspec.json.Encoder().encode


def verdicts(inspector: Inspector, octets: bytes) -> Generator[None, None, Said]:
    """Judge the texts of a request, a stretch at a time; returns the answer, and what was found for the record.

    Args:
        inspector: that inspects.
        octets: of the request.
    Raises:
        msgspec.DecodeError: it is none.
    """
    wanted = _DECODE(octets)
    profile = PROFILES[wanted.profile]
    texts = (Text(wanted.text, wanted.channel),) if wanted.texts is None else wanted.texts
    prompt = Prompt([each.text for each in texts if each.channel is Channel.SYSTEM])
    said, letters = list[Judgement](), 0
    for each in texts:
        if letters > STRETCH:
            letters = 0
            yield
        letters += len(each.text) + _TEXT
        echo = Echo(prompt if each.channel is Channel.RESPONSE else _NO_PROMPT)
        said.append(
            judgement(
                profile,
                (yield from inspector.steps(each.text, each.channel, echo, names=profile.seeks_names)),
            )
        )
    action = gravest(Action(each.action) for each in said).value
    found = ((text.channel, each) for text, one in zip(texts, said, strict=True) for each in one.findings)
    every = [one.document for one in said]
    answer = every[0] if wanted.texts is None else {"action": action, "verdicts": every}
    return Said(action, octets=_ENCODE(answer), signals=signals_of(found))


_NO_PROMPT: Final = Prompt([])
"""What is compared with nothing is not remembered either (`Inspector.steps`)."""
