"""The gateway's order of calls, in one function.

Rules of this file: cheap refusals come before dear ones, limits before bodies, and the admitted record before
the first octet upstream. Every step either goes on or raises a `Refusal`; what is known so far stands on the
exchange, so that the refusal's record can say it. A head that got through lately need not be found out about again
(`passes.py`); its limits are asked each time.
"""

from typing import TYPE_CHECKING, Final, NoReturn, cast

from bartizan.clock import SECOND
from bartizan.gateway.body import client_of_basic
from bartizan.gateway.controls import rate_limited, tool_trusted
from bartizan.gateway.credential import presented, told
from bartizan.gateway.ext_authz import require_asker
from bartizan.gateway.faults import Fault, Refusal, refusal
from bartizan.gateway.inspection import inspect
from bartizan.gateway.origin import Fronts
from bartizan.gateway.page import asked
from bartizan.gateway.passes import Pass
from bartizan.gateway.ports import Authenticated, Circumstances, Principal, Refused, is_refused
from bartizan.gateway.possession import shown
from bartizan.gateway.question import agent_tag, operation_tag, tool_tag
from bartizan.gateway.reserve import Steps, Waits, reserve
from bartizan.gateway.share import Share
from bartizan.gateway.stage import ADMITTED
from bartizan.gateway.stream import Exchange
from bartizan.gateway.subject import Allowance
from bartizan.identity.token import claimed_client
from bartizan.ledger.journal import JournalUnwritable
from bartizan.ledger.written import admitted

if TYPE_CHECKING:
    from bartizan.gateway.plane import Plane


_BODIED: Final = (b"POST", b"PUT")
_ARRIVING: Final = "principal-arriving"
"""The access room's word for somebody who is being registered: the one refusal of its that waiting helps."""


def admit(plane: "Plane", exchange: Exchange) -> Steps:
    """Take a request whose head was accepted through every check, and send it on its way.

    Yields the octets that its body may have, and wants to be sent the body; where limits are counted elsewhere,
    yields a future once more, and wants to be sent its result.

    Args:
        plane: what all connections share.
        exchange: the request; `head` is set.
    Raises:
        Refusal: it goes no further.
    """
    passed = exchange.passed
    if plane.fronts is not None:
        _place(exchange, plane.fronts)
    exchange.route = route = passed.route if passed is not None else plane.routes.of(exchange.head)
    if route.asked:
        require_asker(plane.ports.edge, exchange.head.edge)
    exchange.who = _authenticate(plane, exchange, passed)
    share = _share(plane, exchange, passed)
    _limit(plane, exchange, share)
    _require_fitting(exchange, passed)
    if share is not None:
        plane.shares.take(exchange, share)
    if route.bound:
        exchange.bound = _bound(plane, exchange)
    body = cast("bytes", (yield route.body_octets))
    judged = exchange.judged = route.reader.read(body)
    if exchange.slowed:
        _limit_client(plane, exchange)
    exchange.circumstances = Circumstances(
        exchange.client.group,
        judged.model,
        judged.stream,
        judged.most_tokens,
        route.operation,
        judged.action,
        judged.tool,
    )
    generation = _authorize(plane, exchange)
    if judged.tool:
        _require_trusted(plane, route.service.name, judged.tool)
    if plane.ports.reserve is not None or route.service.guard:
        generation = yield from _awaited(plane, exchange, generation)
    exchange.sequence = _record(plane, exchange, generation)
    exchange.stage = ADMITTED
    plane.open.add(exchange)
    plane.turn.after(exchange)


def _awaited(plane: "Plane", exchange: Exchange, generation: int) -> Waits:
    """Have limits counted and the prompt inspected by others, the cheaper first; return the generation it is still allowed in."""
    if plane.ports.reserve is not None:
        generation = yield from reserve(plane, exchange, generation)
    if exchange.route.service.guard:
        generation = yield from inspect(plane, exchange, generation)
    return generation


def _place(exchange: Exchange, fronts: Fronts) -> None:
    """Have a request come from the client that a proxy in front names."""
    address = fronts.address(exchange.client.address, exchange.head)
    if address:
        exchange.fronted = True
        exchange.actor = exchange.source = exchange.plane.ports.pseudonym_of_address(address)


