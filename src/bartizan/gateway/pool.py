"""Connections to the targets of services: kept open, used for one request at a time, dropped at the first doubt.

Rules of this file: a connection goes back only after an answer that ended exactly where its framing said.
An unsolicited octet, an ill-framed answer or a cut one ends it. A request is sent again only if it is safe
(GET), went out on a connection that had served before, and not one octet of an answer came.
"""

import asyncio
import socket
from collections import deque
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Final, cast

from typing_extensions import override

from bartizan.clock import SECOND, Nanoseconds
from bartizan.gateway.answer_head import UNTIL_CLOSE, AnswerHead, read_answer
from bartizan.gateway.bounds import DIAL_TIME, DIALS, HEAD_OCTETS, INTERIM, UPSTREAM_IDLE_TIME
from bartizan.gateway.circuit import Circuit
from bartizan.gateway.forwarding import RequestLines
from bartizan.gateway.framing import Body, Chunked, Counted, FramingDoubt, UntilClose
from bartizan.gateway.ports import Target
from bartizan.gateway.request import CHUNKED, END

if TYPE_CHECKING:
    from bartizan.gateway.cluster import Cluster
    from bartizan.gateway.plane import Plane
    from bartizan.gateway.stream import Exchange

_OK: Final = 200
_FIRST_FINAL: Final = 200
UNREACHABLE: Final = "upstream-unreachable"
FAILURES: Final = frozenset(range(500, 600)) - {501, 505}
"""Statuses that say that a target is not well; the two others say that it does not know the method or version."""


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
        self._ports, self._loop = plane.ports, plane.loop
        self.cluster, self.place, self.service, self.target = cluster, place, cluster.service, target
        self.lines = RequestLines(plane.ports, plane.routes, self.service, target)
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

    def send(self, exchange: "Exchange") -> None:
        """Forward on an idle connection, or wait for one."""
        exchange.line = self
        while self._idle:
            upstream = self._idle.pop()
            if upstream.usable:
                upstream.send(exchange)
                return
        if len(self.waiting) >= self.service.limits.waiting:
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
        except (OSError, TimeoutError):
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
        except (OSError, TimeoutError):
            self.cluster.failed(self, UNREACHABLE, trial=True)
        finally:
            self._probing = False

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


