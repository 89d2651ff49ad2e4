"""Okta's System Log: an array or a line for each LogEvent.

Source: Okta, System Log API, LogEvent; catalogue of event types.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from bartizan.access.signin.logs.told import Reader, Told, address, decoded, instant
from bartizan.access.signin.subject import Act, Credential, Reason

_ACTS: Final[Mapping[str, tuple[Act, Credential]]] = {
    "user.session.start": (Act.SIGN_IN, Credential.PASSWORD),
    "user.authentication.auth_via_mfa": (Act.USE, Credential.PASSKEY),
    "user.authentication.sso": (Act.RENEW, Credential.SESSION),
    "app.oauth2.token.grant": (Act.SIGN_IN, Credential.SECRET),
    "app.oauth2.as.token.grant": (Act.SIGN_IN, Credential.SECRET),
    "app.oauth2.token.grant.refresh_token": (Act.RENEW, Credential.SESSION),
    "app.oauth2.as.token.grant.refresh_token": (Act.RENEW, Credential.SESSION),
    "app.oauth2.token.detect_reuse": (Act.RENEW, Credential.SESSION),
    "app.oauth2.as.token.detect_reuse": (Act.RENEW, Credential.SESSION),
    "app.oauth2.consent.grant": (Act.CONSENT, Credential.UNKNOWN),
    "app.oauth2.as.consent.grant": (Act.CONSENT, Credential.UNKNOWN),
}
_REUSE: Final = "detect_reuse"
_REASONS: Final[Mapping[str, Reason]] = {
    "INVALID_CREDENTIALS": Reason.SECRET_WRONG,
    "LOCKED_OUT": Reason.SECRET_WRONG,
    "VERIFICATION_ERROR": Reason.PRINCIPAL_UNKNOWN,
    "UNKNOWN_USER": Reason.PRINCIPAL_UNKNOWN,
    "invalid_client": Reason.SECRET_WRONG,
    "no_matching_scope": Reason.MALFORMED,
    "INVALID_TOKEN": Reason.SECOND_FACTOR,
    "MFA_DENIED": Reason.SECOND_FACTOR,
}
_GRAVE: Final = ("offline_access", "manage", "okta.users", "okta.apps", "admin")
_GOOD: Final = frozenset({"SUCCESS", "ALLOW"})
_CLIENTS: Final = frozenset({"AppInstance", "PublicClientApp", "Client"})


class _Actor(msgspec.Struct):
    id: str | None = None
    type: str | None = None
    alternateId: str | None = None  # noqa: N815 - Okta's name


class _Place(msgspec.Struct):
    country: str | None = None


class _Agent(msgspec.Struct):
    rawUserAgent: str | None = None  # noqa: N815 - Okta's name


class _Client(msgspec.Struct):
    ipAddress: str | None = None  # noqa: N815 - Okta's name
    geographicalContext: _Place | None = None  # noqa: N815 - Okta's name
    userAgent: _Agent | None = None  # noqa: N815 - Okta's name


class _Outcome(msgspec.Struct):
    result: str = ""
    reason: str | None = None


class _Context(msgspec.Struct):
    externalSessionId: str | None = None  # noqa: N815 - Okta's name


class _Debug(msgspec.Struct):
    debugData: dict[str, object] | None = None  # noqa: N815 - Okta's name


class _Event(msgspec.Struct):
    eventType: str  # noqa: N815 - Okta's name
    published: str
    uuid: str | None = None
    actor: _Actor | None = None
    client: _Client | None = None
    outcome: _Outcome | None = None
    authenticationContext: _Context | None = None  # noqa: N815 - Okta's name
    debugContext: _Debug | None = None  # noqa: N815 - Okta's name
    target: list[_Actor] | None = None


_DECODER = msgspec.json.Decoder(_Event)


def read(line: bytes) -> Told | None:
    """Return what a LogEvent tells.

    Raises:
        LineUnreadable: it is none.
    """
    event = decoded(_DECODER, line)
    known = _ACTS.get(event.eventType)
    if known is None:
        return None
    reason = _reason(event)
    act, credential = known
    if act is Act.USE:
        if reason is Reason.NONE:
            return None  # the second factor of a sign-in that has its own event
        act = Act.SIGN_IN
    client, actor = event.client or _Client(), event.actor or _Actor()
    data = (event.debugContext.debugData if event.debugContext else None) or {}
    session = event.authenticationContext.externalSessionId if event.authenticationContext else None
    return Told(
        instant(event.published),
        act,
        reason,
        credential,
        _principal(actor),
        address(client.ipAddress),
        _app(event),
        _text(data.get("dtHash")) or (client.userAgent.rawUserAgent or "" if client.userAgent else "")[:512],
        (client.geographicalContext.country or "") if client.geographicalContext else "",
        session if session and session != "unknown" else "",
        grave=any(word in _text(data.get("scopes", data.get("requestedScopes"))).lower() for word in _GRAVE),
        id=event.uuid or "",
    )


def _reason(event: _Event) -> Reason:
    if event.eventType.endswith(_REUSE):
        return Reason.REFRESH_REUSED
    outcome = event.outcome or _Outcome()
    return Reason.NONE if outcome.result in _GOOD else _REASONS.get(outcome.reason or "", Reason.OTHER)


def _principal(actor: _Actor) -> str:
    found = actor.id if actor.id and actor.id != "unknown" else actor.alternateId
    return found or ""


def _app(event: _Event) -> str:
    return next((each.id or "" for each in event.target or () if each.type in _CLIENTS), "")


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


READER = Reader("okta", "Okta's System Log: LogEvents in an array, or one a line", read)
