"""Entries as OpenTelemetry's log records, as JSON: the request that a collector takes, and what its answer means.

Rules of this file: pure. Whole numbers of 64 bits are strings, kinds are numbers.
Source: OTLP specification 1.9 (OTLP/HTTP, JSON Protobuf encoding); OpenTelemetry logs data model, severity numbers.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

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
        "resource": {"attributes": _list(resource)},
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
        "attributes": _list({"log.record.uid": uid(source, entry)} | said),
    }


def _list(attributes: Mapping[str, int | str]) -> list[dict[str, Any]]:
    return [
        {"key": key, "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}}
        for key, value in attributes.items()
    ]


class _Partial(msgspec.Struct, rename="camel"):
    """How much of a request was not taken; what else it says is a stranger's text and not read."""

    rejected_log_records: int | str = 0


class _Answer(msgspec.Struct, rename="camel"):
    partial_success: _Partial | None = None


def rejected(body: bytes) -> int:
    """Return how many records an answer of success says that it did not take.

    Raises:
        ValueError: it is no such answer.
    """
    if not body:
        return 0
    said = msgspec.json.decode(body, type=_Answer).partial_success
    return max(0, int(said.rejected_log_records)) if said is not None else 0
