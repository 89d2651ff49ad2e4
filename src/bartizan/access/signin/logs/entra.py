"""Microsoft Entra's sign-in and audit logs: as Graph returns them, and as Azure Monitor exports them.

Source: Microsoft Graph, resource types signIn, signInStatus and directoryAudit; Entra authentication error codes.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from bartizan.access.signin.logs.told import LineUnreadable, Reader, Told, address, decoded, instant
from bartizan.access.signin.subject import Act, Credential, Reason

_ERRORS: Final[Mapping[int, Reason]] = {
    50034: Reason.PRINCIPAL_UNKNOWN,
    50053: Reason.SECRET_WRONG,
    50055: Reason.OTHER,
    50056: Reason.SECRET_WRONG,
    50057: Reason.NOT_PERMITTED,
    50126: Reason.SECRET_WRONG,
    50074: Reason.OTHER,
    50076: Reason.OTHER,
    500121: Reason.SECOND_FACTOR,
    50088: Reason.SECOND_FACTOR,
    53003: Reason.NOT_PERMITTED,
    700016: Reason.PRINCIPAL_UNKNOWN,
    7000215: Reason.SECRET_WRONG,
    7000222: Reason.OTHER,
    70008: Reason.OTHER,
    54005: Reason.TOKEN_REPLAYED,
}
"""Codes; 54005 is an authorization code that was redeemed already."""
_CONSENT: Final = "Consent to application"
_GRAVE: Final = (".readwrite", ".send", "offline_access", "full_access", "mail.read", "files.read", ".all")


class _Status(msgspec.Struct):
    errorCode: int = 0  # noqa: N815 - Graph's name


class _Device(msgspec.Struct):
    deviceId: str | None = None  # noqa: N815 - Graph's name
    operatingSystem: str | None = None  # noqa: N815 - Graph's name
    browser: str | None = None


class _Location(msgspec.Struct):
    countryOrRegion: str | None = None  # noqa: N815 - Graph's name


class _SignIn(msgspec.Struct):
    createdDateTime: str  # noqa: N815 - Graph's name
    status: _Status | None = None
    id: str | None = None
    userId: str | None = None  # noqa: N815 - Graph's name
    userPrincipalName: str | None = None  # noqa: N815 - Graph's name
    servicePrincipalId: str | None = None  # noqa: N815 - Graph's name
    appId: str | None = None  # noqa: N815 - Graph's name
    ipAddress: str | None = None  # noqa: N815 - Graph's name
    isInteractive: bool | None = None  # noqa: N815 - Graph's name
    sessionId: str | None = None  # noqa: N815 - Graph's name
    deviceDetail: _Device | None = None  # noqa: N815 - Graph's name
    location: _Location | str | None = None


class _User(msgspec.Struct):
    id: str | None = None
    ipAddress: str | None = None  # noqa: N815 - Graph's name


class _Initiated(msgspec.Struct):
    user: _User | None = None


class _Property(msgspec.Struct):
    newValue: str | None = None  # noqa: N815 - Graph's name


class _Resource(msgspec.Struct):
    id: str | None = None
    modifiedProperties: list[_Property] | None = None  # noqa: N815 - Graph's name


class _Audit(msgspec.Struct):
    activityDateTime: str  # noqa: N815 - Graph's name
    activityDisplayName: str  # noqa: N815 - Graph's name
    result: str = "success"
    id: str | None = None
    initiatedBy: _Initiated | None = None  # noqa: N815 - Graph's name
    targetResources: list[_Resource] | None = None  # noqa: N815 - Graph's name


class _Exported(msgspec.Struct):
    category: str
    properties: msgspec.Raw


_SIGN_IN, _AUDIT = msgspec.json.Decoder(_SignIn), msgspec.json.Decoder(_Audit)
_EXPORTED = msgspec.json.Decoder(_Exported)


def read(line: bytes) -> Told | None:
    """Return what a record tells.

    Raises:
        LineUnreadable: it is none of Entra's.
    """
    if b'"properties"' in line and b'"category"' in line:
        try:
            exported = decoded(_EXPORTED, line)
        except LineUnreadable:
            pass  # a record whose own members are called so
        else:
            line = bytes(exported.properties)
    return _consent(line) if b'"activityDisplayName"' in line else _signed_in(line)


def _signed_in(line: bytes) -> Told:
    found = decoded(_SIGN_IN, line)
    code = found.status.errorCode if found.status else 0
    device = found.deviceDetail or _Device()
    known = (device.operatingSystem or "") + (device.browser or "")
    return Told(
        instant(found.createdDateTime),
        Act.SIGN_IN if found.isInteractive is not False else Act.RENEW,
        _ERRORS.get(code, Reason.OTHER) if code else Reason.NONE,
        Credential.SECRET if found.servicePrincipalId else Credential.PASSWORD,
        found.userId or found.servicePrincipalId or found.userPrincipalName or "",
        address(found.ipAddress),
        found.appId or "",
        device.deviceId or known,
        _place(found.location),
        found.sessionId or "",
        id=found.id or "",
    )


def _place(location: _Location | str | None) -> str:
    return (location.countryOrRegion or "") if isinstance(location, _Location) else location or ""


def _consent(line: bytes) -> Told | None:
    found = decoded(_AUDIT, line)
    if found.activityDisplayName != _CONSENT:
        return None
    user = found.initiatedBy.user if found.initiatedBy else None
    given = (found.targetResources or [_Resource()])[0]
    said = " ".join(each.newValue or "" for each in given.modifiedProperties or ()).lower()
    return Told(
        instant(found.activityDateTime),
        Act.CONSENT,
        Reason.NONE if found.result == "success" else Reason.OTHER,
        principal=(user.id or "") if user else "",
        address=address(user.ipAddress) if user else "",
        client=given.id or "",
        grave=any(word in said for word in _GRAVE),
        id=found.id or "",
    )


READER = Reader("entra", "Microsoft Entra's sign-in and audit logs, of Graph or an export", read)
