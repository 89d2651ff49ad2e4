"""A request that the guard holds: whether somebody has released exactly this one, which uses the release up.

Rules of this file: what is held goes no further and is answered at once; nobody waits for a person. A release is for the same
principal, and for a request that is the same to the octet. Nobody to ask is as bad as no release.
"""

from typing import TYPE_CHECKING, Final, cast

from bartizan.clock import SECOND
from bartizan.gateway.faults import Fault, Refusal
from bartizan.gateway.inspected import ALLOW, Said
from bartizan.gateway.reserve import Waits

if TYPE_CHECKING:
    from bartizan.gateway.plane import Plane
    from bartizan.gateway.stream import Exchange

HELD: Final = "held-for-approval"
DENIED: Final = "held-denied"
FULL: Final = "held-too-many"
AWAY: Final = "hold-unavailable"
_FAULTS: Final = {
    DENIED: Fault(DENIED, 403, "Somebody looked at this request and decided that it does not go on.", ""),
    FULL: Fault(
        FULL,
        429,
        "As many requests of this principal are held as may be; wait until some of them are answered.",
        "",
    ),
    AWAY: Fault(
        AWAY,
        503,
        "This request would be held for somebody to release, and nobody is there to keep it; try again in a moment.",
        "",
    ),
}


def require_allowed(plane: "Plane", exchange: "Exchange", generation: int) -> None:
    """Go on only where what was waited for has not outlived what the request was allowed on.

    Raises:
        Refusal: it was disallowed meanwhile, or there is nothing to decide on.
    """
    plane.require_open()
    refused = plane.disallowed(exchange) if plane.generation != generation else None
    if refused is not None:
        raise Refusal(Fault(refused.reason, refused.status, refused.what, refused.control))


def hold(plane: "Plane", exchange: "Exchange", said: Said) -> Waits:
    """Hold a request, unless somebody has released exactly this one; yields what to wait for.

    Args:
        plane: what all connections share.
        exchange: the request, authorized and inspected.
        said: what the guard says of it.
    Returns:
        The generation of the state that it is still allowed on.
    Raises:
        Refusal: it is held, or was disallowed meanwhile.
    """
    known, ask, generation = exchange.known, plane.ports.hold, plane.generation
    digest = _digest(plane, exchange)
    if ask is None or known is None or not digest:
        raise Refusal(_FAULTS[AWAY], retry_after=SECOND)
    asked = ask(exchange.route.service_name, exchange.id, known.pseudonym, digest, said.reason)
    answer = cast("Said", (yield asked))
    require_allowed(plane, exchange, generation)
    if answer.action != ALLOW:
        fault = _FAULTS.get(answer.reason) or Fault(HELD, 403, answer.what or said.what, said.control)
        raise Refusal(fault, retry_after=SECOND if answer.reason in (AWAY, FULL) else 0)
    return plane.generation


def _digest(plane: "Plane", exchange: "Exchange") -> str:
    """Return the tag of exactly this request under its principal's own key; empty where they have none.

    It is of everything that tells it from another: service, route, method, path and query, who acts for the principal, and
    the body as it was judged, before anything is taken out of it.
    """
    if exchange.known is None:
        return ""
    tags = plane.passes.tags(exchange.known)
    if tags is None:
        return ""
    agent = exchange.who.agent
    parts = (
        exchange.route.service_name.encode(),
        exchange.route.name.encode(),
        exchange.head.method,
        exchange.head.path,
        exchange.head.query,
        b"" if agent is None else agent.pseudonym.encode(),
        exchange.judged.octets,
    )
    framed = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    return tags.of(b"\0held\0" + framed)
