"""An answer of a server, read as it comes and passed on as it was judged.

Rules of this file: an answer in JSON is held until it is whole; a stream goes on event by event. Of any other media
type only the status goes on. What goes on is UTF-8 and says so: with the server's own word for its characters
(`charset=utf-7`), a client would read another text than was judged. A session's id, and the ids of events, reach the client
bound to who it is.
"""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

import msgspec

from bartizan.gateway.answer_head import AnswerHead, reframed
from bartizan.gateway.bounds import MESSAGE_OCTETS
from bartizan.gateway.framing import FramingDoubt
from bartizan.gateway.mcp.binding import ID
from bartizan.gateway.mcp.events import COMMENT, Event, EventReader, written
from bartizan.gateway.mcp.message import judged
from bartizan.gateway.ports import Circumstances, is_refused
from bartizan.gateway.tokens import UNSAID, Usage

if TYPE_CHECKING:
    from bartizan.gateway.stream import Exchange

_JSON: Final = b"application/json"
_EVENTS: Final = b"text/event-stream"
_CALL: Final = "call-tool"
_MEDIA: Final = re.compile(rb"(?m)^content-type: [^\r]*\r\n")
"""The line that says what an answer is, among those that are kept."""


class Reading:
    """The answer to one request; for its exchange, also what tells whether a stream has said all."""

    __slots__ = ("_answered", "_events", "_exchange", "_head", "_held", "_hold", "_opened")

    def __init__(self, exchange: "Exchange", head: AnswerHead) -> None:
        """Begin at the head.

        Args:
            exchange: the request.
            head: of the answer.
        """
        self._exchange, self._head = exchange, head
        self._events = EventReader() if _media(head) == _EVENTS else None
        self._held, self._hold = bytearray(), exchange.plane.answers.begin(exchange)
        self._opened = False
        # who listens may leave at any time
        self._answered = exchange.route.method != b"POST" or exchange.circumstances.stream

    # ---- for the exchange ------------------------------------------------------------------------------
    def read(self, pieces: Iterable[bytes], *, done: bool) -> tuple[AnswerHead | None, list[bytes]]:
        """Return the head of the answer once it may go out, and what of its body may.

        Raises:
            FramingDoubt: something is not of the protocol, or too long, or there is no room for it.
        """
        passed = self._stream(pieces) if self._events is not None else self._whole(pieces, done=done)
        held = len(self._held) if self._events is None else self._events.held
        self._hold.follow(held, sum(map(len, passed)))
        if self._opened or (self._events is None and not done):
            return None, passed
        self._opened = True
        length = sum(map(len, passed)) if self._events is None else None
        return reframed(self._bound(self._head), length), passed

    def take(self, _piece: bytes) -> None:
        """Look at nothing: all was read before it went on."""

    def end(self) -> None:
        """Hold no more: the exchange has ended."""
        self._hold.end()

    def whole(self, _end: bytes) -> bool:
        """Return whether the answer that was asked for has come."""
        return self._answered

    def usage(self, _end: bytes) -> Usage:
        """Return nothing: tools cost no tokens here."""
        return UNSAID

    # ---- reading ---------------------------------------------------------------------------------------
    def _whole(self, pieces: Iterable[bytes], *, done: bool) -> list[bytes]:
        if _media(self._head) != _JSON:
            return []
        for piece in pieces:
            self._held += piece
        if len(self._held) > MESSAGE_OCTETS:
            raise FramingDoubt("upstream-malformed")
        if not done or not self._held:
            return []
        octets, self._held = bytes(self._held), bytearray()
        return [self._judged(octets)]

    def _stream(self, pieces: Iterable[bytes]) -> list[bytes]:
        reader = self._events
        events = [event for piece in pieces for event in (reader.feed(piece) if reader is not None else ())]
        return [octets for octets in map(self._event, events) if octets]

    def _event(self, event: Event) -> bytes:
        if event.silent:
            return COMMENT
        if event.name != b"message":
            return b""
        data = self._judged(event.data) if event.data else b""
        named = self._bind("event", event.id) if event.id else b""
        return written(Event(data, named, event.retry))

    def _judged(self, octets: bytes) -> bytes:
        message = judged(octets, self._kept)
        if not all(self._may(action) for action in message.asks):
            raise FramingDoubt("asking-forbidden")
        self._answered = self._answered or message.answer
        return message.octets

    def _kept(self, tools: list[Any]) -> list[Any]:
        exchange = self._exchange
        book = exchange.plane.tools[exchange.route.service.name]
        kept = book.kept(tools, lambda name: self._may(_CALL, name))
        for found in book.take_found():
            exchange.plane.record_tool(exchange, found)
        return kept

    def _may(self, action: str, tool: str = "") -> bool:
        exchange = self._exchange
        asked = Circumstances(exchange.client.group, action=action, tool=tool)
        service, ports = exchange.route.service.name, exchange.plane.ports
        return not is_refused(ports.authorize(exchange.who, action, service, asked))

    # ---- ids -------------------------------------------------------------------------------------------
    def _bound(self, head: AnswerHead) -> AnswerHead:
        media = _media(head)
        line = b"content-type: %b\r\n" % media if media in (_JSON, _EVENTS) else b""
        kept = _MEDIA.sub(b"", head.kept) + line
        if head.session:
            kept += b"mcp-session-id: %b\r\n" % self._bind("session", head.session)
        return msgspec.structs.replace(head, kept=kept)

    def _bind(self, kind: str, given: bytes) -> bytes:
        if ID.fullmatch(given) is None:
            raise FramingDoubt("upstream-malformed")
        plane = self._exchange.plane
        return plane.binding.bind(
            kind, self._exchange.route.service.name, self._exchange.who.principal, given
        )


def _media(head: AnswerHead) -> bytes:
    return head.media.partition(b";")[0].strip()
