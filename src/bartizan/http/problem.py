"""Every answer that is not what was asked for: RFC 9457 problem documents, and the one map from errors to them."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from bartizan.access.errors import (
    ClientKeyRefused,
    ConsentUnknown,
    DeviceKeyTaken,
    DeviceUnknown,
    IssuerNotConfigured,
    NameErased,
    NotTheOwners,
    PolicyVersionUnknown,
    PrincipalExists,
    PrincipalRevoked,
    PrincipalUnknown,
    RedirectRefused,
    RotationUnderWay,
    SecretAbsent,
    SubjectLinked,
)
from bartizan.access.people.errors import SignInRefused
from bartizan.app.admin.caller import BeyondOnesOwn
from bartizan.app.admin.cursor import CursorUnknown
from bartizan.app.admin.faults import ApprovalAwaited, EntryGone, ServiceUnknown
from bartizan.app.admin.gate import CallRefused
from bartizan.app.admin.repeats import AnswerGone, KeyReused, KeysFull, KeyUndecided
from bartizan.app.control_ports import NotInForce, NotReported
from bartizan.app.evidence import EvidenceAltered, EvidenceUnknown
from bartizan.app.held import HeldUnknown
from bartizan.app.schedule.keep import ScheduleBusy, ScheduleUnknown
from bartizan.crypto.keyring import KeyExposed, KeyUnreadable
from bartizan.gateway.possession import challenge
from bartizan.http.admin.reading import FieldRefused, TagMissing, TagOutdated
from bartizan.http.body import BodyRefused
from bartizan.http.status import Status
from bartizan.identity.principal import NotAPrincipal
from bartizan.ledger.database import LedgerUnreadable
from bartizan.ledger.event import NotAnEvent
from bartizan.ledger.journal import JournalUnwritable
from bartizan.policy.errors import PolicyInvalid

MEDIA_TYPE: Final = "application/problem+json"
_UNRECORDED: Final = "the record cannot be written, so nothing was done; look at the disk of the state folder"
_BY_CODE: Final = {status.value: status for status in Status}
_STATUS: Final[Mapping[type[Exception], Status]] = {
    NotAPrincipal: Status.UNPROCESSABLE,
    ClientKeyRefused: Status.UNPROCESSABLE,
    RedirectRefused: Status.UNPROCESSABLE,
    RotationUnderWay: Status.CONFLICT,
    NotAnEvent: Status.UNPROCESSABLE,
    NotReported: Status.UNPROCESSABLE,
    PrincipalExists: Status.CONFLICT,
    NameErased: Status.CONFLICT,
    SubjectLinked: Status.CONFLICT,
    ConsentUnknown: Status.NOT_FOUND,
    DeviceUnknown: Status.NOT_FOUND,
    DeviceKeyTaken: Status.CONFLICT,
    IssuerNotConfigured: Status.UNPROCESSABLE,
    PrincipalRevoked: Status.CONFLICT,
    PrincipalUnknown: Status.NOT_FOUND,
    NotTheOwners: Status.FORBIDDEN,
    ScheduleBusy: Status.CONFLICT,
    ScheduleUnknown: Status.NOT_FOUND,
    NotInForce: Status.UNAVAILABLE,
    PolicyInvalid: Status.UNPROCESSABLE,
    PolicyVersionUnknown: Status.NOT_FOUND,
    SecretAbsent: Status.CONFLICT,
    BeyondOnesOwn: Status.FORBIDDEN,
    ApprovalAwaited: Status.CONFLICT,
    SignInRefused: Status.CONFLICT,
    CursorUnknown: Status.UNPROCESSABLE,
    FieldRefused: Status.BAD_REQUEST,
    TagMissing: Status.PRECONDITION_REQUIRED,
    TagOutdated: Status.PRECONDITION_FAILED,
    KeyReused: Status.UNPROCESSABLE,
    KeyUndecided: Status.CONFLICT,
    KeysFull: Status.TOO_MANY_REQUESTS,
    AnswerGone: Status.CONFLICT,
    EntryGone: Status.NOT_FOUND,
    ServiceUnknown: Status.NOT_FOUND,
    LedgerUnreadable: Status.UNAVAILABLE,
    EvidenceUnknown: Status.NOT_FOUND,
    HeldUnknown: Status.NOT_FOUND,
    EvidenceAltered: Status.CONFLICT,
    KeyExposed: Status.UNAVAILABLE,
    KeyUnreadable: Status.UNAVAILABLE,
}
NOTHING_DONE: Final[tuple[type[Exception], ...]] = (
    *(fault for fault in _STATUS if fault is not NotInForce),
    BodyRefused,
)
"""What is raised before anything is done."""


def problem(status: Status, reason: str, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return a problem document.

    Args:
        status: of the answer.
        reason: a word of a closed set.
        detail: a sentence: what is wrong and what to do.
        headers: further headers of the answer.
    Source: RFC 9457.
    """
    body = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
        "reason": reason,
    }
    return answer(body, status, {**(headers or {}), "content-type": MEDIA_TYPE})


