"""Kubernetes' audit log: requests to the API server, one audit.k8s.io/v1 Event a line.

Rules of this file: of the source addresses only the last is taken, since clients can write the others. Every request is a
sign-in there; those alike within an hour count once (`app/signin_import.py`).
Source: Kubernetes, audit.k8s.io/v1 Event.
"""

from typing import Final

import msgspec

from bartizan.access.signin.logs.told import LineUnreadable, Reader, Told, address, decoded, instant
from bartizan.access.signin.subject import Act, Credential, Reason

_STAGE: Final = "ResponseComplete"
_ANONYMOUS: Final = "system:anonymous"
_PLATFORM: Final = ("system:kube-", "system:node:", "system:apiserver", "system:serviceaccount:kube-system:")
_UNAUTHORIZED, _FORBIDDEN, _OK, _REDIRECT = 401, 403, 200, 300
_BINDINGS: Final = frozenset({"clusterrolebindings", "rolebindings"})
_GIVES: Final = frozenset({"create", "update", "patch"})


class _User(msgspec.Struct):
    username: str = ""


class _Status(msgspec.Struct):
    code: int = 0


class _Object(msgspec.Struct):
    resource: str = ""
    name: str = ""


class _Event(msgspec.Struct):
    kind: str
    stage: str
    requestReceivedTimestamp: str  # noqa: N815 - Kubernetes' name
    auditID: str = ""  # noqa: N815 - Kubernetes' name
    verb: str = ""
    user: _User | None = None
    sourceIPs: list[str] | None = None  # noqa: N815 - Kubernetes' name
    userAgent: str = ""  # noqa: N815 - Kubernetes' name
    responseStatus: _Status | None = None  # noqa: N815 - Kubernetes' name
    objectRef: _Object | None = None  # noqa: N815 - Kubernetes' name


_DECODER = msgspec.json.Decoder(_Event)


def read(line: bytes) -> Told | None:
    """Return what an event tells; None for the cluster's own parts, and for what is neither granted nor refused.

    Raises:
        LineUnreadable: it is none.
    """
    event = decoded(_DECODER, line)
    if event.kind != "Event":
        raise LineUnreadable
    user = (event.user or _User()).username
    code = (event.responseStatus or _Status()).code
    if event.stage != _STAGE or user.startswith(_PLATFORM):
        return None
    reason = _reason(code, user)
    if reason is None:
        return None
    gives = event.objectRef or _Object()
    consents = reason is Reason.NONE and event.verb in _GIVES and gives.resource in _BINDINGS
    return Told(
        instant(event.requestReceivedTimestamp),
        Act.CONSENT if consents else Act.SIGN_IN,
        reason,
        Credential.TOKEN,
        "" if user == _ANONYMOUS else user,
        address((event.sourceIPs or [""])[-1]),
        gives.name if consents else event.userAgent.partition("/")[0][:512],
        device="" if consents else event.userAgent[:512],
        grave=consents and gives.resource == "clusterrolebindings",
        id=event.auditID,
    )


def _reason(code: int, user: str) -> Reason | None:
    if _OK <= code < _REDIRECT:
        return None if user == _ANONYMOUS else Reason.NONE
    if code == _UNAUTHORIZED or (code == _FORBIDDEN and user == _ANONYMOUS):
        return Reason.PRINCIPAL_UNKNOWN
    return Reason.NOT_PERMITTED if code == _FORBIDDEN else None


READER = Reader("kubernetes", "Kubernetes' audit log, one Event a line", read)
