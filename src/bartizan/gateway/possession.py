"""How a request shows a token that is bound to a key or a certificate, and what its answer says of proofs and sign-ins.

Rules of this file: a proof is for one URL, that of the request as its client sees it. Its scheme is ours, or either
where a proxy in front took the connection.
Source: RFC 9449 sections 4.3, 7.1 and 9; RFC 9470 section 3.
"""

from typing import TYPE_CHECKING, Final

from bartizan.clock import Nanoseconds
from bartizan.gateway.ext_authz import PREFIX
from bartizan.gateway.faults import Refusal
from bartizan.identity.shown import Shown
from bartizan.identity.strength import INSUFFICIENT, Strength

if TYPE_CHECKING:
    from bartizan.gateway.stream import Exchange

_SECURE: Final = ("https",)
_EITHER: Final = ("https", "http")
_PORTS: Final = {"https": ":443", "http": ":80"}
ABOUT_PROOFS: Final = ("proof-", "token-unbound", "binding-missing", "certificate-wrong")
"""How the reasons begin that a proof could do away with."""
_ERRORS: Final = {"proof-stale": b"use_dpop_nonce"}
_CHALLENGE: Final = b'www-authenticate: DPoP realm="bartizan", error="%b", algs="ES256 ES384"\r\n'  # as `identity.dpop` has them


def shown(exchange: "Exchange", token: str) -> Shown:
    """Return how a request shows its token."""
    head = exchange.head
    return Shown(
        token,
        exchange.proof,
        head.scheme or bool(exchange.proof and token != head.token),
        head.method.decode(),
        _targets(exchange),
        exchange.client.certificate,
        exchange.route.service.bound,
        exchange.route.service.device,
        exchange.route.service.strength,
    )


def _targets(exchange: "Exchange") -> tuple[str, ...]:
    head, asked = exchange.head, exchange.route.asked
    path = head.path.decode()
    if asked:
        path = path[len(PREFIX) :].partition("/")[2]
        path = f"/{path}"
    direct = exchange.plane.ports.tls and not (exchange.fronted or asked)
    host = head.host.decode()
    return tuple(
        f"{scheme}://{host.removesuffix(_PORTS[scheme])}{path}" for scheme in (_SECURE if direct else _EITHER)
    )


def challenge(reason: str) -> bytes:
    """Return the line that says what a proof must be, with its CR LF; nothing where the refusal is not about one."""
    if not reason.startswith(ABOUT_PROOFS):
        return b""
    return _CHALLENGE % _ERRORS.get(
        reason, b"invalid_dpop_proof" if reason.startswith("proof-") else b"invalid_token"
    )


def nonce_line(nonce: str) -> bytes:
    """Return the line that tells a client the nonce of its next proofs, with its CR LF."""
    return b"dpop-nonce: %b\r\n" % nonce.encode()


def told(exchange: "Exchange", fault: Refusal) -> bytes:
    """Return the lines of a refusal that say what is left of limits, and what the next proof or sign-in must be."""
    limits = fault.limits or (exchange.limits if fault.reason == "principal-rate" else b"")
    if fault.reason == INSUFFICIENT:
        return limits + _step_up(exchange, fault)
    if not fault.reason.startswith(ABOUT_PROOFS):
        return limits
    ports = exchange.plane.ports
    return limits + nonce_line(ports.nonce(ports.clock.now()))


def _step_up(exchange: "Exchange", fault: Refusal) -> bytes:
    strength = exchange.route.service.strength
    if fault.after:  # a policy wants it, for what was flagged then
        now = exchange.plane.ports.clock.now()
        strength = Strength.after(Nanoseconds(fault.after), now)
    if strength is None:
        return b""
    return (
        f"www-authenticate: {strength.challenge('DPoP' if exchange.head.scheme else 'Bearer')}\r\n".encode()
    )
