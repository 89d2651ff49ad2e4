"""The authorization server's endpoints, behind the gateway, which it does not trust to have checked anything."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bartizan.access.issue.grant import MAX_FORM, GrantFault, GrantRefused, TokenRequest, read_grant
from bartizan.access.issue.metadata import KEYS_PATH, METADATA_PATH, TOKEN_PATH, jwks, metadata
from bartizan.access.issue.mint import Signer
from bartizan.app.control import Registrar
from bartizan.http.body import read
from bartizan.http.owner import bearer
from bartizan.http.problem import ANSWERS, answer
from bartizan.http.status import Status

_PUBLIC = {"cache-control": "public, max-age=300"}


def authorization(registrar: Registrar, signer: Signer) -> Starlette:
    """Return the app: the token endpoint, the metadata document, the public keys."""

    async def token(request: Request) -> Response:
        try:
            issued = registrar.grant(await _request(request))
        except GrantRefused as fault:
            return _refusal(fault)
        return answer(bearer(issued), headers={"pragma": "no-cache"})

    async def _request(request: Request) -> TokenRequest:
        body = await read(request, MAX_FORM)
        try:
            return read_grant(*_credentials(request), body)
        except GrantRefused as fault:
            raise registrar.refused(fault) from fault

    async def about(_: Request) -> Response:
        return answer(metadata(signer.url), headers=_PUBLIC)

    async def keys(_: Request) -> Response:
        return answer(jwks(signer), headers=_PUBLIC)

    routes = [
        Route(TOKEN_PATH, token, methods=["POST"]),
        Route(METADATA_PATH, about, methods=["GET"]),
        Route(KEYS_PATH, keys, methods=["GET"]),
    ]
    app = Starlette(routes=routes, exception_handlers=ANSWERS)
    app.router.redirect_slashes = False
    return app


def _credentials(request: Request) -> tuple[str, str | None]:
    """Return the values of Content-Type and Authorization.

    Raises:
        GrantRefused: one of them is given twice, so the request has two readings.
    """
    found = []
    for name in ("content-type", "authorization"):
        values = request.headers.getlist(name)
        if len(values) > 1:
            raise GrantRefused(GrantFault.INVALID_REQUEST, f"the header {name} is given twice")
        found.append(values[0] if values else None)
    return found[0] or "", found[1]


def _refusal(fault: GrantRefused) -> Response:
    """Return the error document of RFC 6749 section 5.2."""
    unknown = fault.error is GrantFault.INVALID_CLIENT
    status = Status.UNAUTHORIZED if unknown else Status.BAD_REQUEST
    headers = {"www-authenticate": 'Basic realm="bartizan"'} if unknown else None
    return answer({"error": fault.error.value, "error_description": fault.what}, status, headers)
