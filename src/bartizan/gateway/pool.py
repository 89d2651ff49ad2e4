"""Connections to the targets of services: kept open, used for one request at a time, dropped at the first doubt.

Rules of this file: a request waits for a connection or goes to another target, never both; what connects is the dialer.
When a connection goes back is in `upstream.py`.
"""

import asyncio
import socket
from collections import deque
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Final, cast

from bartizan.clock import SECOND, Nanoseconds
from bartizan.gateway.bounds import DIAL_TIME, DIALS, UPSTREAM_IDLE_TIME
from bartizan.gateway.circuit import Circuit
from bartizan.gateway.forwarding import RequestLines
from bartizan.gateway.service import Target
from bartizan.gateway.upstream import Upstream

if TYPE_CHECKING:
    from bartizan.gateway.cluster import Cluster
    from bartizan.gateway.plane import Plane
    from bartizan.gateway.stream import Exchange

UNREACHABLE: Final = "upstream-unreachable"


class Line:
    """The connections to one target of a service.

    Attributes:
        cluster, place: of what it is one, and which.
        target: where they lead; `sole` where the service has no other.
        lines: what requests to it begin with.
        waiting: requests that wait for a connection.
        circuit: whether it is fit to be asked; `trial` is the request that an open one has let through.
        reached: whether it could be connected to when that was last tried.
        probed: whether it could be since its circuit opened.
    """

    __slots__ = (
        "_all",
        "_dialling",
        "_idle",
        "_loop",
        "_now",
        "_plane",
        "_ports",
        "_probing",
        "_tasks",
        "circuit",
        "cluster",
        "lines",
        "place",
        "probed",
        "reached",
        "service",
        "sole",
        "target",
        "trial",
        "waiting",
    )

    def __init__(self, plane: "Plane", cluster: "Cluster", place: int, target: Target) -> None:
        """Open nothing yet."""
        self._plane, self._ports, self._loop = plane, plane.ports, plane.loop
        self.cluster, self.place, self.service, self.target = cluster, place, cluster.service, target
        self.lines = RequestLines(plane.ports, plane.routes, self.service, target, plane.tracer)
        self.sole, self.circuit = not self.service.others, Circuit()
        self.reached, self.probed, self.trial = True, False, cast("Exchange | None", None)
        self.waiting: deque[Exchange] = deque()
        self._idle: list[Upstream] = []
        self._all: set[Upstream] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._dialling, self._probing, self._now = 0, False, plane.ports.clock.now()

    def fit(self, now: Nanoseconds) -> bool:
        """Return whether a request may go there now."""
        return self.circuit.closed or (self.probed and self.circuit.admits(now))

    def __len__(self) -> int:
        """Return how many connections there are."""
        return len(self._all)

    @property
    def idle(self) -> int:
        """How many connections wait for a request."""
        return len(self._idle)

    @property
    def idle_since(self) -> Nanoseconds:
        """Since when the first of them has been idle: the last used goes out first, so the first waits longest."""
        return self._idle[0].idle_since

    def close_idle(self) -> None:
        """Close the one that has been idle for longest."""
        self._idle.pop(0).drop()

    def send(self, exchange: "Exchange") -> None:
        """Forward on an idle connection, or wait for one."""
        exchange.line = self
        while self._idle:
            upstream = self._idle.pop()
            if upstream.usable:
                upstream.send(exchange)
                return
        limits = self.service.limits
        # those for whom a connection can still be made wait for that, and for nobody else
        if len(self.waiting) >= limits.waiting + limits.connections - len(self._all):
            self.cluster.move(exchange, "upstream-busy")
            return
        self.waiting.append(exchange)
        self._dial_for_waiting()

    def late(self, exchange: "Exchange") -> None:
        """Let a request that has waited in vain go to another target: all connections here are busy, or there is none."""
        self.forget(exchange)
        self.cluster.move(exchange, "upstream-busy" if self._all else UNREACHABLE)

    def disperse(self) -> None:
        """Let those who wait go to another target, as far as one is fit; the others wait on."""
        waiting, self.waiting = self.waiting, deque()
        self.waiting.extend([exchange for exchange in waiting if not self.cluster.moves(exchange)])

    def forget(self, exchange: "Exchange") -> None:
        """Take back a request that waits no longer."""
        if exchange in self.waiting:
            self.waiting.remove(exchange)

    def opened(self, upstream: "Upstream") -> None:
        """Take a connection into use."""
        self._all.add(upstream)
        self._plane.pool.make_room()
        self.free(upstream)

    def free(self, upstream: "Upstream") -> None:
        """Give a connection to who waits longest, or keep it."""
        if self.waiting:
            upstream.send(self.waiting.popleft())
        else:
            upstream.idle_since = self._now
            self._idle.append(upstream)

    def lost(self, upstream: "Upstream") -> None:
        """Forget a connection that ended."""
        self._all.discard(upstream)
        if upstream in self._idle:
            self._idle.remove(upstream)
        self._dial_for_waiting()

    def sweep(self, now: Nanoseconds) -> None:
        """Close connections that have been idle for too long."""
        self._now = now
        for upstream in [one for one in self._idle if now - one.idle_since > UPSTREAM_IDLE_TIME]:
            self._idle.remove(upstream)
            upstream.drop()
        if not (self.circuit.closed or self.probed or self._probing) and self.circuit.admits(now):
            self._probing = True
            self._spawn(self._probe())

    def close(self) -> None:
        """Close every connection and end every attempt at one."""
        for task in self._tasks:
            task.cancel()
        for upstream in tuple(self._all):
            upstream.drop()

    def _dial_for_waiting(self) -> None:
        room = min(self.service.limits.connections - len(self._all), DIALS) - self._dialling
        for _ in range(min(room, len(self.waiting) - self._dialling)):
            self._dialling += 1
            self._spawn(self._dial())

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _dial(self) -> None:
        try:
            await self._connect()
        except Exception as fault:  # noqa: BLE001 - whatever it is, nobody waits for this connection for ever
            self._wonder_at(fault)
            exchange = self.waiting.popleft() if self.waiting else None
            self.cluster.failed(self, UNREACHABLE, trial=exchange is not None and exchange is self.trial)
            if exchange is not None:
                self.cluster.move(exchange, UNREACHABLE)
        finally:
            self._dialling -= 1
        self._dial_for_waiting()

    async def _probe(self) -> None:
        """Look whether a connection can be made: no request is risked where none can."""
        try:
            await self._connect()
            self.probed = self.reached = True
        except Exception as fault:  # noqa: BLE001 - it is looked again, whatever it was
            self._wonder_at(fault)
            self.cluster.failed(self, UNREACHABLE, trial=True)
        finally:
            self._probing = False

    def _wonder_at(self, fault: Exception) -> None:
        """Have a fault told that is none of the network's: it is one of this program."""
        if not isinstance(fault, OSError):
            self._loop.call_exception_handler({"message": "a connection was not made", "exception": fault})

    async def _connect(self) -> None:
        async with asyncio.timeout(DIAL_TIME / SECOND):
            await self._adopt(await self._ports.dial(self.service.name, self.target.name))

    async def _adopt(self, sock: socket.socket) -> None:
        """Make a connected socket a connection in use; TLS, where there is any, is done by then."""
        opened: asyncio.Future[None] = self._loop.create_future()

        def inner() -> Upstream:
            return Upstream(self, opened)

        def outer() -> asyncio.Protocol:
            names = self.service.name, self.target.name
            return self._ports.wrap_upstream(inner, *names, refused) if self.target.tls else inner()

        def refused(_word: str) -> None:
            if not opened.done():
                opened.set_exception(ConnectionError())

        raw: asyncio.BaseTransport
        if sock.family == socket.AF_UNIX:
            raw, _ = await self._loop.create_unix_connection(outer, sock=sock)
        else:
            raw, _ = await self._loop.create_connection(outer, sock=sock)
        try:
            await opened
        except BaseException:
            raw.close()
            raise
