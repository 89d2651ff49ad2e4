"""Where applications register themselves, and manage what they registered: parse, call one function, show.

Source: RFC 7591 sections 3.1 and 3.2; RFC 7592 section 2.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bartizan.access.issue.paths import REGISTER_PATH
from bartizan.access.issue.registration import MAX_METADATA, RegistrationRefused
from bartizan.app.registering import NotManaged, Registering
from bartizan.http.admin.callers import shows
from bartizan.http.body import read
from bartizan.http.problem import answer, problem
from bartizan.http.status import Status

_UNMANAGED: Final = {"www-authenticate": 'Bearer realm="bartizan", error="invalid_token"'}


def registration(registering: Registering, issuer: str) -> tuple[Route, ...]:
    """Return the routes.

    Args:
        registering: does it.
        issuer: our own URL, below which a proof must name the path.
    """
    endpoints = _Endpoints(registering, issuer)
    return (
        Route(REGISTER_PATH, endpoints.register, methods=["POST"]),
        Route(REGISTER_PATH, endpoints.read, methods=["GET"]),
        Route(REGISTER_PATH, endpoints.update, methods=["PUT"]),
        Route(REGISTER_PATH, endpoints.withdraw, methods=["DELETE"]),
    )


class _Endpoints:
    """One method a route."""

    def __init__(self, registering: Registering, issuer: str) -> None:
        self._registering, self._issuer = registering, issuer

    async def register(self, request: Request) -> Response:
        shown = shows(request, self._issuer, bound=False)
        try:
            made = await self._registering.register(shown, await read(request, MAX_METADATA))
        except RegistrationRefused as fault:
            return _refusal(fault)
        return answer(made, Status.CREATED)

    async def read(self, request: Request) -> Response:
        shown = shows(request, self._issuer, bound=False)
        try:
            return answer(self._registering.read(_client(request), shown.shown.token, shown.source))
        except NotManaged as fault:
            return _unmanaged(fault)

    async def update(self, request: Request) -> Response:
        shown = shows(request, self._issuer, bound=False)
        try:
            body = await read(request, MAX_METADATA)
            return answer(await self._registering.update(_client(request), shown, body))
        except RegistrationRefused as fault:
            return _refusal(fault)
        except NotManaged as fault:
            return _unmanaged(fault)

    async def withdraw(self, request: Request) -> Response:
        shown = shows(request, self._issuer, bound=False)
        try:
            await self._registering.withdraw(_client(request), shown.shown.token, shown.source)
        except NotManaged as fault:
            return _unmanaged(fault)
        return Response(status_code=Status.NO_CONTENT, headers={"cache-control": "no-store"})


def _client(request: Request) -> str:
    found = request.query_params.getlist("client_id")
    return found[0] if len(found) == 1 else ""


def _unmanaged(fault: NotManaged) -> Response:
    return problem(Status.UNAUTHORIZED, fault.reason, str(fault), _UNMANAGED)


def _refusal(fault: RegistrationRefused) -> Response:
    """Return the error document of RFC 7591 section 3.2.2."""
    status, headers = Status.BAD_REQUEST, dict[str, str]()
    if fault.wait_s:
        status, headers = Status.TOO_MANY_REQUESTS, {"retry-after": str(fault.wait_s)}
    return answer({"error": fault.error.value, "error_description": fault.what}, status, headers)