class Upstream(asyncio.Protocol):
    """One connection to a service.

    Attributes:
        idle_since: when it was last used, to the sweep's precision.
        group: key-agreement group of its TLS, `none` without.
    """

    __slots__ = (
        "_body",
        "_exchange",
        "_interim",
        "_line",
        "_opened",
        "_part",
        "_paused",
        "_reusable",
        "_served",
        "_transport",
        "_well",
        "group",
        "idle_since",
    )

    def __init__(self, line: Line, opened: "asyncio.Future[None]") -> None:
        """Belong to a line; `opened` is told when the connection stands."""
        self._line, self._opened = line, opened
        self._exchange: Exchange | None = None
        self._body: Body | None = None
        self._part, self._interim = b"", 0
        self._reusable, self._served, self._paused, self._well = True, False, False, True
        self.group = "none"
        self._transport: asyncio.Transport
        self.idle_since = Nanoseconds(0)

    @property
    def usable(self) -> bool:
        """Whether a request may go out on it."""
        return not self._transport.is_closing()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self.group = transport.get_extra_info("group", "none")
        if self._opened.done():
            self._transport.abort()  # it came too late: nobody counts it any more
            return
        self._opened.set_result(None)
        self._line.opened(self)

    def send(self, exchange: "Exchange") -> None:
        """Forward a request; its answer and its end are told to the exchange."""
        self._exchange, self._body = exchange, None
        self._part, self._interim, self._well = b"", 0, True
        exchange.upstream = self
        exchange.group = self.group
        self._transport.write(exchange.forwarded(self._line))

    @override
    def data_received(self, data: bytes) -> None:
        exchange = self._exchange
        if exchange is None:
            self.drop()
            return
        try:
            if self._body is None:
                self._answer(exchange, data)
            else:
                self._more(exchange, self._body, data)
        except FramingDoubt:
            self._give_up(exchange, "upstream-malformed")

    def _answer(self, exchange: "Exchange", data: bytes) -> None:
        data = self._part + data if self._part else data
        end = data.find(END)
        if end < 0 or end > HEAD_OCTETS:
            if len(data) > HEAD_OCTETS:
                raise FramingDoubt("upstream-malformed")
            self._part = data
            return
        head, rest = read_answer(data[:end]), data[end + 4 :]
        self._part = b""
        if head.status < _FIRST_FINAL:
            self._interim += 1
            if head.status == 101 or self._interim > INTERIM:  # noqa: PLR2004 - Switching Protocols
                raise FramingDoubt("upstream-malformed")
            if rest:
                self._answer(exchange, rest)
        else:
            self._answered(exchange, head, rest)

    def _answered(self, exchange: "Exchange", head: AnswerHead, rest: bytes) -> None:
        self._reusable = head.reusable
        if (head.status != _OK or self._line.circuit.failures) and self._judged(exchange, head, rest):
            return
        if head.length == len(rest) > 0:  # nearly every answer that is no stream
            self._release()
            exchange.answer(head, [rest], done=True)
            return
        body = self._body = _body(head)
        pieces = body.feed(rest) if rest else []
        if body.rest:
            raise FramingDoubt("upstream-malformed")
        if body.done:
            self._release()
        exchange.answer(head, pieces, done=body.done)

    def _judged(self, exchange: "Exchange", head: AnswerHead, rest: bytes) -> bool:
        """Take note of what an answer says of the target; return whether the request goes to another for it."""
        cluster = self._line.cluster
        cluster.answered(self._line, exchange, head.status)
        self._well = head.status not in FAILURES
        other = cluster.other(exchange, head.status)
        if other is None:
            return False
        if head.length == len(rest):
            self._release()
        else:  # nobody reads what else it says
            self.drop()
        cluster.go_on(exchange, other)
        return True

    def _more(self, exchange: "Exchange", body: Body, data: bytes) -> None:
        pieces = body.feed(data)
        if body.rest:
            self._reusable = False
        if body.done:
            self._release()
        exchange.more(pieces, done=body.done)

    def _release(self) -> None:
        exchange, self._exchange, self._served = self._exchange, None, True
        if exchange is not None:
            exchange.upstream = None
        if self._line.circuit.failures and self._well:
            self._line.cluster.well(self._line)
        if self._transport.get_write_buffer_size():
            # it answered before it had the whole request: what it does with the rest is not certain, if it takes it
            self._transport.abort()
        elif self._reusable and not self._transport.is_closing():
            self.resume()
            self._line.free(self)
        else:
            self._transport.close()

    def _give_up(self, exchange: "Exchange", reason: str) -> None:
        self.drop()
        self._fail(exchange, reason)

    def late(self, exchange: "Exchange") -> None:
        """End a request whose answer, or the next part of it, has not come in time."""
        self._give_up(exchange, "upstream-timeout")

    def _fail(self, exchange: "Exchange", reason: str) -> None:
        line = self._line
        line.cluster.failed(line, reason, trial=exchange is line.trial)
        exchange.fail(reason)

    def drop(self) -> None:
        """End the connection at once, and tell nobody."""
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            exchange.upstream = None
        self._transport.abort()

    def pause(self) -> None:
        """Take no more of the answer for now."""
        if not self._paused and self.usable:
            self._paused = True
            self._transport.pause_reading()

    def resume(self) -> None:
        """Take the answer again."""
        if self._paused and self.usable:
            self._paused = False
            self._transport.resume_reading()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._line.lost(self)
        exchange, self._exchange = self._exchange, None
        if exchange is None:
            return
        exchange.upstream = None
        if isinstance(self._body, UntilClose) and exc is None:
            exchange.more([], done=True)
        elif (
            self._body is None
            and not self._part
            and not self._interim
            and self._served
            and exchange.may_repeat()
        ):
            self._line.send(exchange)
        else:
            self._fail(exchange, "upstream-closed")


def _body(head: AnswerHead) -> Body:
    if head.length == CHUNKED:
        return Chunked(None, trailers=True)
    return UntilClose() if head.length == UNTIL_CLOSE else Counted(head.length)
