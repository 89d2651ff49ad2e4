"""The platform: how it stands, its services, its numbers, and this API's own description."""

from typing import Any, Final

import msgspec

from bartizan.admin.forms import Count, Page, Paged
from bartizan.admin.route import AnyRoute, Nothing, Route, Tag


class Status(msgspec.Struct, frozen=True):
    """How the platform stands.

    Attributes:
        generation: of the state that is in force.
        policy: SHA-256 of policies, schema and entities, hexadecimal.
        issuer: the gateway's URL.
        principals: how many are registered.
    """

    generation: Count
    policy: str
    issuer: str
    principals: Count


class Service(msgspec.Struct, frozen=True):
    """A service as policy sees it: `control` is Bartizan's own endpoints; `drill_only`: only the drill may call it."""

    name: str
    control: bool
    drill_only: bool


class Sample(msgspec.Struct, frozen=True):
    """Digest of the secret in the sample's system prompt, hexadecimal, by which the drill knows it."""

    sha256: str


STATUS: Final[Route[Nothing, Nothing, Status]] = Route(
    name="read-status",
    method="GET",
    path="/status",
    action="read-platform",
    summary="generation, policy, issuer, and how many principals there are",
    answer=Status,
)
SERVICES: Final[Route[Nothing, Paged, Page[Service]]] = Route(
    name="list-services",
    method="GET",
    path="/services",
    action="read-services",
    summary="every service, the platform's own among them, in order of name; the configuration says what they are",
    answer=Page[Service],
    query=Paged,
)
SERVICE: Final[Route[Nothing, Nothing, Service]] = Route(
    name="read-service",
    method="GET",
    path="/services/{service}",
    action="read-services",
    summary="one service",
    answer=Service,
    tag=Tag.SHOWN,
    refusals=(404,),
)
METRICS: Final[Route[Nothing, Nothing, str]] = Route(
    name="read-metrics",
    method="GET",
    path="/metrics",
    action="read-platform",
    summary="the platform's numbers, in Prometheus' text format",
    answer=str,
    media="text/plain",
)
SAMPLE: Final[Route[Nothing, Nothing, Sample]] = Route(
    name="read-sample",
    method="GET",
    path="/sample",
    action="read-platform",
    summary="the digest by which the drill knows the sample's secret",
    answer=Sample,
    local=True,
)
DOCUMENT: Final[Route[Nothing, Nothing, dict[str, Any]]] = Route(
    name="read-document",
    method="GET",
    path="/openapi.json",
    action="read-platform",
    summary="this API as OpenAPI 3.1",
    answer=dict[str, Any],
)
ROUTES: Final[tuple[AnyRoute, ...]] = (STATUS, SERVICES, SERVICE, METRICS, SAMPLE, DOCUMENT)
