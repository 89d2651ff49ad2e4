"""A server's stream of events, read line by line and written anew.

Rules of this file: an event goes on only as the encoding of what was read of it, so that no client can find another
event, or another end of one, than was judged. Fields that the protocol has no use for are left out. A lone carriage
return, which some take for the end of a line and some do not, ends the stream.
Source: HTML living standard, 9.2, server-sent events.
"""

import re
from typing import Final

import msgspec

from bartizan.gateway.bounds import MESSAGE_OCTETS
from bartizan.gateway.framing import FramingDoubt

_RETRY: Final = re.compile(rb"[0-9]{1,9}")
_LINE_OCTETS: Final = 64
"""What a line costs beside its octets."""
_LINE_ENDS: Final = ((b"\xe2\x80\xa8", b"\\u2028"), (b"\xe2\x80\xa9", b"\\u2029"), (b"\xc2\x85", b"\\u0085"))
"""Characters at which some clients end a line; JSON has them in strings alone, where an escape says the same."""
COMMENT: Final = b":\n\n"
"""What keeps a silent connection open."""


class Event(msgspec.Struct, frozen=True):
    """One event.

    Attributes:
        data: its lines, joined by line feeds.
        id: of it, or empty.
        retry: milliseconds after which to ask again, or empty.
        name: `message`, or what it is called else.
        silent: whether it is only a comment.
    """

    data: bytes = b""
    id: bytes = b""
    retry: bytes = b""
    name: bytes = b"message"
    silent: bool = False


class EventReader:
    """Reads one stream; holds no more than one event of it."""

    __slots__ = ("_held", "_lines", "_octets")

    def __init__(self) -> None:
        """Begin at the first octet."""
        self._held, self._octets = bytearray(), 0
        self._lines: list[bytes] = []

    @property
    def held(self) -> int:
        """Octets of the event that is not whole yet."""
        return self._octets + len(self._held)

    def feed(self, piece: bytes) -> list[Event]:
        """Return the events that are whole with these octets.

        Raises:
            FramingDoubt: one is too long, or has a line whose end is in doubt.
        """
        self._held += piece
        found: list[Event] = []
        if b"\n" in piece:
            *lines, held = bytes(self._held).split(b"\n")
            self._held = bytearray(held)
            for line in lines:
                found += self._line(line.removesuffix(b"\r"))
        if self._octets + len(self._held) > MESSAGE_OCTETS:
            raise FramingDoubt("upstream-malformed")
        return found

    def _line(self, line: bytes) -> list[Event]:
        """Take a line; return the event that it ends, if it does."""
        if b"\r" in line or self._octets + len(line) > MESSAGE_OCTETS:
            raise FramingDoubt("upstream-malformed")
        if line:
            self._lines.append(line)
            self._octets += len(line) + _LINE_OCTETS
            return []
        lines, self._lines, self._octets = self._lines, [], 0
        return [_event(lines)] if lines else []


def _event(lines: list[bytes]) -> Event:
    fields: dict[bytes, list[bytes]] = {}
    for line in lines:
        name, _, value = line.partition(b":")
        fields.setdefault(name, []).append(value.removeprefix(b" "))
    known = {b"data", b"id", b"retry", b"event"} & fields.keys()
    retry = fields.get(b"retry", [b""])[-1]
    return Event(
        b"\n".join(fields.get(b"data", [])),
        fields.get(b"id", [b""])[-1],
        retry if _RETRY.fullmatch(retry) else b"",
        fields.get(b"event", [b"message"])[-1] or b"message",
        silent=not known,
    )


def written(event: Event) -> bytes:
    """Return an event as it goes on; its data is JSON without a line feed, its id is of the form `binding.ID`."""
    data = event.data
    for end, escape in _LINE_ENDS:
        data = data.replace(end, escape)
    id_line = b"id: %b\n" % event.id if event.id else b""
    retry = b"retry: %b\n" % event.retry if event.retry else b""
    return b"event: message\n%b%bdata: %b\n\n" % (id_line, retry, data)
