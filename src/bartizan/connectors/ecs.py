"""Entries in the Elastic Common Schema, with the whole entry under `bartizan`. Pure.

Source: Elastic Common Schema 8.17: `event` (categorization fields), `observer`, `user`, `rule`, `http`.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from bartizan.connectors.source import PRODUCT, VENDOR, Source, severity, title, uid
from bartizan.ledger.entry import Entry
from bartizan.ledger.event import Event, Outcome

VERSION: Final = "8.17.0"
_SECOND: Final = 1_000_000_000
_ENCODER: Final = msgspec.json.Encoder(order="sorted")
_CATEGORIES: Final[Mapping[str, tuple[str, ...]]] = {
    "gateway.request": ("api", "web"),
    "gateway.tool": ("api", "configuration"),
    "gateway": ("configuration",),
    "access.token": ("authentication",),
    "access.principal": ("iam",),
    "platform.process": ("process",),
    "platform": ("configuration",),
    "threats": ("threat",),
    "ledger": ("database",),
}
"""What kinds begin with -> `event.category`, the longest that fits."""
_TYPES: Final[Mapping[str, str]] = {
    "gateway.request.admitted": "allowed",
    "gateway.request.completed": "end",
    "gateway.request.refused": "denied",
    "access.token.issued": "start",
    "access.token.refused": "denied",
    "access.token.revoked": "end",
    "access.principal.registered": "creation",
    "access.principal.revoked": "change",
    "access.principal.erased": "deletion",
    "platform.process.started": "start",
    "platform.process.died": "end",
    "ledger.entries.pruned": "deletion",
}
_OUTCOMES: Final = {
    Outcome.ALLOWED: "success",
    Outcome.DONE: "success",
    Outcome.DENIED: "failure",
    Outcome.FAILED: "failure",
    Outcome.FOUND: "unknown",
    Outcome.CLEARED: "unknown",
}


def encode(source: Source, entry: Entry) -> bytes:
    """Return an entry as one line of JSON."""
    event = entry.event
    place = {"entry": entry.index, "segment": entry.segment, "sequence": entry.sequence}
    found: dict[str, Any] = {
        "@timestamp": instant(event.at),
        "ecs": {"version": VERSION},
        "message": title(event),
        "event": _event(source, entry),
        "observer": {
            "vendor": VENDOR,
            "product": PRODUCT,
            "version": source.version,
            "serial_number": source.ledger,
        },
        "user": {"id": event.actor},
        "bartizan": msgspec.to_builtins(event) | place | {"ledger": source.ledger},
    }
    if event.control:
        found["rule"] = {"id": event.control}
    if "service" in event.detail:
        found["service"] = {"name": event.detail["service"]}
    if "status" in event.detail and event.kind.startswith("gateway.request."):
        found["http"] = {"response": {"status_code": event.detail["status"]}}
    return _ENCODER.encode(found)


def instant(at: int) -> str:
    """Return an instant, UTC nanoseconds, in ISO 8601 with all its digits."""
    seconds, rest = divmod(at, _SECOND)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09}Z"


def _event(source: Source, entry: Entry) -> dict[str, Any]:
    event = entry.event
    found: dict[str, Any] = {
        "id": uid(source, entry),
        "sequence": entry.index,
        "kind": "alert" if event.outcome is Outcome.FOUND else "event",
        "category": list(_category(event)),
        "type": [_TYPES.get(event.kind, "info")],
        "action": event.kind,
        "outcome": _OUTCOMES[event.outcome],
        "severity": severity(event).value,
        "module": "bartizan",
        "dataset": f"bartizan.{event.kind.partition('.')[0]}",
        "provider": "bartizan",
    }
    return found | ({"reason": event.detail["reason"]} if "reason" in event.detail else {})


def _category(event: Event) -> tuple[str, ...]:
    words = event.kind.split(".")
    for length in range(len(words), 0, -1):
        if found := _CATEGORIES.get(".".join(words[:length])):
            return found
    return ("configuration",)
