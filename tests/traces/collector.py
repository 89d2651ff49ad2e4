"""A collector of traces: takes OTLP over HTTP as the specification has it, and reads it by OpenTelemetry's own schema."""

import base64
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests import posted

SERVER, CLIENT = Span.SPAN_KIND_SERVER, Span.SPAN_KIND_CLIENT
_IDS = ("traceId", "spanId", "parentSpanId")


class Told(msgspec.Struct):
    """One span, as the schema reads it."""

    trace: str
    span: str
    parent: str
    name: str
    kind: int
    start: int
    end: int
    failed: bool
    attributes: dict[str, Any]
    resource: dict[str, Any]
    flags: int


def read(body: bytes) -> list[Told]:
    """Return the spans of an export request; anything that the schema does not have raises."""
    # OTLP's JSON is protobuf's but for ids, which are hexadecimal instead of base64
    document = json.loads(body, object_hook=_ids)
    request = json_format.ParseDict(document, ExportTraceServiceRequest(), ignore_unknown_fields=False)
    return [
        _told(span, _attributes(several.resource.attributes))
        for several in request.resource_spans
        for scope in several.scope_spans
        for span in scope.spans
    ]


def _ids(found: dict[str, Any]) -> dict[str, Any]:
    return {
        key: base64.b64encode(bytes.fromhex(value)).decode() if key in _IDS else value
        for key, value in found.items()
    }


def _told(span: Any, resource: dict[str, Any]) -> Told:  # noqa: ANN401  # a message of protobuf
    assert (len(span.trace_id), len(span.span_id), len(span.parent_span_id) in (0, 8)) == (16, 8, True)
    return Told(
        trace=span.trace_id.hex(),
        span=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        name=span.name,
        kind=span.kind,
        start=span.start_time_unix_nano,
        end=span.end_time_unix_nano,
        failed=span.status.code == 2,
        attributes=_attributes(span.attributes),
        resource=resource,
        flags=span.flags,
    )


def _attributes(pairs: Any) -> dict[str, Any]:  # noqa: ANN401  # messages of protobuf
    found = {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in pairs}
    assert len(found) == len(pairs)
    return found


class Answer(msgspec.Struct):
    """What the collector says to a request."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = {}


class Collector:
    """One that listens on a port of its own.

    Attributes:
        port: of 127.0.0.1.
        spans: everything that it has taken so far.
        requests: path, headers and body of each request.
    """

    port: int

    def __init__(self, says: Callable[[int], Answer]) -> None:
        self.says, self.spans, self.requests = says, list[Told](), list[posted.Request]()
        self._came = threading.Condition()

    def take(self, request: posted.Request) -> posted.Answer:
        with self._came:
            self.requests.append(request)
            answer = self.says(len(self.requests))
            if answer.status == 200:
                self.spans += read(request[2])
            self._came.notify_all()
            return answer.status, {"content-type": "application/json"} | answer.headers, answer.body

    def until(self, holds: Callable[["Collector"], bool], seconds: float = 60) -> None:
        """Wait until that holds."""
        with self._came:
            assert self._came.wait_for(lambda: holds(self), seconds), [each.name for each in self.spans]


@contextmanager
def collecting(
    says: Callable[[int], Answer] = lambda _: Answer(), tls: ssl.SSLContext | None = None
) -> Iterator[Collector]:
    """Yield a collector that answers so to its first, second... request."""
    collector = Collector(says)
    with posted.posted(collector.take, tls) as collector.port:
        yield collector
