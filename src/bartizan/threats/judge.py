"""Inspects a request, or one text, by a profile: what was found, what becomes of it, and what goes on in its place.

Rules of this file: what goes on is the encoding of what was inspected. What cannot be taken out of a text that is to go on
without it holds the text back.
"""

from collections.abc import Callable, Generator
from typing import Final

import msgspec

from bartizan.text.mark import unplanted
from bartizan.threats.conversation import Tail, together
from bartizan.threats.grey import NEVER, Doubtful, doubts
from bartizan.threats.inspect import STRETCH, Found, Inspected, Inspector
from bartizan.threats.overlap import Echo
from bartizan.threats.parts import Json, Part, Parts, is_prompt, parts_of, replaced
from bartizan.threats.profile import Action, Profile
from bartizan.threats.subject import Channel
from bartizan.threats.verdict import MEDIA, UNINSPECTED, Verdict, redact, verdict

_PART = 256
"""Letters that a text counts for beside its own when turns are taken."""
_GOING_ON: Final = (Action.REDACT, Action.HOLD)
"""Actions after which something may go on in place of the request."""
_ENCODE = msgspec.json.Encoder().encode
_DECODE = msgspec.json.Decoder().decode


class Judged(msgspec.Struct, frozen=True):
    """What was made of a request.

    Attributes:
        verdict: what becomes of it.
        found: each text in which something was found, with that.
        octets: what goes on in place of the request; empty where that is the request itself.
        prompt: the texts of the application in it.
        tail: of the conversation, for a further request.
        unseen: `UNINSPECTED`, `MEDIA` or both: what nobody looked at.
        doubtful: texts that are in doubt (`grey`).
    """

    verdict: Verdict
    found: tuple[tuple[Part, Inspected], ...]
    octets: bytes = b""
    prompt: tuple[str, ...] = ()
    tail: Tail = Tail()
    unseen: tuple[str, ...] = ()
    doubtful: tuple[Doubtful, ...] = ()

    @property
    def findings(self) -> tuple[tuple[Channel, Found], ...]:
        """Return every finding with its channel."""
        return tuple((part.channel, each) for part, inspected in self.found for each in inspected.found)


class Asker(msgspec.Struct, frozen=True):
    """Who sent a request.

    Attributes:
        source: pseudonym; what was inspected is remembered for it alone.
        before: returns what is left of a conversation that the request goes on with, and does not hold.
    """

    source: str = ""
    before: Callable[[Json], Tail] = lambda _: Tail()


NOBODY: Final = Asker()


def judging(
    inspector: Inspector,
    profile: Profile,
    octets: bytes,
    channel: Channel = Channel.USER,
    echo: Echo | None = None,
    asker: Asker = NOBODY,
    floor: float = NEVER,
) -> Generator[None, None, Judged]:
    """Inspect a request; yields where others may take their turn, and returns what was made of it.

    Args:
        inspector: that inspects.
        profile: of the route.
        octets: JSON, as it is to go on; what is none is one text.
        channel: whose words those are of which nothing says it.
        echo: compares an answer with its system prompt.
        asker: who sent it.
        floor: score from which on a text is in doubt.
    """
    document = _decoded(octets)
    came = parts_of(document, channel)
    parts = came if echo is None else _unplanted(document, came)
    found, whole, user = list[tuple[Part, Inspected]](), True, list[tuple[Part, Inspected]]()
    names, doubtful, letters = profile.seeks_names, list[Doubtful](), 0
    for part in parts.parts:
        if letters > STRETCH:
            letters = 0
            yield
        letters += len(part.text) + _PART
        against = None if is_prompt(part) else echo
        inspected = yield from inspector.steps(
            part.text, part.channel, against, asker.source, orders=part.describes, names=names
        )
        whole &= inspected.whole
        user += [(part, inspected)] * (part.channel is Channel.USER)
        doubtful += doubts(part, inspected, floor)
        if inspected.found:
            found.append((part, inspected))
    said_together = yield from together(inspector, user, asker.before(document), asker.source)
    found += said_together.told
    every = [each for _, inspected in found for each in inspected.found]
    said = verdict(profile, every, whole=whole, media=parts.media)
    prompt = tuple(part.text for part in parts.parts if part.channel is Channel.SYSTEM)
    unseen = (*(() if whole else (UNINSPECTED,)), *((MEDIA,) if parts.media else ()))
    judged = Judged(
        said, tuple(found), prompt=prompt, tail=said_together.tail, unseen=unseen, doubtful=tuple(doubtful)
    )
    wanted = {profile.action(each.reason) for each in every}
    if said.action not in _GOING_ON or Action.REDACT not in wanted or not profile.enforced:
        octets = _ENCODE(document) if parts is not came else b""
        return msgspec.structs.replace(judged, octets=octets)
    if not redact(document, profile, found):
        return msgspec.structs.replace(judged, verdict=msgspec.structs.replace(said, action=Action.BLOCK))
    return msgspec.structs.replace(judged, octets=_ENCODE(document))


def _unplanted(document: Json, parts: Parts) -> Parts:
    """Take out of an answer the marks that were planted in the prompt which it sends back; return its texts then."""
    clean = tuple(
        msgspec.structs.replace(part, text=text)
        if is_prompt(part)
        and (text := unplanted(part.text)) != part.text
        and replaced(document, part.path, text)
        else part
        for part in parts.parts
    )
    return parts if clean == parts.parts else Parts(clean, parts.media)


def _decoded(octets: bytes) -> Json:
    try:
        document: Json = _DECODE(octets)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return octets.decode("utf-8", "replace")
    return document


def judged_text(
    inspector: Inspector, profile: Profile, text: str, channel: Channel
) -> tuple[Verdict, Inspected]:
    """Return what becomes of one text, and what was found in it."""
    inspected = inspector.inspect(text, channel, names=profile.seeks_names)
    return verdict(profile, inspected.found, whole=inspected.whole, media=0), inspected
