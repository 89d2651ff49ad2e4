"""Who calls: at the owner's socket whoever may open it, over the network whoever a token and its proof say.

Rules of this file: of what the gateway in front says, its word is taken for the network that asks, the certificate of the
connection, its key agreement, and whether a GET was a HEAD: it alone can know. Who somebody is, and that they hold what their
token is bound to, is verified here. A proof is for this API's own address, the issuer's.
"""

import re
from collections.abc import Callable
from typing import Final

from starlette.requests import Request

from bartizan.admin.route import AnyRoute
from bartizan.app.admin.caller import THE_OWNER, Caller
from bartizan.app.admin.gate import Gate, Shows
from bartizan.crypto.tls_groups import HYBRID
from bartizan.http.admin.reading import FieldRefused
from bartizan.http.fronted import certificate_of
from bartizan.http.source import source
from bartizan.identity.shown import Shown
from bartizan.identity.strength import Strength

_AUTHORIZATION: Final = re.compile(r"(Bearer|DPoP) ([A-Za-z0-9._~+/-]{1,16384}=*)", re.IGNORECASE)
_REQUEST: Final = re.compile(r"q-[0-9a-f]{16}")


def owner(_: AnyRoute, __: Request) -> Caller:
    """Return the owner: nobody else's connection is read (`http/owner.py`)."""
    return THE_OWNER


def over_network(
    gate: Gate, issuer: str, *, bound: bool, strength: Strength | None = None
) -> Callable[[AnyRoute, Request], Caller]:
    """Return what tells who calls over the network.

    Args:
        gate: lets them in.
        issuer: the gateway's URL, below which a proof must name the path.
        bound: whether tokens that are bound to nothing are refused.
        strength: how a person must have signed in who calls; None where it may be a program.
    """

    def admit(route: AnyRoute, request: Request) -> Caller:
        return gate.admit(route, shows(request, issuer, bound=bound, strength=strength))

    return admit


def shows(request: Request, issuer: str, *, bound: bool, strength: Strength | None = None) -> Shows:
    """Return what a request shows of who makes it; arguments as of `over_network`.

    Raises:
        FieldRefused: a field of it stands there twice.
    """
    scheme, token = _token(request)
    shown = Shown(
        token,
        _single(request, "dpop"),
        scheme == "dpop",
        _method(request),
        (issuer + request.url.path,),
        certificate_of(request),
        bound,
        strength=strength,
    )
    told = _single(request, "x-request-id")
    known = told if _REQUEST.fullmatch(told) else ""
    safe = _single(request, "x-bartizan-group") in HYBRID
    return Shows(shown, safe, source(request), known)


def _token(request: Request) -> tuple[str, str]:
    """Return scheme, in lower case, and token; nothing where none is shown."""
    said = _single(request, "authorization")
    found = _AUTHORIZATION.fullmatch(said)
    return (found[1].lower(), found[2]) if found else ("", "")


def _method(request: Request) -> str:
    """Return the method that a proof must name (RFC 9449 section 4.3): of a HEAD, which the gateway asks as GET, HEAD."""
    return (
        "HEAD"
        if request.method == "GET" and _single(request, "x-bartizan-method") == "HEAD"
        else request.method
    )


def _single(request: Request, name: str) -> str:
    """Return the value of a field, or nothing.

    Raises:
        FieldRefused: it stands there twice, so it has two readings.
    """
    found = request.headers.getlist(name)
    if len(found) > 1:
        raise FieldRefused(f"the field {name} is given twice")
    return found[0] if found else ""
