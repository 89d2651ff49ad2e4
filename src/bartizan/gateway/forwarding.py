"""The request that a service gets: written anew from what was judged.

Rules of this file: of the client's head nothing goes on but the fields that a protocol names, each in the form
that it gives them. Method, path, query, Host and credential are the route's, media types are constants, the body
is the encoding of what was judged, with the target's name for its model. There are four exceptions. The token endpoint of the platform itself gets a Basic
Authorization field: it authenticates clients; and it is told the pseudonym of the network that asks. The Admin API gets the
token and its proof: it asks itself who that is; and it is told the key agreement. Pages get the session's cookie, where a form came from, and the key agreement. And a valid trace-id of the client's goes on, under a parent-id of
our own: a trace leads through the gateway. What else it says of tracing does not, its `tracestate` and whether to
sample included. Where the gateway traces, it says itself whether it does so with this request.
"""

from typing import TYPE_CHECKING, Final

import msgspec

from bartizan.crypto.secret import Secret
from bartizan.gateway.alias import redeployed, renamed
from bartizan.gateway.credential import told
from bartizan.gateway.judged import Judged
from bartizan.gateway.page import asked
from bartizan.gateway.ports import Ports
from bartizan.gateway.route import Route
from bartizan.gateway.routes import DIALECTS, Routes
from bartizan.gateway.service import ServiceRoute, Target
from bartizan.gateway.tracing import Tracer

if TYPE_CHECKING:
    from bartizan.gateway.stream import Exchange

_ACCEPTS: Final = (b"application/json", b"text/event-stream")
"""What an answer is accepted as: whole, or as a stream."""
_BODIED: Final = frozenset({b"POST", b"PUT", b"PATCH"})


class RequestLines:
    """The constant part of every route's requests to one target, credentials in place; it is never printed."""

    __slots__ = ("_base", "_lines", "_models", "_ports", "_routes", "_target", "_tracer", "_traces")

    def __init__(
        self,
        ports: Ports,
        routes: Routes,
        service: ServiceRoute,
        target: Target,
        tracer: Tracer | None = None,
    ) -> None:
        """Write the constant parts."""
        self._tracer = tracer
        self._ports, self._target, self._base = ports, target, len(service.base)
        self._models = dict(target.models)
        self._routes = [route for route in routes.all() if route.service is service]
        self._write()
        self._traces: list[str] = []

    def renew(self, credential: Secret) -> None:
        """Present another credential from now on."""
        self._target = msgspec.structs.replace(self._target, credential=credential)
        self._write()

    def _write(self) -> None:
        self._lines = {
            route.index: tuple(self._constant(route, accept) for accept in _ACCEPTS) for route in self._routes
        }

    def of(self, exchange: "Exchange") -> bytes:
        """Return a request, whole."""
        route, judged, name = exchange.route, exchange.judged, exchange.id
        known, octets = self._lines.get(route.index), judged.octets
        constant = (
            known[judged.stream] if known is not None else self._constant(route, _ACCEPTS[judged.stream])
        )
        if judged.model in self._models:
            constant, octets = self._renamed(route, judged)
        if self._tracer is None:
            trace, flags = exchange.caller[0] or self._trace(), "01"
        else:
            trace, flags = self._tracer.sent(exchange)
        varying = f"{name}\r\ntraceparent: 00-{trace}-{name[2:]}-{flags}\r\n".encode()
        if route.told:
            varying += told(exchange.head.fields, route.told)
        if route.public:
            varying += _asked(route, exchange)
        if route.bound:
            varying += exchange.bound + judged.fields
        varying += route.lines
        if route.method not in _BODIED:
            return b"%b%b\r\n" % (constant, varying)
        return b"%b%bcontent-length: %d\r\n\r\n%b" % (constant, varying, len(octets), octets)

    def _renamed(self, route: Route, judged: Judged) -> tuple[bytes, bytes]:
        """Return the constant part and the body of a request for a model that has another name at this target."""
        model = self._models[judged.model]
        constant = self._constant(route, _ACCEPTS[judged.stream], model)
        return constant, renamed(judged.octets, model) if judged.octets else b""

    def _trace(self) -> str:
        if not self._traces:
            digits = self._ports.random(16 * 256).hex()
            self._traces.extend(digits[at : at + 32] for at in range(0, len(digits), 32))
        return self._traces.pop()

    def _constant(self, route: Route, accept: bytes, model: str = "") -> bytes:
        """Return what all requests of a route begin with, up to the request's own name."""
        target, path = self._target, route.upstream_path[self._base :]
        if model and route.service.protocol == "azure":
            path = redeployed(path, model)
        lines = [
            b"%b %b%b HTTP/1.1" % (route.method, target.base.encode(), path),
            b"host: " + target.upstream.encode(),
            b"accept: " + (route.accept or accept),
            b"accept-encoding: identity",
        ]
        if route.reader.media:
            lines.append(b"content-type: " + route.reader.media)
        if target.credential is not None:
            credential = target.credential.reveal()
            lines.append(b"%b: %b" % (DIALECTS[route.service.protocol].credential, credential))
        return b"\r\n".join([*lines, b"x-request-id: "])


def _asked(route: Route, exchange: "Exchange") -> bytes:
    """Return the fields that a public endpoint gets besides: who asks, as far as it shows, and from which network."""
    fields = b"" if route.page is None else asked(exchange.head.fields)
    if route.service.own and exchange.client.certificate:
        fields += b"x-bartizan-certificate: %b\r\n" % exchange.client.certificate.encode()
    if route.service.own and exchange.source:
        fields += b"x-bartizan-source: %b\r\n" % exchange.source.encode()
    if route.shows or route.page is not None:
        fields += b"x-bartizan-group: %b\r\n" % exchange.client.group.encode()
    if route.shows:
        return fields + _shown(exchange)
    if exchange.head.basic:
        fields += b"authorization: %b\r\n" % exchange.head.basic
    return fields


def _shown(exchange: "Exchange") -> bytes:
    """Return the fields of who shows a token to what stands behind us: it as it was shown, and what its proof is judged by."""
    head = exchange.head
    fields = b""
    if exchange.bodiless:
        fields = b"x-bartizan-method: HEAD\r\n"  # which the gateway asks as GET, and a proof names
    if head.token:
        scheme = b"DPoP" if head.scheme else b"Bearer"
        fields += b"authorization: %b %b\r\n" % (scheme, head.token.encode())
    return fields
