"""Keycloak's events: as JSON, from its admin API or an export, and as the lines of its logging listener.

Source: Keycloak, org.keycloak.events.EventType, Errors and JBossLoggingEventListenerProvider.
"""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from bartizan.access.signin.logs.told import LineUnreadable, Reader, Told, address, decoded, instant
from bartizan.access.signin.subject import Act, Credential, Reason

_ACTS: Final[Mapping[str, tuple[Act, Credential]]] = {
    "LOGIN": (Act.SIGN_IN, Credential.PASSWORD),
    "CLIENT_LOGIN": (Act.SIGN_IN, Credential.SECRET),
    "IDENTITY_PROVIDER_LOGIN": (Act.SIGN_IN, Credential.TOKEN),
    "CODE_TO_TOKEN": (Act.RENEW, Credential.SESSION),
    "REFRESH_TOKEN": (Act.RENEW, Credential.SESSION),
    "TOKEN_EXCHANGE": (Act.RENEW, Credential.TOKEN),
    "USER_INFO_REQUEST": (Act.USE, Credential.TOKEN),
    "GRANT_CONSENT": (Act.CONSENT, Credential.UNKNOWN),
}
_ERRORS: Final[Mapping[str, Reason]] = {
    "invalid_user_credentials": Reason.SECRET_WRONG,
    "invalid_client_credentials": Reason.SECRET_WRONG,
    "user_not_found": Reason.PRINCIPAL_UNKNOWN,
    "username_missing": Reason.MALFORMED,
    "client_not_found": Reason.PRINCIPAL_UNKNOWN,
    "user_disabled": Reason.NOT_PERMITTED,
    "user_temporarily_disabled": Reason.SECRET_WRONG,
    "invalid_dpop_proof": Reason.PROOF_REPLAYED,
}
_REUSED: Final = "reuse"
_FAILED: Final = "_ERROR"
_GRAVE: Final = frozenset({"offline_access"})
_MILLI: Final = 1_000_000
_LINE: Final = re.compile(rb"\[org\.keycloak\.events\]|org\.keycloak\.events")
_STAMP: Final = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?(Z|[+-]\d\d:?\d\d)?")
_PAIR: Final = re.compile(r'(?:^|[ ,])([A-Za-z_]+)=(?:"((?:[^"\\]|\\.)*)"|([^",\s]*))')


class _Event(msgspec.Struct):
    time: int
    type: str
    id: str | None = None
    clientId: str | None = None  # noqa: N815 - Keycloak's name
    userId: str | None = None  # noqa: N815 - Keycloak's name
    sessionId: str | None = None  # noqa: N815 - Keycloak's name
    ipAddress: str | None = None  # noqa: N815 - Keycloak's name
    error: str | None = None
    details: dict[str, object] | None = None


class _Wrapped(msgspec.Struct):
    message: str
    timestamp: str = ""


_EVENT, _WRAPPED = msgspec.json.Decoder(_Event), msgspec.json.Decoder(_Wrapped)


def read(line: bytes) -> Told | None:
    """Return what a line tells.

    Raises:
        LineUnreadable: it is none of Keycloak's.
    """
    if line[:1] == b"{":
        return _json(line)
    if _LINE.search(line) is None:
        return None
    try:
        text = line.decode()
    except UnicodeDecodeError as fault:
        raise LineUnreadable from fault
    return _listener(text, _stamped(text))


def _json(line: bytes) -> Told | None:
    if b'"message"' in line and b'"loggerName"' in line:
        wrapped = decoded(_WRAPPED, line)
        return _listener(wrapped.message, instant(wrapped.timestamp)) if "type=" in wrapped.message else None
    event = decoded(_EVENT, line)
    details = {name: value for name, value in (event.details or {}).items() if isinstance(value, str)}
    fields = {
        "clientId": event.clientId,
        "userId": event.userId,
        "sessionId": event.sessionId,
        "ipAddress": event.ipAddress,
        "error": event.error,
        "id": event.id,
    }
    own = {name: value for name, value in fields.items() if value}
    return _told(event.type, event.time * _MILLI, {**details, **own})


def _listener(text: str, at: int) -> Told | None:
    """Return what a line of the listener tells; a field counts once, as the listener writes it: the first."""
    fields: dict[str, str] = {}
    for found in _PAIR.finditer(text):
        value = found[2] if found[2] is not None else found[3]
        if value != "null":
            fields.setdefault(found[1], value)
    kind = fields.get("type")
    if kind is None:
        raise LineUnreadable
    return _told(kind, at, fields)


def _stamped(text: str) -> int:
    found = _STAMP.search(text)
    if found is None:
        raise LineUnreadable
    date, time, part, zone = found.groups()
    return instant(f"{date}T{time}.{(part or '0')[:6]}{zone or ''}")


def _told(kind: str, at: int, fields: Mapping[str, str]) -> Told | None:
    failed = kind.endswith(_FAILED)
    known = _ACTS.get(kind.removesuffix(_FAILED))
    if known is None:
        return None
    act, credential = known
    scope = fields.get("scope", "") or fields.get("consent", "")
    return Told(
        at,
        act,
        _reason(fields) if failed else Reason.NONE,
        credential,
        fields.get("userId", "") or fields.get("username", ""),
        address(fields.get("ipAddress")),
        fields.get("clientId", ""),
        session=fields.get("sessionId", ""),
        grave=bool(_GRAVE & set(scope.split())),
        id=fields.get("id", ""),
    )


def _reason(fields: Mapping[str, str]) -> Reason:
    error = fields.get("error", "")
    if error == "invalid_token" and _REUSED in fields.get("reason", "").lower():
        return Reason.REFRESH_REUSED
    return _ERRORS.get(error, Reason.OTHER)


READER = Reader(
    "keycloak", "Keycloak's events: JSON of its admin API, or lines of its logging listener", read
)
