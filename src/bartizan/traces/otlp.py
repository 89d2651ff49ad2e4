"""Passages in the words of OTLP, as JSON: the request that a collector takes, and what its answer means.

Rules of this file: pure. Attributes are of OpenTelemetry's semantic conventions where they have one, and else begin
with `bartizan.`. A span has no `url.path`, though the convention wants one: a path may hold what a client wrote.
Ids are hexadecimal, whole numbers of 64 bits are strings, kinds are numbers.
Source: OTLP specification 1.9 (OTLP/HTTP, JSON Protobuf encoding); semantic conventions 1.41 for HTTP and for
generative AI (spans); W3C Trace Context.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from bartizan import otlp
from bartizan.traces.passage import Passage

PATH: Final = "/v1/traces"
"""Where collectors take spans, unless told otherwise."""
_SERVER, _CLIENT = 2, 3
_ERROR: Final = 2
_SAMPLED, _KNOWN, _REMOTE = 0x001, 0x100, 0x200
_DONE: Final = "done"
_FAILED: Final = 400
_OURS: Final = 500
_SECOND: Final = 1_000_000_000
_PROVIDERS: Final = {"openai": "openai", "anthropic": "anthropic", "azure": "azure.ai.openai"}
"""Protocol of a service -> `gen_ai.provider.name`: whose API it speaks, whoever runs it."""
Attributes = dict[str, otlp.Attribute]


class Place(msgspec.Struct, frozen=True):
    """Where a target is, and what is spoken there; a service of the platform's own has no host."""

    protocol: str
    host: str = ""
    port: int = 0


class Teller(msgspec.Struct, frozen=True):
    """What is the same for every passage.

    Attributes:
        version: of Bartizan.
        instance: id of this start of the platform.
        tls: whether clients speak TLS.
        places: by the names of service and target, of what a passage may name.
    """

    version: str
    instance: str
    tls: bool
    places: Mapping[tuple[str, str], Place]


def request(teller: Teller, passages: Iterable[Passage]) -> bytes:
    """Return the body of an export request that tells these passages."""
    spans = [span for each in passages for span in _spans(teller, each)]
    resource: Attributes = {
        "service.name": "bartizan",
        "service.version": teller.version,
        "service.instance.id": teller.instance,
    }
    scope = {"name": "bartizan.gateway", "version": teller.version}
    told = {
        "resource": {"attributes": otlp.attributes(resource)},
        "scopeSpans": [{"scope": scope, "spans": spans}],
    }
    return msgspec.json.encode({"resourceSpans": [told]})


def known(teller: Teller, passage: Passage) -> bool:
    """Return whether configuration has the service and the target that a passage names."""
    if passage.target or passage.sent:
        return (passage.service, passage.target) in teller.places
    return any(service == passage.service for service, _ in teller.places)


def rejected(body: bytes) -> int:
    """Return how many spans an answer of success says that it did not take.

    Raises:
        ValueError: it is no such answer.
    """
    return otlp.rejected(body, "rejectedSpans")


# ---- spans -----------------------------------------------------------------------------------------------
def _spans(teller: Teller, passage: Passage) -> Iterable[dict[str, Any]]:
    yield _served(teller, passage)
    if passage.sent:
        yield _called(teller, passage)


def _served(teller: Teller, passage: Passage) -> dict[str, Any]:
    """Return the span of what the client asked for."""
    attributes: Attributes = {
        "http.request.method": passage.method,
        "http.route": passage.route,
        "http.response.status_code": passage.status,
        "url.scheme": "https" if teller.tls else "http",
        "network.protocol.version": f"1.{passage.minor}",
        "enduser.pseudo.id": passage.who,
        "bartizan.request.id": f"q-{passage.call}",
        "bartizan.service": passage.service,
    }
    if passage.reason != _DONE:
        attributes["error.type"] = passage.reason
    if passage.control:
        attributes["bartizan.control"] = passage.control
    # a refusal is the client's error and no failure of the server; an answer that was cut is one
    failed = passage.status >= _OURS or (passage.status < _FAILED and passage.reason != _DONE)
    name = f"{passage.method} {passage.route}"
    span = _span(passage, passage.span, _SERVER, name, (passage.started, passage.ended), failed=failed)
    if passage.parent:
        span["parentSpanId"] = passage.parent
        span["flags"] |= _REMOTE
    return span | {"attributes": otlp.attributes(attributes)}


def _called(teller: Teller, passage: Passage) -> dict[str, Any]:
    """Return the span of what the service was asked for, with all its tries."""
    place = teller.places[passage.service, passage.target]
    attributes: Attributes = {"http.request.method": passage.method, "bartizan.target": passage.target}
    if place.host:
        attributes |= {"server.address": place.host, "server.port": place.port}
    if passage.answered:
        attributes["http.response.status_code"] = passage.answered
    if passage.tries > 1:
        attributes["http.request.resend_count"] = passage.tries - 1
    if passage.operation:
        attributes |= _of_model(place, passage)
    failure = passage.reason if passage.reason != _DONE else ""
    if not failure and passage.answered >= _FAILED:
        failure = str(passage.answered)
    if failure:
        attributes["error.type"] = failure
    name = f"{passage.operation} {passage.model}".strip() or passage.method
    sent = max(passage.started, passage.sent)
    span = _span(passage, passage.call, _CLIENT, name, (sent, passage.ended), failed=bool(failure))
    return span | {"parentSpanId": passage.span, "attributes": otlp.attributes(attributes)}


def _of_model(place: Place, passage: Passage) -> Attributes:
    found: Attributes = {
        "gen_ai.operation.name": passage.operation,
        "gen_ai.provider.name": _PROVIDERS.get(place.protocol, place.protocol),
    }
    if passage.model:
        found["gen_ai.request.model"] = passage.model
    if passage.stream:
        found["gen_ai.request.stream"] = True
    if passage.first:
        waited = passage.started + passage.first - passage.sent
        found["gen_ai.response.time_to_first_chunk"] = max(0, waited) / _SECOND
    if passage.input:
        found["gen_ai.usage.input_tokens"] = passage.input
    if passage.output:
        found["gen_ai.usage.output_tokens"] = passage.output
    return found


def _span(
    passage: Passage, span: str, kind: int, name: str, times: tuple[int, int], *, failed: bool
) -> dict[str, Any]:
    start, end = times
    return {
        "traceId": passage.trace,
        "spanId": span,
        "flags": _SAMPLED | _KNOWN,
        "name": name,
        "kind": kind,
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(max(start, end)),
        "status": {"code": _ERROR} if failed else {},
    }
