"""What all connections of one worker share: the ports, the tables, the open requests, the counts.

Rules of this file: state and bookkeeping; who may do what is in `admit.py`, what goes over the wire in
`protocol.py`, `pool.py` and `stream.py`.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from bartizan.clock import Nanoseconds
from bartizan.control import RAISED
from bartizan.crypto.secret import Secret
from bartizan.gateway.bounds import HANDSHAKES
from bartizan.gateway.canary import Canaries
from bartizan.gateway.cluster import Pool
from bartizan.gateway.connection import Connection, Informed
from bartizan.gateway.controls import rate_limited, tls_strong
from bartizan.gateway.credential import presented
from bartizan.gateway.crowd import Crowd, Seat
from bartizan.gateway.faults import RATE, TOOL, Refusal, refusal
from bartizan.gateway.mcp.binding import Binding
from bartizan.gateway.mcp.held import AnswersHeld
from bartizan.gateway.mcp.tools import ToolBook, ToolFinding
from bartizan.gateway.metering import HANDSHAKES as SHAKEN
from bartizan.gateway.metering import REFUSED, Meter
from bartizan.gateway.origin import Fronts, Networks
from bartizan.gateway.passes import Passes
from bartizan.gateway.ports import Ports, Refused, is_refused
from bartizan.gateway.question import asked_of_policy
from bartizan.gateway.refusals import Key, Refusals
from bartizan.gateway.request import HeadReader
from bartizan.gateway.reserve import release
from bartizan.gateway.response import Dates
from bartizan.gateway.routes import Routes
from bartizan.gateway.share import Shares
from bartizan.gateway.strangers import Strangers
from bartizan.gateway.subject import Account, Allowance
from bartizan.gateway.tracing import Tracer
from bartizan.gateway.turn import Nobody, Turn
from bartizan.ledger.event import Outcome
from bartizan.ledger.journal import JournalUnwritable

if TYPE_CHECKING:
    from bartizan.gateway.protocol import ClientConnection
    from bartizan.gateway.stream import Exchange

_DRAWN: Final = 256


class Ids:
    """Pseudonyms of requests: `q-` and 16 hexadecimal digits, random, drawn 256 at a time."""

    __slots__ = ("_drawn", "_ports")

    def __init__(self, ports: Ports) -> None:
        """Draw from the ports' randomness."""
        self._ports = ports
        self._drawn: list[str] = []

    def take(self) -> str:
        """Return one that was not returned before."""
        drawn = self._drawn
        if not drawn:
            digits = self._ports.random(8 * _DRAWN).hex()
            drawn.extend(f"q-{digits[at : at + 16]}" for at in range(0, len(digits), 16))
        return drawn.pop()


