"""The authorization server's endpoints, behind the gateway, which it does not trust to have checked anything."""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bartizan.access.issue.device_code import INTERVAL_S
from bartizan.access.issue.device_code import LIFETIME_S as DEVICE_S
from bartizan.access.issue.device_request import read_device_asked
from bartizan.access.issue.form import (
    MAX_FORM,
    Credential,
    GrantFault,
    GrantRefused,
    read_credential,
    read_form,
)
from bartizan.access.issue.grant import read_grant
from bartizan.access.issue.inspection import read_token
from bartizan.access.issue.metadata import jwks, metadata
from bartizan.access.issue.mint import Issued
from bartizan.access.issue.paths import (
    AUTHORIZE_PATH,
    DEVICE_PATH,
    INSPECT_PATH,
    KEYS_PATH,
    METADATA_PATH,
    OPENID_PATH,
    PUSHED_PATH,
    REVOKE_PATH,
    TOKEN_PATH,
)
from bartizan.access.issue.pushed import LIFETIME_S as PUSHED_S
from bartizan.access.issue.pushed import read_asked
from bartizan.access.issue.svid import GRANT as WORKLOADS
from bartizan.access.issue.svid import is_workloads
from bartizan.app.issuing import Issuing
from bartizan.app.registering import Registering
from bartizan.app.workload_tokens import WorkloadTokens
from bartizan.console.visits import DEVICE as DEVICE_PAGE
from bartizan.http.body import read
from bartizan.http.consent import Consent
from bartizan.http.fronted import certificate_of
from bartizan.http.owner import bearer
from bartizan.http.problem import ANSWERS, answer
from bartizan.http.registration import registration
from bartizan.http.source import source
from bartizan.http.status import Status

_ABOUT_PROOFS = (GrantFault.USE_DPOP_NONCE, GrantFault.INVALID_DPOP_PROOF)
Asked = TypeVar("Asked")
_PUBLIC = {"cache-control": "public, max-age=300"}


def authorization(
    issuing: Issuing,
    consent: Consent,
    more: Iterable[Route] = (),
    workloads: WorkloadTokens | None = None,
    registering: Registering | None = None,
    *,
    asks: bool = False,
) -> Starlette:
    """Return the app: what clients ask, what people answer, the metadata document, the public keys.

    Args:
        issuing: who gets which token.
        consent: the page that people answer on.
        more: routes beside these.
        workloads: issues to workloads by their certificates; None where there are none.
        registering: registers applications that ask for it themselves; None where nothing does.
        asks: whether the gateway asks clients for a certificate.
    """
    endpoints = _Endpoints(issuing, workloads, registering, asks=asks)
    routes = [
        Route(TOKEN_PATH, endpoints.token, methods=["POST"]),
        Route(PUSHED_PATH, endpoints.pushed, methods=["POST"]),
        Route(DEVICE_PATH, endpoints.device, methods=["POST"]),
        Route(INSPECT_PATH, endpoints.inspect, methods=["POST"]),
        Route(REVOKE_PATH, endpoints.revoke, methods=["POST"]),
        Route(AUTHORIZE_PATH, consent.ask, methods=["GET"]),
        Route(AUTHORIZE_PATH, consent.answer, methods=["POST"]),
        Route(METADATA_PATH, endpoints.about, methods=["GET"]),
        Route(OPENID_PATH, endpoints.about, methods=["GET"]),
        Route(KEYS_PATH, endpoints.keys, methods=["GET"]),
        *(registration(registering, issuing.signer.url) if registering is not None else ()),
        *more,
    ]
    app = Starlette(routes=routes, exception_handlers=ANSWERS)
    app.router.redirect_slashes = False
    return app


