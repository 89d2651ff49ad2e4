"""The guard's verdict on texts, outside the gateway: for `bartizan inspect`, and for programs.

Rules of this file: the same rules, controls and profiles as in the way of requests. A line of a batch that cannot be read is
answered as such, in its place, and the rest is inspected all the same.
"""

import secrets
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, Final

import msgspec

from bartizan.app.judgement import Judgement, judgement
from bartizan.control import discover
from bartizan.text.names.model import load as load_names
from bartizan.text.rule import rules
from bartizan.text.sieving import at_once, compiled
from bartizan.threats import controls, encoder
from bartizan.threats.injection import load
from bartizan.threats.inspect import Inspector
from bartizan.threats.profile import PROFILES
from bartizan.threats.subject import Channel

LONGEST: Final = 16 << 20
"""Octets of one text, or of one line of a batch."""


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
    return judgement(PROFILES[profile], inspector.inspect(text, channel, names=PROFILES[profile].seeks_names))


@cache
def _inspector(*, fast: bool) -> Inspector:
    """Return what inspects: for many texts with patterns that take a second to make."""
    every = rules()
    patterns = (compiled(every) if fast else None) or at_once(every)
    inspector = Inspector(
        patterns, discover(controls), secrets.token_bytes(32), 1, load(), encoder=encoder.load()
    )
    inspector.names = load_names()
    return inspector
