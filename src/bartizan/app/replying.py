"""The answer to one request, as the inspector reads it: its events, or its one document, by the guard of its service."""

from collections.abc import Callable, Generator, Iterable
from typing import Final

import msgspec

from bartizan.app.guarding import signals_of, told_of, unseen
from bartizan.gateway.framing import FramingDoubt
from bartizan.gateway.inspected import ALLOW, BLOCK, EVENTS, JSON, Passed, Said, Signal
from bartizan.gateway.mcp.events import COMMENT, Event, EventReader
from bartizan.threats.answer import DONE, Answer
from bartizan.threats.excerpt import MOST as MOST_EXCERPTS
from bartizan.threats.excerpt import encoded, excerpts
from bartizan.threats.judge import judging
from bartizan.threats.lane import Guarding, Withheld
from bartizan.threats.profile import Action
from bartizan.threats.subject import Channel
from bartizan.threats.verdict import MEDIA, UNINSPECTED, Verdict

MOST: Final = 16 << 20
"""Octets of an answer that is one document."""
_NAME_LETTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyz_.")


class Replying:
    """One answer."""

    def __init__(self, guarding: Guarding, look: Callable[[bytes], None] = lambda _: None) -> None:
        """Begin before its first octet; `look` is shown all of them as they came."""
        self._g, self._look = guarding, look
        self._answer, self._events = Answer(guarding), EventReader()
        self._held = bytearray()
        self._over, self._excerpts = False, MOST_EXCERPTS

    def steps(self, octets: bytes, kind: str, *, last: bool) -> Generator[None, None, Passed]:
        """Read more of it; returns what may go on."""
        if self._over:
            return Passed(last=last)
        self._look(octets)
        try:
            if kind == JSON:
                passed = yield from self._document(octets, last=last)
            elif kind == EVENTS:
                passed = self._passed(self._read(octets, last=last), last=last)
            else:
                passed = self._unread(last=last)
        except Withheld as held:
            return self._withheld(held.verdict)
        except FramingDoubt:
            return self._withheld(Verdict(Action.BLOCK, UNINSPECTED))
        return passed

    def _unread(self, *, last: bool) -> Passed:
        """Say whether what nobody reads may go on."""
        self._over = True
        profile = self._g.profile
        if profile.enforced and profile.media is Action.BLOCK:
            raise Withheld(Verdict(Action.BLOCK, MEDIA))
        return Passed(last=last, said=Said(ALLOW, signals=(unseen(MEDIA, Channel.RESPONSE),)))

    def _read(self, octets: bytes, *, last: bool) -> bytes:
        out = list[bytes]()
        named = False
        for event in self._events.feed(octets):
            named = named or event.name != b"message"
            out += self._event(event)
        if last:
            if self._events.held:  # it ends in the middle of an event, which no client would take for one
                raise FramingDoubt("upstream-malformed")
            out += [_written(each, named=named) for each in self._answer.flush()]
        return b"".join(out)

    def _event(self, event: Event) -> Iterable[bytes]:
        if event.silent or not event.data:
            return [COMMENT]
        return [_written(each, named=event.name != b"message") for each in self._answer.take(event.data)]

    def _document(self, octets: bytes, *, last: bool) -> Generator[None, None, Passed]:
        self._held += octets
        if len(self._held) > MOST:
            raise Withheld(Verdict(Action.BLOCK, UNINSPECTED))
        if not last:
            return Passed()
        whole, self._held = bytes(self._held), bytearray()
        judged = yield from judging(self._g.inspector, self._g.profile, whole, Channel.RESPONSE, self._g.echo)
        shown = encoded(excerpts(judged.found)) if self._g.profile.shows else b""
        said = Said(ALLOW, signals=told_of(judged, Channel.RESPONSE), excerpts=shown)
        if judged.verdict.action is Action.BLOCK and self._g.profile.enforced:
            return self._withheld(judged.verdict, said)
        return Passed(judged.octets or whole, last=True, said=said)

    def _passed(self, octets: bytes, *, last: bool) -> Passed:
        return Passed(octets, last, self._said())

    def _withheld(self, verdict: Verdict, said: Said | None = None) -> Passed:
        self._over = True
        signals: tuple[Signal, ...] = ()
        if said is None:
            said = self._said()
            signals = (
                (unseen(verdict.reason, Channel.RESPONSE),) if verdict.reason in (MEDIA, UNINSPECTED) else ()
            )
        signals = (*said.signals[:1], *signals, *said.signals[1:])
        why = Said(BLOCK, verdict.reason, verdict.control, verdict.what, b"", signals, said.excerpts)
        return Passed(last=True, said=why)

    def _said(self) -> Said:
        """Return what was found since the last time."""
        found, self._answer.found = self._answer.found, []
        shown, self._answer.shown = self._answer.shown[: self._excerpts], []
        self._excerpts -= len(shown)
        signals = signals_of((Channel.RESPONSE, each) for each in found)
        return Said(ALLOW, signals=signals, excerpts=encoded(shown))


def _written(data: bytes, *, named: bool) -> bytes:
    """Return an event: its name is what its data say that it is, where events have names."""
    name = b""
    if named and data != DONE:
        document = msgspec.json.decode(data)
        kind = document.get("type", "") if isinstance(document, dict) else ""
        if isinstance(kind, str) and kind and _NAME_LETTERS.issuperset(kind):
            name = b"event: %b\n" % kind.encode()
    return b"%bdata: %b\n\n" % (name, data)