def _authenticate(plane: "Plane", exchange: Exchange, passed: Pass | None) -> Authenticated:
    if exchange.route.public:
        return _anybody(plane, exchange)
    if (
        passed is not None
        and passed.who is not None
        and passed.generation == plane.generation
        and exchange.started < passed.until
    ):
        if passed.proves:
            _prove(plane, exchange, passed.who, presented(exchange.head, exchange.route.key))
        exchange.known, exchange.actor = passed.known, passed.pseudonym
        exchange.client.trust(passed.id)
        return passed.who
    token = presented(exchange.head, exchange.route.key)
    if exchange.started < plane.overdrawn:
        _bar(plane, exchange, token)
    answer = plane.ports.authenticate(token, exchange.started)
    if is_refused(answer):
        _limit_stranger(plane, exchange)
        _refuse(answer)
    if answer.bound or exchange.head.scheme or exchange.route.service.asks:
        _prove(plane, exchange, answer, token)
    exchange.known = answer.principal
    exchange.actor = answer.principal.pseudonym
    exchange.client.trust(answer.principal.id)
    if passed is not None:
        passed.void()
    return answer


def _anybody(plane: "Plane", exchange: Exchange) -> Authenticated:
    if exchange.route.admin:
        _require_near(plane, exchange)
    return plane.ports.anonymous


def _require_near(plane: "Plane", exchange: Exchange) -> None:
    """Say that there is no Admin API to whoever does not come from where it is for."""
    named = plane.fronts.address(exchange.client.address, exchange.head) if plane.fronts is not None else ""
    if not plane.near.holds(named or exchange.client.address):
        _limit_stranger(plane, exchange)
        raise refusal("route-unknown")


def _prove(plane: "Plane", exchange: Exchange, who: Authenticated, token: str) -> None:
    """Have it proven that who shows a token holds what it is bound to; until then it is a stranger's."""
    refused = plane.ports.prove(who, shown(exchange, token), exchange.started)
    if refused is not None:
        _limit_stranger(plane, exchange)
        _refuse(refused)


def _bar(plane: "Plane", exchange: Exchange, token: str) -> None:
    """Verify no signature for an address whose strangers overdid it, but for tokens that no stranger can bring.

    Those were verified before, or name a registered client, whose id is random and no stranger's to know, and
    which is within a limit of its own.
    """
    if plane.ports.address_barred(exchange.source, token, exchange.started):
        _limit_stranger(plane, exchange)


def _share(plane: "Plane", exchange: Exchange, passed: Pass | None) -> Share | None:
    """Return where it is counted what the one who asks has under way, if that is known."""
    if exchange.known is None:
        return None
    share = passed.share if passed is not None else None
    return share or plane.shares.of(exchange.route.service, exchange.known.id)


def _limit(plane: "Plane", exchange: Exchange, share: Share | None) -> None:
    if exchange.route.clients:
        exchange.charged = True
        exchange.slowed = plane.charge(exchange.source, exchange.started)
    elif share is None:
        _limit_stranger(plane, exchange)
    else:
        plane.strangers.served = exchange.started
        wait = plane.ports.limit(exchange.route.service_name, share.key, exchange.started)
        exchange.owed = -wait
        _require_within("principal", max(0, wait))


def _limit_stranger(plane: "Plane", exchange: Exchange) -> None:
    """Charge the address, for nobody is known whom it could be. Who is known never waits for an address."""
    exchange.charged = True
    _require_within("address", plane.charge(exchange.source, exchange.started))


def _limit_client(plane: "Plane", exchange: Exchange) -> None:
    """Refuse a slowed address, unless it names a client that is registered and within a limit of its own.

    A client's id is random and no stranger's to know, so no stranger keeps a client from its next token.
    """
    head = exchange.head
    client = exchange.judged.client or client_of_basic(head.basic) or claimed_client(head.token)
    if plane.ports.client_limit(exchange.source, client, exchange.started):
        _require_within("address", exchange.slowed)


def _require_within(party: str, wait: int) -> None:
    found = rate_limited.judge(Allowance(party, wait)) if wait else ()
    if found:
        raise refusal(found[0].reason, retry_after=wait)