class Plane:
    """The data plane of one worker.

    Attributes:
        ports, loop, patience: what it was assembled with.
        heads, passes, routes, turn, pool, ids, dates, meter: its parts.
        clients: every connection of a client; `crowd` has those too that still shake hands, `shaking` those alone
            whose handshake has begun.
        strangers: those of them that have to wait for their turns.
        binding: of the ids that services give out.
        canaries: marks that are planted in system prompts.
        tools: of each service.
        tracer: of requests; None where none is traced.
        answers: what is held of those that are judged.
        near: networks from which the Admin API may be reached.
        fronts: proxies that name whom a request comes from, where there are any.
        open: every admitted request that has not ended; `shares` counts those too that are not admitted yet.
        generation: number of the state that was last refreshed to; negative where there is none to decide on.
        draining: whether the worker is on its way out.
        swept: instant of the last sweep; the time for all that needs it to a quarter of a second.
        overdrawn: instant until which some address has to wait; before it, signatures are not for everybody.
        admitted, completed: how many records of each were written.
    """

    __slots__ = (
        "_deserted",
        "_refusals",
        "admitted",
        "answers",
        "binding",
        "canaries",
        "clients",
        "completed",
        "crowd",
        "dates",
        "draining",
        "fronts",
        "generation",
        "heads",
        "ids",
        "loop",
        "meter",
        "near",
        "open",
        "overdrawn",
        "passes",
        "patience",
        "pool",
        "ports",
        "routes",
        "shaking",
        "shares",
        "strangers",
        "swept",
        "tools",
        "tracer",
        "turn",
    )

    def __init__(self, ports: Ports, loop: asyncio.AbstractEventLoop) -> None:
        """Lay the routes; open nothing yet."""
        self.ports, self.loop, self.patience = ports, loop, ports.patience
        self.routes = Routes(ports.services, ports.default_service)
        self.heads, self.passes = (
            HeadReader(ports.names, self.routes.told),
            Passes(ports.generation(), self.routes.told or ()),
        )
        disk = ThreadPoolExecutor(1) if ports.durable else None
        self.turn = Turn(ports.journal, loop, ports.stop_accepting, disk)
        self.meter = Meter(ports.board)
        self.tracer = None if ports.tracing is None else Tracer(ports, ports.tracing, self.meter)
        self.pool = Pool(self)
        key = ports.binding or Secret(ports.random(32))
        self.binding, self.canaries = Binding(key), Canaries(key)
        self.answers = AnswersHeld(ports.answers)
        self.fronts = Fronts(ports.trusted, ports.edge) if ports.trusted else None
        self.near = Networks(tuple(each for service in ports.services for each in service.admin))
        self.tools = {service.name: ToolBook(service.tools) for service in ports.services}
        self.ids, self.dates = Ids(ports), Dates()
        self.swept = ports.clock.now()
        self.clients: set[ClientConnection] = set()
        self.crowd, self.shares = Crowd(ports.connections), Shares()
        self.shaking = Crowd(min(HANDSHAKES, ports.connections))
        self.open: set[Exchange] = set()
        self.strangers = Strangers(ports.clock, loop, self._is_busy)
        self.generation, self.draining = ports.generation(), False
        self.admitted = self.completed = 0
        self.overdrawn = Nanoseconds(0)
        self._refusals, self._deserted = Refusals(), asyncio.Event()

    def freshen(self) -> None:
        """Load a newer state where there is one, and cut the open requests that it no longer allows."""
        newest = self.ports.generation()
        if newest == self.generation:
            return
        change = self.ports.refresh()
        self.generation = newest
        self.passes.follow(change, newest)
        for exchange in tuple(self.open):
            who = exchange.who
            touched = (
                change.everything or who.token in change.tokens or not change.tokens.isdisjoint(who.lineage)
            )
            refused = self.disallowed(exchange) if touched else None
            if refused is not None:
                exchange.cut(refused.reason)

    def disallowed(self, exchange: "Exchange") -> Refused | None:
        """Return why a request that was authorized may not go on, or None.

        Its token is judged as of the request's start: one that expires meanwhile ends no stream, one that was
        revoked does.
        """
        who, route = exchange.who, exchange.route
        if not route.public:
            again = self.ports.authenticate(presented(exchange.head, route.key), exchange.started)
            if is_refused(again):
                return again
            who = again
        circumstances = exchange.circumstances
        action = circumstances.action or route.action
        answer = self.ports.authorize(who, action, route.service.name, circumstances)
        return answer if is_refused(answer) else None

    def require_open(self) -> None:
        """Refuse what is not to be served now, whoever asks; load a newer state first.

        Raises:
            Refusal: the worker is on its way out, or the ledger cannot be written.
        """
        self.freshen()
        if self.draining:
            raise refusal("draining")
        if self.turn.broken:
            raise refusal("record-unavailable")

    def accepts(self, terms: Connection, source: str) -> bool:
        """Return whether a connection of these terms may be used; count it where it may not."""
        found = tls_strong.judge(terms) if self.ports.tls else ()
        if found:
            self._refusals.count(Key(source, found[0].reason, tls_strong.CONTROL.id, 0))
            self.meter.add(REFUSED, found[0].reason, tls_strong.CONTROL.id)
        if self.ports.tls:
            self.meter.add(SHAKEN, terms.group)
        return not found

    def charge(self, source: str, now: Nanoseconds) -> int:
        """Count one anonymous request of an address; return how long it has to wait, 0 where it need not."""
        wait = self.ports.address_limit(source, now)
        if not rate_limited.judge(Allowance("address", wait)):
            return 0
        self.overdrawn = Nanoseconds(max(self.overdrawn, now + wait))
        return wait

    def record_refusal(self, exchange: "Exchange", fault: Refusal) -> None:
        """Write the refusal of a known principal; count those of strangers and of overdrawn limits."""
        release(exchange)
        known = exchange.known
        self.meter.refused(exchange, fault, self.ports.clock.now() - exchange.started)
        if known is None or fault.control == RATE:
            self._refusals.count(Key(exchange.actor, fault.reason, fault.control, fault.status))
            if known is None and not exchange.charged:
                self.charge(exchange.source, exchange.started)
            return
        route = exchange.route
        detail: dict[str, int | str] = {
            "reason": fault.reason,
            "status": fault.status,
            "service": route.service.name,
            "route": route.name,
            "group": exchange.client.group,
            "generation": max(0, self.generation),
        }
        detail |= asked_of_policy(exchange, known)
        if self.tracer is not None:
            self.tracer.refused(exchange, fault, self.ports.clock.now())
        outcome = Outcome.DENIED if fault.control and fault.reason != RAISED else Outcome.FAILED
        try:
            self.ports.journal.record(
                "gateway.request.refused", known.pseudonym, exchange.id, outcome, fault.control, detail
            )
        except JournalUnwritable:
            self.turn.fail()
        else:
            self.turn.after(_NOBODY)

    def record_tool(self, exchange: "Exchange", found: ToolFinding) -> None:
        """Write that a tool was listed without a pin, or otherwise than it was pinned."""
        detail: dict[str, int | str] = {"service": exchange.route.service.name, "after": found.after}
        kind = "gateway.tool.unpinned"
        if found.before:
            kind, detail["before"] = "gateway.tool.changed", found.before
        try:
            self.ports.journal.record(kind, exchange.actor, exchange.id, Outcome.FOUND, TOOL, detail)
        except JournalUnwritable:
            self.turn.fail()
        else:
            self.turn.after(_NOBODY)

    def note(self, kind: str, service: str, detail: dict[str, int | str]) -> None:
        """Record what happened to a service; nobody waits for it."""
        try:
            self.ports.journal.record(kind, "platform", service, Outcome.FOUND, "", detail)
        except JournalUnwritable:
            self.turn.fail()
        else:
            self.turn.after(_NOBODY)

    def count_handshake(self, word: str, source: str) -> None:
        """Count a TLS handshake that failed, and charge the network that it came from."""
        self._refusals.count(Key("anonymous", f"tls-{word}", tls_strong.CONTROL.id, 0))
        self.meter.add(REFUSED, f"tls-{word}", tls_strong.CONTROL.id)
        self.charge(source, self.swept)

    def origin(self, transport: Informed) -> tuple[str, str]:
        """Return the address that a connection comes from, and the pseudonym of its network; empty, `anonymous`."""
        peer = transport.get_extra_info("peername")
        if not isinstance(peer, tuple):
            return "", "anonymous"
        return peer[0], self.ports.pseudonym_of_address(peer[0])

    def _is_busy(self) -> bool:
        return bool(self.open)

    def write_counts(self) -> None:
        """Write the refusals that were counted, and the budgets that were reached, since the last call."""
        evicted = self.crowd.evicted + self.shaking.evicted + self.strangers.shed
        self.crowd.evicted = self.shaking.evicted = self.strangers.shed = 0
        self._refusals.count(Key("anonymous", "connections-full", RATE, 0), evicted)
        self.meter.add(REFUSED, "connections-full", RATE, more=evicted)
        self.meter.stand(self)
        if self.tracer is not None:
            self.tracer.flush()
        try:
            written = self._refusals.write(self.ports.journal) + self._write_alerts()
        except JournalUnwritable:
            self.turn.fail()
            return
        if written:
            self.turn.after(_NOBODY)

    def _write_alerts(self) -> int:
        alerts = self.ports.alerts()
        for alert in alerts:
            detail: dict[str, int | str] = {
                "service": alert.service,
                "per": alert.per,
                "period": alert.period,
                "percent": alert.percent,
            }
            self.ports.journal.record(
                "gateway.budget.reached", alert.actor, alert.service, Outcome.FOUND, RATE, detail
            )
        return len(alerts)

    def entered(self, client: "ClientConnection", seat: Seat) -> None:
        """Take note of a new connection, which may have to end at once, or to end another."""
        self.clients.add(client)
        self._deserted.clear()
        self.crowd.enter(seat, client.source, familiar=self.strangers.knows(client.address))

    def left(self, client: "ClientConnection", seat: Seat) -> None:
        """Take note of the end of a connection."""
        self.crowd.leave(seat)
        self.clients.discard(client)
        if not self.clients:
            self._deserted.set()

    async def deserted(self) -> None:
        """Return once no connection is left."""
        if self.clients:
            await self._deserted.wait()

    def account(self) -> Account:
        """Return how the requests add up in the record."""
        return Account(self.admitted, self.completed, len(self.open), self.turn.unwritten)


_NOBODY: Final = Nobody()
