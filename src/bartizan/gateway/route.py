"""The route table: which method and path leads where, and what is asked on the way.

Rules of this file: data. A path is looked up as a whole; nothing of it is interpreted. Public routes stand in
the same table and go the same way, as the anonymous principal.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from bartizan.gateway.body import BodyReader, FormBody, JsonBody, NoBody
from bartizan.gateway.bounds import FORM_OCTETS
from bartizan.gateway.diagnosis import METHODS
from bartizan.gateway.ext_authz import PREFIX, PROTOCOL, READING, service_of
from bartizan.gateway.faults import refusal
from bartizan.gateway.openai_api import ChatRequest, CompletionRequest, EmbeddingRequest
from bartizan.gateway.ports import ServiceRoute
from bartizan.gateway.request import RequestHead

HEALTH: Final = b"/healthz"
"""Answered by the gateway itself: whether this worker takes requests."""


class Route(msgspec.Struct, frozen=True):
    """One way through the gateway.

    Attributes:
        name: its word in events.
        method: that it takes; GET takes HEAD too.
        path: of the client's request.
        action: what the principal must be allowed to do.
        service: where it leads.
        upstream_path: of the request to the service.
        reader: of the body.
        body_octets: that the body may have.
        public: whether the anonymous principal goes this way.
        clients: whether clients prove who they are there, to the service itself.
        asked: whether a proxy asks that forwards by itself.
    """

    name: str
    method: bytes
    path: bytes
    action: str
    service: ServiceRoute
    upstream_path: bytes
    reader: BodyReader
    body_octets: int
    public: bool
    clients: bool = False
    asked: bool = False


_OPENAI: Final = (
    ("chat", b"POST", "/chat/completions", "chat", JsonBody(ChatRequest)),
    ("completions", b"POST", "/completions", "complete", JsonBody(CompletionRequest)),
    ("embeddings", b"POST", "/embeddings", "embed", JsonBody(EmbeddingRequest)),
    ("models", b"GET", "/models", "list-models", NoBody()),
)
_PUBLIC: Final = (
    ("token", b"POST", "/oauth/token", "request-token", FormBody()),
    ("metadata", b"GET", "/.well-known/oauth-authorization-server", "read-metadata", NoBody()),
    ("keys", b"GET", "/oauth/jwks", "read-keys", NoBody()),
)


class Routes:
    """Every route of a configuration."""

    __slots__ = ("_checks", "_table")

    def __init__(self, services: Iterable[ServiceRoute], default: str) -> None:
        """Lay the routes: `/v1/…` to the default service, `/{service}/v1/…` to each, public ones to control."""
        self._table: dict[bytes, Route] = {}
        self._checks: dict[tuple[bytes, bytes], Route] = {}
        for service in services:
            if service.protocol == PROTOCOL:
                self._checks.update(
                    {(service.name.encode(), route.method): route for route in _checks(service)}
                )
                continue
            rows = _public(service) if service.protocol == "control" else _openai(service, default)
            self._table.update((route.path, route) for route in rows)

    def all(self) -> tuple[Route, ...]:
        """Return the routes, in the order in which they were laid."""
        return tuple(self._table.values())

    def of(self, head: RequestHead) -> Route:
        """Return the route of a request.

        Raises:
            Refusal: there is none, or it does not take the method.
        """
        route = self._table.get(head.path)
        if route is None:
            return self._check(head)
        if head.method != route.method and (head.method, route.method) != (b"HEAD", b"GET"):
            raise refusal("method-not-allowed", allow="POST" if route.method == b"POST" else "GET, HEAD")
        return route

    def _check(self, head: RequestHead) -> Route:
        route = self._checks.get((service_of(head.path), head.method))
        if route is None:
            raise refusal("route-unknown")
        return route


def _checks(service: ServiceRoute) -> Iterable[Route]:
    for method in sorted(METHODS):
        action = "read" if method in READING else "write"
        yield Route(
            name=PROTOCOL,
            method=method,
            path=PREFIX + service.name.encode(),
            action=action,
            service=service,
            upstream_path=b"",
            reader=NoBody(),
            body_octets=0,
            public=False,
            asked=True,
        )


def _openai(service: ServiceRoute, default: str) -> Iterable[Route]:
    prefixes = [f"/{service.name}/v1", *(["/v1"] if service.name == default else [])]
    for prefix in prefixes:
        for name, method, path, action, reader in _OPENAI:
            yield Route(
                name=name,
                method=method,
                path=(prefix + path).encode(),
                action=action,
                service=service,
                upstream_path=(service.base + path).encode(),
                reader=reader,
                body_octets=service.limits.body_octets if method == b"POST" else 0,
                public=False,
            )


def _public(service: ServiceRoute) -> Iterable[Route]:
    for name, method, path, action, reader in _PUBLIC:
        yield Route(
            name=name,
            method=method,
            path=path.encode(),
            action=action,
            service=service,
            upstream_path=path.encode(),
            reader=reader,
            body_octets=FORM_OCTETS if method == b"POST" else 0,
            public=True,
            clients=isinstance(reader, FormBody),
        )
