"""The gateway's order of calls, in one function.

Rules of this file: cheap refusals come before dear ones, limits before bodies, and the admitted record before
the first octet upstream. Every step either goes on or raises a `Refusal`; what is known so far stands on the
exchange, so that the refusal's record can say it.
"""

from collections.abc import Generator
from typing import TYPE_CHECKING, Final, NoReturn

from bartizan.gateway.body import client_of_basic
from bartizan.gateway.controls import rate_limited
from bartizan.gateway.faults import Fault, Refusal, refusal
from bartizan.gateway.ports import Authenticated, Circumstances, Refused, is_refused
from bartizan.gateway.stream import ADMITTED, Exchange
from bartizan.gateway.subject import Allowance
from bartizan.ledger.event import Outcome, content_tag
from bartizan.ledger.journal import JournalUnwritable

if TYPE_CHECKING:
    from bartizan.gateway.plane import Plane

_ALLOWED: Final = Outcome.ALLOWED


def admit(plane: "Plane", exchange: Exchange) -> Generator[int, bytes, None]:
    """Take a request whose head was accepted through every check, and send it on its way.

    Yields once, the octets that its body may have, and wants to be sent the body.

    Args:
        plane: what all connections share.
        exchange: the request; `head` is set.
    Raises:
        Refusal: it goes no further.
    """
    exchange.route = plane.routes.of(exchange.head)
    exchange.who = _authenticate(plane, exchange)
    _limit(plane, exchange)
    _require_fitting(exchange)
    if exchange.known is not None:
        plane.shares.take(exchange, exchange.known.id)
    body = yield exchange.route.body_octets
    exchange.judged = exchange.route.reader.read(body)
    _limit_client(plane, exchange)
    generation = _authorize(plane, exchange)
    exchange.sequence = _record(plane, exchange, generation)
    exchange.stage = ADMITTED
    plane.open.add(exchange)
    plane.turn.after(exchange.admitted, exchange.unadmitted)


def _authenticate(plane: "Plane", exchange: Exchange) -> Authenticated:
    if exchange.route.public:
        return plane.ports.anonymous
    answer = plane.ports.authenticate(exchange.head.token, exchange.started)
    if is_refused(answer):
        _limit_stranger(plane, exchange)
        _refuse(answer)
    exchange.known = answer.principal
    exchange.actor = answer.principal.pseudonym
    exchange.client.trust(answer.principal.id)
    return answer


def _limit(plane: "Plane", exchange: Exchange) -> None:
    known = exchange.known
    if exchange.route.clients:
        exchange.charged = True
        exchange.slowed = plane.charge(exchange.client.source, exchange.started)
    elif known is None:
        _limit_stranger(plane, exchange)
    else:
        _require_within(
            "principal", plane.ports.limit(exchange.route.service.name, known.id, exchange.started)
        )


def _limit_stranger(plane: "Plane", exchange: Exchange) -> None:
    """Charge the address, for nobody is known whom it could be. Who is known never waits for an address."""
    exchange.charged = True
    _require_within("address", plane.charge(exchange.client.source, exchange.started))


def _limit_client(plane: "Plane", exchange: Exchange) -> None:
    """Refuse a slowed address, unless it names a client that is registered and within a limit of its own.

    A client's id is random and no stranger's to know, so no stranger keeps a client from its next token.
    """
    if exchange.slowed:
        client = exchange.judged.client or client_of_basic(exchange.head.basic)
        if plane.ports.client_limit(exchange.client.source, client, exchange.started):
            _require_within("address", exchange.slowed)


def _require_within(party: str, wait: int) -> None:
    found = rate_limited.judge(Allowance(party, wait)) if wait else ()
    if found:
        raise refusal(found[0].reason, retry_after=wait)


def _require_fitting(exchange: Exchange) -> None:
    """Refuse by what the head says of a body, before one is read."""
    head, route = exchange.head, exchange.route
    if head.encoded:
        raise refusal("encoding-refused")
    if head.method == b"POST" and head.media != route.reader.media:
        raise refusal("content-type-unknown")
    if head.length > route.body_octets:
        raise refusal("body-too-large")


def _authorize(plane: "Plane", exchange: Exchange) -> int:
    judged, route = exchange.judged, exchange.route
    exchange.circumstances = Circumstances(
        exchange.client.group, judged.model, judged.stream, judged.most_tokens
    )
    answer = plane.ports.authorize(exchange.who, route.action, route.service.name, exchange.circumstances)
    if is_refused(answer):
        _refuse(answer)
    return answer.generation


def _refuse(answer: Refused) -> NoReturn:
    raise Refusal(Fault(answer.reason, answer.status, answer.what, answer.control))


def _record(plane: "Plane", exchange: Exchange, generation: int) -> int:
    """Add the admitted record and return its sequence; it is written at the end of the turn."""
    detail: dict[str, int | str] = {
        "service": exchange.route.service.name,
        "route": exchange.route.name,
        "group": exchange.client.group,
        "octets": len(exchange.judged.octets),
        "generation": generation,
    }
    key = exchange.who.principal.content_key
    if key:
        detail["content"] = content_tag(key, exchange.judged.octets)
    try:
        return plane.ports.journal.record(
            "gateway.request.admitted",
            exchange.actor,
            exchange.id,
            _ALLOWED,
            "access.request-authorized",
            detail,
        )
    except JournalUnwritable:
        plane.turn.fail()
        raise refusal("record-unavailable") from None
