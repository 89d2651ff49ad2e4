"""Entries as OCSF events: the class that fits, every attribute that it requires, and the whole entry under `unmapped`.

Rules of this file: pure. A pseudonym stands where OCSF wants an id; an address is never told, since the record has
none. Nothing of an entry is lost: what OCSF has no attribute for is in `unmapped`, with everything else.
Source: OCSF schema; `metadata.version` is the newest release whose attributes are used.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from bartizan.connectors import ocsf_classes as c
from bartizan.connectors.source import PRODUCT, VENDOR, Source, fields, severity, title, uid
from bartizan.ledger.entry import Entry
from bartizan.ledger.event import Event, Outcome

VERSION: Final = "1.8.0"
_MILLISECOND: Final = 1_000_000
_ENCODER: Final = msgspec.json.Encoder(order="sorted")
_SUCCESS, _FAILURE = 1, 2
_NEW, _RESOLVED = 1, 4
_STATUS: Final = {_SUCCESS: "Success", _FAILURE: "Failure"}
_FAILED: Final = frozenset({Outcome.DENIED, Outcome.FAILED})
_SYSTEM: Final = 3
"""Type of a user that is none: the platform itself."""

Part = Callable[[Source, Entry], dict[str, Any]]


def encode(source: Source, entry: Entry) -> bytes:
    """Return an entry as one line of JSON, an event of OCSF."""
    event = entry.event
    class_uid, activity = c.classify(event)
    found: dict[str, Any] = {
        "class_uid": class_uid,
        "category_uid": class_uid // 1000,
        "activity_id": activity,
        "type_uid": class_uid * 100 + activity,
        "severity_id": severity(event).value,
        "time": event.at // _MILLISECOND,
        "message": title(event),
        "metadata": _metadata(source, entry),
        "unmapped": fields(entry),
        **_PARTS.get(class_uid, _nothing)(source, entry),
    }
    if activity == c.OTHER:
        found["activity_name"] = event.kind
    if class_uid != c.DETECTION:
        status = _FAILURE if event.outcome in _FAILED else _SUCCESS
        found |= {"status_id": status, "status": _STATUS[status]}
    return _ENCODER.encode(found)


def _metadata(source: Source, entry: Entry) -> dict[str, Any]:
    return {
        "version": VERSION,
        "product": {"name": PRODUCT, "vendor_name": VENDOR, "version": source.version},
        "uid": uid(source, entry),
        "sequence": entry.index,
        "log_name": source.ledger,
        "event_code": entry.event.kind,
    }


def _nothing(_: Source, __: Entry) -> dict[str, Any]:
    return {}


def _user(event: Event) -> dict[str, Any]:
    user: dict[str, Any] = {"uid": event.actor}
    return user | {"type_id": _SYSTEM} if event.actor == "platform" else user


def _api(_: Source, entry: Entry) -> dict[str, Any]:
    event, detail = entry.event, entry.event.detail
    api: dict[str, Any] = {"operation": str(detail.get("route", event.kind))}
    if "service" in detail:
        api["service"] = {"name": detail["service"]}
    if "status" in detail:
        api["response"] = {"code": detail["status"]}
    if event.subject:
        api["request"] = {"uid": event.subject}
    return {"actor": {"user": _user(event)}, "src_endpoint": {"uid": event.actor}, "api": api}


def _login(source: Source, entry: Entry) -> dict[str, Any]:
    service = str(entry.event.detail.get("audience", source.ledger))
    return {"user": _user(entry.event), "service": {"name": service}}


def _account(_: Source, entry: Entry) -> dict[str, Any]:
    event = entry.event
    return {"actor": {"user": _user(event)}, "user": {"uid": event.subject or event.actor}}


def _application(_: Source, entry: Entry) -> dict[str, Any]:
    event = entry.event
    what = str(event.detail.get("process") or event.subject or PRODUCT)
    return {"app": {"name": what, "vendor_name": VENDOR}}


def _log(source: Source, _: Entry) -> dict[str, Any]:
    return {"log_name": source.ledger}


def _scan(_: Source, entry: Entry) -> dict[str, Any]:
    found: dict[str, Any] = {"name": "drill", "type_id": c.OTHER, "type": "drill"}
    run = entry.event.detail.get("run")
    return {"scan": found | ({"uid": run} if run else {})}


def _finding(source: Source, entry: Entry) -> dict[str, Any]:
    event = entry.event
    about: dict[str, Any] = {"uid": uid(source, entry), "title": title(event)}
    rule = str(event.control or event.detail.get("rule", ""))
    if rule:
        about["analytic"] = {"type_id": 1, "uid": rule}
    cleared = event.outcome is Outcome.CLEARED
    found: dict[str, Any] = {"finding_info": about, "status_id": _RESOLVED if cleared else _NEW}
    if event.subject:
        found["resources"] = [{"uid": event.subject}]
    return found


_PARTS: Final[Mapping[int, Part]] = {
    c.EVENT_LOG: _log,
    c.DETECTION: _finding,
    c.ACCOUNT: _account,
    c.AUTHENTICATION: _login,
    c.LIFECYCLE: _application,
    c.API: _api,
    c.SCAN: _scan,
}
"""What each class requires besides what all do."""
