"""Where external issuers tell that somebody was signed out, or that an account changed.

Rules of this file: nobody shows a credential here: what is told is signed, and that is what counts. An answer says that
it is done only where it is in force in every worker. A refusal says a word of a closed set and repeats nothing.
Source: OpenID Connect Back-Channel Logout 1.0 sections 2.5 and 2.8; RFC 8935 sections 2.2 to 2.4.
"""

from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bartizan.app.issuers import Issuers, SignalRefused
from bartizan.http.body import read
from bartizan.http.problem import answer
from bartizan.http.status import Status

LOGOUT_PATH: Final = "/oauth/backchannel-logout"
EVENTS_PATH: Final = "/ssf/events"
MOST: Final = 16 * 1024
"""Octets of a body: a token and what carries it."""
_FIELDS: Final = 8
_ERRORS: Final = {
    "issuer-unknown": "invalid_issuer",
    "audience-wrong": "invalid_audience",
    "key-unknown": "invalid_key",
    "algorithm-refused": "invalid_key",
    "signature-invalid": "invalid_key",
}
"""Why an event is not taken -> its word in RFC 8935; every other is `invalid_request`."""


def signals(issuers: Issuers) -> list[Route]:
    """Return the routes."""

    async def logout(request: Request) -> Response:
        body = await read(request, MOST)
        try:
            await issuers.logout(_token(body))
        except SignalRefused as fault:
            said = {"error": "invalid_request", "error_description": fault.reason}
            return answer(said, Status.BAD_REQUEST)
        return answer({})

    async def events(request: Request) -> Response:
        try:
            await issuers.hear((await read(request, MOST)).decode("utf-8", "replace").strip())
        except SignalRefused as fault:
            said = {"err": _ERRORS.get(fault.reason, "invalid_request"), "description": fault.reason}
            return answer(said, Status.BAD_REQUEST)
        return answer({}, Status.ACCEPTED)

    return [
        Route(LOGOUT_PATH, logout, methods=["POST"]),
        Route(EVENTS_PATH, events, methods=["POST"]),
    ]


def _token(body: bytes) -> str:
    """Return the logout token of a form.

    Raises:
        SignalRefused: it holds none, several, or more fields than anybody sends.
    """
    try:
        form = parse_qsl(body.decode("utf-8", "replace"), max_num_fields=_FIELDS)
    except ValueError as fault:
        raise SignalRefused("token-missing") from fault
    tokens = [value for name, value in form if name == "logout_token"]
    if len(tokens) != 1:
        raise SignalRefused("token-missing")
    return tokens[0]
