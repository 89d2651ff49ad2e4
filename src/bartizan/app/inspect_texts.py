"""The guard's verdict on texts, outside the gateway: for `bartizan inspect`, and for programs.

Rules of this file: the same rules, controls and profiles as in the way of requests. A line of a batch that cannot be read is
answered as such, in its place, and the rest is inspected all the same.
"""

import secrets
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, Final

import msgspec

from bartizan.control import discover
from bartizan.text.rule import rules
from bartizan.text.sieving import at_once, compiled
from bartizan.threats import controls
from bartizan.threats.inspect import Found, Inspector
from bartizan.threats.judge import judged_text
from bartizan.threats.profile import PROFILES, Action
from bartizan.threats.subject import Channel

LONGEST: Final = 16 << 20
"""Octets of one text, or of one line of a batch."""
_INJECTIONS: Final = frozenset({"prompt-injection", "hidden-text"})


class Judgement(msgspec.Struct, frozen=True):
    """What the guard makes of a text.

    Attributes:
        action: `allow`, `flag`, `redact` or `block`.
        score: from 0 to 1, how much it is an injection; in this version 1 where one was found, else 0.
        findings: what was found, in order of place.
        whole: whether all of it was read.
    """

    action: str
    score: float
    findings: tuple[Found, ...]
    whole: bool

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
                }
                for each in self.findings
            ],
            "whole": self.whole,
        }


class Line(msgspec.Struct, frozen=True):
    """One line of a batch.

    Attributes:
        text: to inspect.
        channel: whose words they are.
        task: what the user wants; taken, and not used in this version.
    """

    text: str
    channel: Channel = Channel.USER
    task: str = ""


def inspect(text: str, channel: str = "user", profile: str = "standard") -> Judgement:
    """Return what the guard makes of a text.

    Args:
        text: to inspect.
        channel: whose words they are: `user`, `tool`, `document`, `response` or `system`.
        profile: `observe`, `standard` or `strict`.
    Raises:
        ValueError: there is no such channel or profile.
    """
    return _judged(_inspector(fast=False), text, Channel(channel), profile)


def inspect_lines(lines: Iterable[bytes], profile: str = "standard") -> Iterator[dict[str, Any]]:
    """Yield what the guard makes of each line, in order: a verdict, or `{"error": …}` where it cannot be read.

    Args:
        lines: JSON objects with `text`, and perhaps `channel` and `task`.
        profile: as of `inspect`.
    """
    read = msgspec.json.Decoder(Line).decode
    for line in lines:
        if not line.strip():
            continue
        try:
            if len(line) > LONGEST:
                raise ValueError(f"longer than {LONGEST >> 20} MiB")
            said = read(line)
        except (ValueError, RecursionError) as wrong:
            yield {"error": _why(wrong)}
            continue
        yield _judged(_inspector(fast=True), said.text, said.channel, profile).document


def _why(wrong: Exception) -> str:
    """Return what is wrong with a line, without anything that stood in it."""
    said = str(wrong)
    if isinstance(wrong, msgspec.ValidationError) and said.startswith(("Expected", "Object missing")):
        return said
    if isinstance(wrong, msgspec.ValidationError):
        return "a value that is not allowed; channel is user, tool, document, response or system"
    return said if type(wrong) is ValueError else "not JSON"


def _judged(inspector: Inspector, text: str, channel: Channel, profile: str) -> Judgement:
    if profile not in PROFILES:
        raise ValueError(f"there is no profile {profile!r}; there are {', '.join(PROFILES)}")
    verdict, inspected = judged_text(inspector, PROFILES[profile], text, channel)
    injected = any(each.reason in _INJECTIONS for each in inspected.found)
    action = verdict.action if PROFILES[profile].enforced else min(verdict.action, Action.FLAG, key=_grade)
    return Judgement(action.value, float(injected), inspected.found, inspected.whole)


def _grade(action: Action) -> int:
    return action.grade


@cache
def _inspector(*, fast: bool) -> Inspector:
    """Return what inspects: for many texts with patterns that take a second to make."""
    every = rules()
    patterns = (compiled(every) if fast else None) or at_once(every)
    return Inspector(patterns, discover(controls), secrets.token_bytes(32), remembers=1)