def answer(body: Any, status: int = Status.OK, headers: Mapping[str, str] | None = None) -> Response:  # noqa: ANN401 - anything JSON
    """Return a JSON answer that nobody may store."""
    shown = {"content-type": "application/json", "cache-control": "no-store", **(headers or {})}
    return Response(msgspec.json.encode(body), status, shown)


async def _known(_: Request, fault: Exception) -> Response:
    status = _STATUS[type(fault)]
    return problem(status, str(getattr(fault, "reason", _word(fault))), str(fault))


async def _body(_: Request, fault: Exception) -> Response:
    status = fault.status if isinstance(fault, BodyRefused) else Status.BAD_REQUEST
    return problem(status, "body-refused", str(fault))


async def _uncalled(_: Request, fault: Exception) -> Response:
    if not isinstance(fault, CallRefused):  # the table says that it is one
        raise fault
    status, headers = _BY_CODE[fault.status], dict[str, str]()
    about_proof = challenge(fault.reason)
    if about_proof:
        headers["dpop-nonce"] = fault.nonce
    if status is Status.UNAUTHORIZED:
        said = about_proof.decode().partition(": ")[2].strip()
        headers["www-authenticate"] = (
            fault.challenge or said or 'Bearer realm="bartizan", error="invalid_token"'
        )
    return problem(status, fault.reason, str(fault), headers)


async def _unrecorded(_: Request, __: Exception) -> Response:
    return problem(Status.UNAVAILABLE, "not-recorded", _UNRECORDED)


async def _unstored(_: Request, fault: Exception) -> Response:
    why = str(getattr(fault, "orig", None) or "no reason given")
    what = f"the store cannot be used ({why}), so nothing was done; look at the disk of the state folder"
    return problem(Status.UNAVAILABLE, "not-stored", what)


async def _http(_: Request, fault: Exception) -> Response:
    code = fault.status_code if isinstance(fault, HTTPException) else 0
    status = _BY_CODE.get(code, Status.BAD_REQUEST)
    headers = fault.headers if isinstance(fault, HTTPException) else None
    return problem(status, status.word, f"{status.phrase}: see the API's paths", headers)


async def _internal(_: Request, __: Exception) -> Response:
    status = Status.INTERNAL
    return problem(
        status, "internal", "a fault of ours; it is in the platform's log, and nothing was granted"
    )


def _word(fault: Exception) -> str:
    name = type(fault).__name__
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).strip("-")


ANSWERS: Final[Mapping[Any, Callable[[Request, Exception], Any]]] = {
    **dict.fromkeys(_STATUS, _known),
    BodyRefused: _body,
    CallRefused: _uncalled,
    JournalUnwritable: _unrecorded,
    OperationalError: _unstored,
    HTTPException: _http,
    Exception: _internal,
}
"""Error -> what answers it; handed to every app."""
