"""Every answer that is not what was asked for: RFC 9457 problem documents, and the one map from errors to them."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from bartizan.access.errors import NotTheOwners, PrincipalExists, PrincipalRevoked, PrincipalUnknown
from bartizan.app.control import NotInForce, NotReported
from bartizan.http.body import BodyRefused
from bartizan.identity.principal import NotAPrincipal
from bartizan.ledger.event import NotAnEvent
from bartizan.ledger.journal import JournalUnwritable

MEDIA_TYPE: Final = "application/problem+json"
_UNRECORDED: Final = "the record cannot be written, so nothing was done; look at the disk of the state folder"
_STATUS: Final[Mapping[type[Exception], HTTPStatus]] = {
    NotAPrincipal: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotAnEvent: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotReported: HTTPStatus.UNPROCESSABLE_ENTITY,
    PrincipalExists: HTTPStatus.CONFLICT,
    PrincipalRevoked: HTTPStatus.CONFLICT,
    PrincipalUnknown: HTTPStatus.NOT_FOUND,
    NotTheOwners: HTTPStatus.FORBIDDEN,
    NotInForce: HTTPStatus.SERVICE_UNAVAILABLE,
}


def problem(
    status: HTTPStatus, reason: str, detail: str, headers: Mapping[str, str] | None = None
) -> Response:
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


def answer(body: Any, status: int = HTTPStatus.OK, headers: Mapping[str, str] | None = None) -> Response:  # noqa: ANN401 - anything JSON
    """Return a JSON answer that nobody may store."""
    shown = {"content-type": "application/json", "cache-control": "no-store", **(headers or {})}
    return Response(msgspec.json.encode(body), status, shown)


async def _known(_: Request, fault: Exception) -> Response:
    status = _STATUS[type(fault)]
    return problem(status, str(getattr(fault, "reason", _word(fault))), str(fault))


async def _body(_: Request, fault: Exception) -> Response:
    status = fault.status if isinstance(fault, BodyRefused) else HTTPStatus.BAD_REQUEST
    return problem(status, "body-refused", str(fault))


async def _unrecorded(_: Request, __: Exception) -> Response:
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, "not-recorded", _UNRECORDED)


async def _http(_: Request, fault: Exception) -> Response:
    status = HTTPStatus(fault.status_code) if isinstance(fault, HTTPException) else HTTPStatus.BAD_REQUEST
    headers = fault.headers if isinstance(fault, HTTPException) else None
    return problem(
        status, status.phrase.lower().replace(" ", "-"), f"{status.phrase}: see the API's paths", headers
    )


async def _internal(_: Request, __: Exception) -> Response:
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return problem(
        status, "internal", "a fault of ours; it is in the platform's log, and nothing was granted"
    )


def _word(fault: Exception) -> str:
    name = type(fault).__name__
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).strip("-")


HANDLERS: Final[Mapping[Any, Callable[[Request, Exception], Any]]] = {
    **dict.fromkeys(_STATUS, _known),
    BodyRefused: _body,
    JournalUnwritable: _unrecorded,
    HTTPException: _http,
    Exception: _internal,
}
"""Error -> what answers it; handed to every app."""
