"""The request that a service gets: written anew from what was judged.

Rules of this file: of the client's head nothing goes on but the fields that a protocol names, each in the form
that it gives them. Method, path, query, Host and credential are the route's, media types are constants, the body
is the encoding of what was judged. There are two exceptions. The token endpoint of the platform itself gets a Basic
Authorization field: it authenticates clients. And a valid trace-id of the client's goes on, under a parent-id of
our own: a trace leads through the gateway. What else it says of tracing does not, its `tracestate` and whether to
sample included.
"""

from typing import TYPE_CHECKING, Final

from bartizan.gateway.credential import told
from bartizan.gateway.ports import Ports
from bartizan.gateway.route import DIALECTS, Route, Routes

if TYPE_CHECKING:
    from bartizan.gateway.stream import Exchange

_ACCEPTS: Final = (b"application/json", b"text/event-stream")
"""What an answer is accepted as: whole, or as a stream."""


class RequestLines:
    """The constant part of every route's requests, credentials in place; it is never printed."""

    __slots__ = ("_lines", "_ports", "_traces")

    def __init__(self, ports: Ports, routes: Routes) -> None:
        """Write the constant parts."""
        self._ports = ports
        self._lines = {
            route.path: tuple(_constant(route, accept) for accept in _ACCEPTS) for route in routes.all()
        }
        self._traces: list[str] = []

    def of(self, exchange: "Exchange") -> bytes:
        """Return a request, whole."""
        route, judged, name = exchange.route, exchange.judged, exchange.id
        known = self._lines.get(route.path)
        constant = known[judged.stream] if known is not None else _constant(route, _ACCEPTS[judged.stream])
        trace = exchange.head.trace or self._trace()
        varying = f"{name}\r\ntraceparent: 00-{trace}-{name[2:]}-01\r\n".encode()
        if route.told:
            varying += told(exchange.head.fields, route.told)
        if route.public and exchange.head.basic:
            varying += b"authorization: " + exchange.head.basic + b"\r\n"
        if route.method != b"POST":
            return b"%b%b\r\n" % (constant, varying)
        return b"%b%bcontent-length: %d\r\n\r\n%b" % (constant, varying, len(judged.octets), judged.octets)

    def _trace(self) -> str:
        if not self._traces:
            digits = self._ports.random(16 * 256).hex()
            self._traces.extend(digits[at : at + 32] for at in range(0, len(digits), 32))
        return self._traces.pop()


def _constant(route: Route, accept: bytes) -> bytes:
    """Return what all requests of a route begin with, up to the request's own name."""
    service = route.service
    lines = [
        b"%b %b HTTP/1.1" % (route.method, route.upstream_path),
        b"host: " + service.upstream.encode(),
        b"accept: " + accept,
        b"accept-encoding: identity",
    ]
    if route.reader.media:
        lines.append(b"content-type: " + route.reader.media)
    if service.credential is not None:
        lines.append(b"%b: %b" % (DIALECTS[service.protocol].credential, service.credential.reveal()))
    return b"\r\n".join([*lines, b"x-request-id: "])