class _Endpoints:
    """One method a route of programs: read, call one function, show."""

    def __init__(
        self,
        issuing: Issuing,
        workloads: WorkloadTokens | None,
        registering: Registering | None,
        *,
        asks: bool,
    ) -> None:
        self._registering, self._asks = registering, asks
        self._granting, self._signer = issuing.granting, issuing.signer
        self._inspecting, self._workloads = issuing.inspecting, workloads

    async def token(self, request: Request) -> Response:
        try:
            issued = await self._issued(request)
        except GrantRefused as fault:
            return _refusal(fault, self._granting.nonce())
        headers = {"dpop-nonce": self._granting.nonce()} if issued.bound else {}
        return answer(bearer(issued), headers={"pragma": "no-cache", **headers})

    async def pushed(self, request: Request) -> Response:
        body = await read(request, MAX_FORM)
        try:
            shown, asked = self._asked(request, body, read_asked)
            uri = self._granting.push(shown, asked, source(request))
        except GrantRefused as fault:
            return _refusal(fault, "")
        return answer({"request_uri": uri, "expires_in": PUSHED_S}, Status.CREATED)

    async def device(self, request: Request) -> Response:
        body = await read(request, MAX_FORM)
        try:
            shown, asked = self._asked(request, body, read_device_asked)
            codes = self._granting.begin(shown, asked, source(request))
        except GrantRefused as fault:
            return _refusal(fault, "")
        told = {"device_code": codes.device, "user_code": codes.user, "interval": INTERVAL_S}
        return answer(told | {"verification_uri": self._signer.url + DEVICE_PAGE, "expires_in": DEVICE_S})

    async def inspect(self, request: Request) -> Response:
        try:
            shown, token = await self._about_token(request)
            return answer(self._inspecting.inspect(shown, token, source(request)))
        except GrantRefused as fault:
            return _refusal(fault, "")

    async def revoke(self, request: Request) -> Response:
        try:
            shown, token = await self._about_token(request)
            await self._inspecting.revoke(shown, token, source(request))
        except GrantRefused as fault:
            return _refusal(fault, "")
        return answer({})

    async def about(self, _: Request) -> Response:
        more, methods = ((), ()) if self._workloads is None else ((WORKLOADS,), self._workloads.methods)
        registers = self._registering is not None and self._registering.possible
        asks = self._asks
        return answer(
            metadata(self._signer.url, more, methods, registers=registers, asks=asks), headers=_PUBLIC
        )

    async def keys(self, _: Request) -> Response:
        return answer(jwks(self._signer), headers=_PUBLIC)

    async def _issued(self, request: Request) -> Issued:
        body, certificate, network = await read(request, MAX_FORM), certificate_of(request), source(request)
        try:
            media, authorization, proof = _credentials(request)
            form = read_form(media, body)
        except GrantRefused as fault:
            raise self._granting.refused(fault, network) from fault
        if self._workloads is not None and is_workloads(form):
            return self._workloads.grant(form, proof, certificate, network)
        try:
            wanted = read_grant(media, authorization, body, proof, certificate)
        except GrantRefused as fault:
            raise self._granting.refused(fault, network) from fault
        return await self._granting.grant(wanted, network)

    async def _about_token(self, request: Request) -> tuple[Credential, str]:
        body = await read(request, MAX_FORM)
        try:
            media, authorization, _ = _credentials(request)
            form = read_form(media, body)
            return read_credential(form, authorization), read_token(form)
        except GrantRefused as fault:
            raise self._granting.refused(fault, source(request)) from fault

    def _asked(
        self, request: Request, body: bytes, read_it: Callable[[Mapping[str, str]], Asked]
    ) -> tuple[Credential, Asked]:
        try:
            media, authorization, _ = _credentials(request)
            form = read_form(media, body)
            return read_credential(form, authorization), read_it(form)
        except GrantRefused as fault:
            raise self._granting.refused(fault, source(request)) from fault


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
    elif fault.error is GrantFault.SLOW_DOWN and fault.wait_s:
        status, headers = Status.TOO_MANY_REQUESTS, {"retry-after": str(fault.wait_s)}
    elif fault.error in _ABOUT_PROOFS and nonce:
        headers = {"dpop-nonce": nonce}
    return answer({"error": fault.error.value, "error_description": fault.what}, status, headers)
