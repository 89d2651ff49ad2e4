"""The authorization server's endpoints, behind the gateway, which it does not trust to have checked anything."""

from collections.abc import Iterable
from functools import partial

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bartizan.access.issue.grant import MAX_FORM, GrantFault, GrantRefused, read_form, read_grant
from bartizan.access.issue.metadata import KEYS_PATH, METADATA_PATH, TOKEN_PATH, jwks, metadata
from bartizan.access.issue.mint import Issued, Signer
from bartizan.access.issue.svid import GRANT
from bartizan.app.control import Registrar
from bartizan.app.workload_tokens import WorkloadTokens
from bartizan.http.body import read
from bartizan.http.fronted import certificate_of
from bartizan.http.owner import bearer
from bartizan.http.problem import ANSWERS, answer
from bartizan.http.source import source
from bartizan.http.status import Status

_ABOUT_PROOFS = (GrantFault.USE_DPOP_NONCE, GrantFault.INVALID_DPOP_PROOF)
_PUBLIC = {"cache-control": "public, max-age=300"}


def authorization(
    registrar: Registrar,
    signer: Signer,
    more: Iterable[Route] = (),
    workloads: WorkloadTokens | None = None,
) -> Starlette:
    """Return the app: the token endpoint, the metadata document, the public keys.

    Args:
        registrar: issues.
        signer: of the tokens.
        more: routes beside these.
        workloads: issues to workloads by their certificates; None where there are none.
    """

    async def token(request: Request) -> Response:
        try:
            issued = await _issued(request)
        except GrantRefused as fault:
            return _refusal(fault, registrar.nonce())
        headers = {"dpop-nonce": registrar.nonce()} if issued.bound else {}
        return answer(bearer(issued), headers={"pragma": "no-cache", **headers})

    async def _issued(request: Request) -> Issued:
        body, certificate = await read(request, MAX_FORM), certificate_of(request)
        network = source(request)
        try:
            media, authorization, proof = _credentials(request)
            form = read_form(media, body)
            if workloads is not None and form.get("grant_type") == GRANT:
                grant = partial(workloads.grant, form, proof, certificate, network)
            else:
                wanted = read_grant(media, authorization, body, proof)
                wanted = msgspec.structs.replace(wanted, certificate=certificate)
                grant = partial(registrar.grant, wanted, network)
        except GrantRefused as fault:
            raise registrar.refused(fault, network) from fault
        return grant()

    async def about(_: Request) -> Response:
        grants = () if workloads is None else (GRANT,)
        return answer(metadata(signer.url, grants), headers=_PUBLIC)

    async def keys(_: Request) -> Response:
        return answer(jwks(signer), headers=_PUBLIC)

    routes = [
        Route(TOKEN_PATH, token, methods=["POST"]),
        Route(METADATA_PATH, about, methods=["GET"]),
        Route(KEYS_PATH, keys, methods=["GET"]),
        *more,
    ]
    app = Starlette(routes=routes, exception_handlers=ANSWERS)
    app.router.redirect_slashes = False
    return app


def _credentials(request: Request) -> tuple[str, str | None, str]:
    """Return the values of Content-Type, Authorization and DPoP.

    Raises:
        GrantRefused: one of them is given twice, so the request has two readings.
    """
    found = []
    for name in ("content-type", "authorization", "dpop"):
        values = request.headers.getlist(name)
        if len(values) > 1:
            raise GrantRefused(GrantFault.INVALID_REQUEST, f"the header {name} is given twice")
        found.append(values[0] if values else None)
    return found[0] or "", found[1], found[2] or ""


def _refusal(fault: GrantRefused, nonce: str) -> Response:
    """Return the error document of RFC 6749 section 5.2, with the nonce of RFC 9449 section 8 where one is wanted."""
    status, headers = Status.BAD_REQUEST, dict[str, str]()
    if fault.error is GrantFault.INVALID_CLIENT:
        status, headers = Status.UNAUTHORIZED, {"www-authenticate": 'Basic realm="bartizan"'}
    elif fault.error is GrantFault.SLOW_DOWN:
        status, headers = Status.TOO_MANY_REQUESTS, {"retry-after": str(fault.wait_s)}
    elif fault.error in _ABOUT_PROOFS:
        headers = {"dpop-nonce": nonce}
    return answer({"error": fault.error.value, "error_description": fault.what}, status, headers)