def _require_fitting(exchange: Exchange, passed: Pass | None) -> None:
    """Refuse by what the head says of a body, before one is read."""
    head, route = exchange.head, exchange.route
    if exchange.length > route.body_octets:
        raise refusal("body-too-large")
    if route.operation and exchange.length and head.media != route.reader.media:
        raise refusal(
            "content-type-unknown"
        )  # each time: whether there is a body is no part of what is remembered
    if passed is not None:
        return
    if head.encoded:
        raise refusal("encoding-refused")
    if (
        head.method in _BODIED
        and not route.operation
        and head.media != route.reader.media
        and (route.reader.media or head.length)
    ):
        raise refusal("content-type-unknown")
    if route.told:
        told(head.fields, route.told)  # what is refused is refused now; what goes on is written when it does
    if route.page is not None:
        asked(head.fields)


def _bound(plane: "Plane", exchange: Exchange) -> bytes:
    """Return the lines that name a session, or an event, by the ids that the service gave them.

    Raises:
        Refusal: who asks was not given them.
    """
    lines = b""
    for kind, name in (("session", b"mcp-session-id"), ("event", b"last-event-id")):
        shown = exchange.head.fields.get(name)
        if shown is not None:
            who = exchange.who.principal
            given = plane.binding.unbind(kind, exchange.route.service.name, who, shown)
            if not given:
                raise refusal("session-unknown", param=name.decode())
            lines += b"%b: %b\r\n" % (name, given)
    return lines


def _require_trusted(plane: "Plane", service: str, tool: str) -> None:
    found = tool_trusted.judge(plane.tools[service].facts(tool))
    if found:
        raise refusal(found[0].reason)


def _authorize(plane: "Plane", exchange: Exchange) -> int:
    """Return the generation in which the request is allowed."""
    passed, circumstances = exchange.passed, exchange.circumstances
    if passed is not None and passed.generation == plane.generation and circumstances in passed.allowed:
        return passed.generation
    route = exchange.route
    action = circumstances.action or route.action
    answer = plane.ports.authorize(exchange.who, action, route.service.name, circumstances)
    if is_refused(answer):
        _refuse(answer)
    if exchange.known is not None:
        _remember(plane, exchange, exchange.known, answer.generation)
    return answer.generation


def _remember(plane: "Plane", exchange: Exchange, known: Principal, generation: int) -> None:
    """Keep what was found on the way of this head, for the next request with it."""
    passed = exchange.passed
    if passed is None:
        passed = exchange.passed = Pass(exchange.head, exchange.route, exchange.key)
        plane.passes.keep(exchange.key, passed)
    if passed.who is None or passed.generation != generation:
        passed.recognize(exchange.who, generation, exchange.share, plane.passes.tags(known))
    passed.allow(exchange.circumstances)


def _refuse(answer: Refused) -> NoReturn:
    wait = SECOND if answer.reason == _ARRIVING else 0
    fault = Fault(answer.reason, answer.status, answer.what, answer.control)
    raise Refusal(fault, retry_after=wait, after=answer.after)


def _record(plane: "Plane", exchange: Exchange, generation: int) -> int:
    """Add the admitted record and return its sequence; it is written at the end of the turn."""
    journal, passed, octets = plane.ports.journal, exchange.passed, exchange.judged.octets
    at = max(exchange.asked, journal.last)
    body = admitted(
        at,
        exchange.actor,
        exchange.id,
        action=exchange.circumstances.action or exchange.route.action,
        agent=agent_tag(exchange.who.agent),
        content=passed.tags.of(octets) if passed is not None and passed.tags is not None else "",
        generation=generation,
        group=exchange.client.group,
        octets=len(octets),
        operation=operation_tag(exchange.circumstances.operation),
        passkey=exchange.who.passkey,
        route=exchange.route.name,
        service=exchange.route.service_name,
        tool=tool_tag(exchange.known, exchange.circumstances.tool),
    )
    try:
        return journal.append(at, body)
    except JournalUnwritable:
        plane.turn.fail()
        raise refusal("record-unavailable") from None
