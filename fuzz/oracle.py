"""Second opinions: what h11, which shares no line with the gateway, finds in the same octets.

Rules of this file: h11's readers are called without the state machine around them, which asks for the order of events
and costs more than the reading; what it decides besides is decided here.
"""

from collections.abc import Iterator
from typing import Protocol

import h11
from h11._connection import _body_framing
from h11._readers import (
    ChunkedReader,
    ContentLengthReader,
    Http10Reader,
    maybe_read_from_IDLE_client,
    maybe_read_from_SEND_RESPONSE_server,
)
from h11._receivebuffer import ReceiveBuffer

Found = tuple[bytes, bytes, bytes]
"""Method, target and body of a request."""
CHUNKED, UNTIL_CLOSE = -1, -2
"""Lengths of bodies that end by themselves, and with the connection."""
_WORDS = {"chunked": CHUNKED, "http/1.0": UNTIL_CLOSE}
_SWITCHING = 101


class _Reader(Protocol):
    def __call__(self, buf: ReceiveBuffer, /) -> h11.Event | None: ...


def head_in(octets: bytes) -> tuple[h11.Request, int]:
    """Return the request of a head and the length of its body.

    Raises:
        h11.ProtocolError: h11 refuses it, or finds no end of it.
    """
    head = maybe_read_from_IDLE_client(_buffer(octets))
    if head is None:
        raise h11.RemoteProtocolError("not whole")
    return head, _length(head)


def requests_in(octets: bytes) -> Iterator[Found]:
    """Yield the requests that h11 finds, up to the first that it refuses or that is not whole."""
    buffer = _buffer(octets)
    while buffer:
        try:
            head = maybe_read_from_IDLE_client(buffer)
            body = None if head is None else _body(buffer, _length(head))
        except h11.ProtocolError:
            return
        if head is None or body is None:
            return
        yield head.method, head.target, body


def body_in(octets: bytes) -> bytes | None:
    """Return the body in chunks that h11 finds, None where it finds no end of it.

    Raises:
        h11.ProtocolError: h11 refuses it.
    """
    return _body(_buffer(octets), CHUNKED)


def answer_in(octets: bytes) -> tuple[int, bytes]:
    """Return status and body of the first final answer to a POST.

    Raises:
        h11.ProtocolError: h11 finds none, or not the end of it before the end of the octets.
    """
    buffer = _buffer(octets)
    while not isinstance(head := maybe_read_from_SEND_RESPONSE_server(buffer), h11.Response):
        if head is None or head.status_code == _SWITCHING:
            raise h11.RemoteProtocolError("no answer")
    body = _body(buffer, _length(head))
    if body is None:
        raise h11.RemoteProtocolError("not whole")
    return head.status_code, body


def _buffer(octets: bytes) -> ReceiveBuffer:
    buffer = ReceiveBuffer()
    buffer += octets
    return buffer


def _length(head: h11.Request | h11.Response) -> int:
    how, octets = _body_framing(b"POST", head)
    return octets[0] if octets else _WORDS[how]


def _body(buffer: ReceiveBuffer, length: int) -> bytes | None:
    """Return the body that begins the buffer, None where it does not end there; what follows stays in the buffer."""
    read: _Reader = ChunkedReader() if length == CHUNKED else ContentLengthReader(length)
    if length == UNTIL_CLOSE:
        read = Http10Reader()
    body = b""
    while (event := read(buffer)) is not None:
        if not isinstance(event, h11.Data):
            return body
        body += event.data
    return body if length == UNTIL_CLOSE else None
