"""The targets of each service: whose turn it is, which are fit, and when a request goes on to another.

Rules of this file: a request is tried at each target at most once, and at another one only where it is certain
that the last one did nothing with it: there was no connection, or it answered 429 or 503 and nothing of that went
to the client. What a target answers keeps requests away from it only while another is fit: else a client that makes
a service fail could take it from all others. Refused at once is only what could not be reached a moment ago.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from bartizan.clock import SECOND, Nanoseconds
from bartizan.gateway.balance import Balance
from bartizan.gateway.bounds import DIAL_TIME
from bartizan.gateway.pool import UNREACHABLE, Line
from bartizan.gateway.service import ServiceRoute
from bartizan.gateway.upstream import FAILURES

if TYPE_CHECKING:
    from bartizan.crypto.secret import Secret
    from bartizan.gateway.plane import Plane
    from bartizan.gateway.stream import Exchange

_DECLINED: Final = frozenset({429, 503})
"""Statuses that say that a target did nothing with a request."""


class Pool:
    """The connections to every service."""

    __slots__ = ("_all", "_most")

    def __init__(self, plane: "Plane") -> None:
        """Open nothing yet."""
        self._most = plane.ports.upstreams
        self._all = [Cluster(plane, service) for service in plane.ports.services]

    def send(self, exchange: "Exchange") -> None:
        """Forward a request as soon as there is a connection; its failure is told to the exchange."""
        self._all[exchange.route.place].send(exchange)

    def forget(self, exchange: "Exchange") -> None:
        """Take back a request that waits for a connection no longer."""
        if exchange.line is not None:
            exchange.line.forget(exchange)

    def renew(self, service: str, target: str, credential: "Secret") -> None:
        """Present another credential to a target, from the next request on."""
        for line in self.lines():
            if (line.service.name, line.target.name) == (service, target):
                line.lines.renew(credential)

    def lines(self) -> Iterator[Line]:
        """Yield the connections to each target of each service."""
        for cluster in self._all:
            yield from cluster.lines

    def make_room(self) -> None:
        """Close the one that has been idle for longest, where there are more together than descriptors are kept for."""
        if sum(map(len, self.lines())) <= self._most:
            return
        idle = [line for line in self.lines() if line.idle]
        if idle:  # else all are busy, and there are no more of those than clients
            min(idle, key=lambda line: line.idle_since).close_idle()

    def sweep(self, now: Nanoseconds) -> None:
        """Close connections that have been idle for too long; look whether targets are back that could not be reached."""
        for cluster in self._all:
            for line in cluster.lines:
                line.sweep(now)

    def close(self) -> None:
        """Close every connection."""
        for cluster in self._all:
            for line in cluster.lines:
                line.close()


class Cluster:
    """The targets of one service.

    Attributes:
        service: that they serve.
        lines: the connections to each of them.
    """

    __slots__ = ("_balance", "_open", "_plane", "_sole", "lines", "service")

    def __init__(self, plane: "Plane", service: ServiceRoute) -> None:
        """Open nothing yet."""
        self._plane, self.service = plane, service
        targets = service.targets
        self.lines = tuple(Line(plane, self, place, target) for place, target in enumerate(targets))
        self._balance = Balance([target.weight for target in targets])
        self._sole = self.lines[0] if len(self.lines) == 1 else None
        self._open = 0

    def send(self, exchange: "Exchange") -> None:
        """Forward to the target whose turn it is; its failure is told to the exchange."""
        if self._sole is not None and not self._open:
            self._sole.send(exchange)
            return
        now = self._plane.ports.clock.now()
        line = self._next(exchange, now)
        if line is None:
            again = min(line.circuit.until for line in self.lines)
            exchange.fail("upstream-unavailable", retry_after=max(SECOND, again - now))
        else:
            self._try(exchange, line, now)

    def untried(self, exchange: "Exchange") -> bool:
        """Return whether there is a target that a request was not sent to yet."""
        return self._sole is None and exchange.tried != (1 << len(self.lines)) - 1

    def move(self, exchange: "Exchange", reason: str) -> None:
        """Try a request at another target, which the last one did nothing with; without one, it fails for this reason."""
        if not self.moves(exchange):
            exchange.fail(reason)

    def moves(self, exchange: "Exchange") -> bool:
        """Try a request at another target, and return whether there is one."""
        other = None if self._sole is not None else self._next(exchange, self._plane.ports.clock.now())
        if other is not None:
            self.go_on(exchange, other)
        return other is not None

    def other(self, exchange: "Exchange", status: int) -> Line | None:
        """Return the target that a request goes on to after an answer of this status, or nothing: the answer stands."""
        if not exchange.kept or status not in _DECLINED:
            return None
        return self._next(exchange, self._plane.ports.clock.now())

    def go_on(self, exchange: "Exchange", line: Line) -> None:
        """Try a request at another target."""
        now = self._plane.ports.clock.now()
        exchange.group, exchange.moved, exchange.deadline = "", False, Nanoseconds(now + DIAL_TIME)
        self._try(exchange, line, now)

    def _next(self, exchange: "Exchange", now: Nanoseconds) -> Line | None:
        left = [line.place for line in self.lines if not exchange.tried >> line.place & 1]
        fit = [place for place in left if self.lines[place].fit(now)]
        if not fit and not exchange.tried:
            fit = [place for place in left if self.lines[place].reached]
        place = self._balance.choose(fit)
        return None if place is None else self.lines[place]

    def _try(self, exchange: "Exchange", line: Line, now: Nanoseconds) -> None:
        exchange.tried |= 1 << line.place
        if not line.circuit.closed and line.fit(now):
            line.circuit.begin(now)
            line.trial = exchange
        line.send(exchange)

    # ---- what is learnt of a target ------------------------------------------------------------------------
    def answered(self, line: Line, exchange: "Exchange", status: int) -> None:
        """Take note of the head of an answer: whether the target is well; how it goes on is told later."""
        if status in FAILURES:
            self.failed(line, "upstream-failed", trial=exchange is line.trial)
        elif not line.circuit.closed:
            self.well(line)

    def well(self, line: Line) -> None:
        """Take note of an answer that was one: failures before it count no more."""
        line.trial, line.reached, line.probed = None, True, False
        if line.circuit.succeed():
            self._open -= 1
            self._tell(line, "closed", {})

    def failed(self, line: Line, reason: str, *, trial: bool) -> None:
        """Take note of a failure.

        Args:
            line: to the target that failed.
            reason: a word of `FAULTS`.
            trial: whether that was what an open circuit let through. No other failure counts while it is open: many
                requests may fail at once.
        """
        circuit = line.circuit
        if self.service.own or not (circuit.closed or trial):
            return
        line.trial, line.probed, line.reached = None, False, reason != UNREACHABLE
        if circuit.fail(self._plane.ports.clock.now()):
            self._open += 1
            self._tell(line, "opened", {"failures": circuit.failures, "reason": reason})
            if self._sole is None:
                line.disperse()

    def _tell(self, line: Line, what: str, detail: dict[str, int | str]) -> None:
        told = {"service": self.service.name, "target": line.target.name, **detail}
        self._plane.note(f"gateway.upstream.{what}", self.service.name, told)
        self._plane.ports.target_is(self.service.name, line.target.name, line.circuit.closed)
