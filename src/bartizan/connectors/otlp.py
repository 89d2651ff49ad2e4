"""Entries as OpenTelemetry's log records, as JSON: the request that a collector takes, and what its answer means.

Rules of this file: pure. Whole numbers of 64 bits are strings, kinds are numbers.
Source: OTLP specification 1.9 (OTLP/HTTP, JSON Protobuf encoding); OpenTelemetry logs data model, severity numbers.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from bartizan import otlp
from bartizan.connectors.source import PRODUCT, Severity, Source, fields, severity, title, uid
from bartizan.ledger.entry import Entry

PATH: Final = "/v1/logs"
"""Where collectors take logs, unless told otherwise."""
_ENCODER: Final = msgspec.json.Encoder(order="sorted")
_SEVERITY: Final[Mapping[Severity, tuple[int, str]]] = {
    Severity.INFORMATIONAL: (9, "INFO"),
    Severity.LOW: (10, "INFO2"),
    Severity.MEDIUM: (13, "WARN"),
    Severity.HIGH: (17, "ERROR"),
    Severity.CRITICAL: (21, "FATAL"),
}


def request(source: Source, entries: Iterable[Entry]) -> bytes:
    """Return the body of an export request that tells these entries."""
    resource = {
        "service.name": PRODUCT.lower(),
        "service.version": source.version,
        "service.instance.id": source.ledger,
        "host.name": source.host,
    }
    scope = {"name": "bartizan.ledger", "version": source.version}
    records = [_record(source, entry) for entry in entries]
    told = {
        "resource": {"attributes": otlp.attributes(resource)},
        "scopeLogs": [{"scope": scope, "logRecords": records}],
    }
    return _ENCODER.encode({"resourceLogs": [told]})


def _record(source: Source, entry: Entry) -> dict[str, Any]:
    number, text = _SEVERITY[severity(entry.event)]
    said = {f"bartizan.{part}": value for part, value in fields(entry).items() if value != ""}
    return {
        "timeUnixNano": str(entry.event.at),
        "severityNumber": number,
        "severityText": text,
        "eventName": f"bartizan.{entry.event.kind}",
        "body": {"stringValue": title(entry.event)},
        "attributes": otlp.attributes({"log.record.uid": uid(source, entry), **said}),
    }


def rejected(body: bytes) -> int:
    """Return how many records an answer of success says that it did not take.

    Raises:
        ValueError: it is no such answer.
    """
    return otlp.rejected(body, "rejectedLogRecords")
