"""Connections to the services: kept open, used for one request at a time, dropped at the first doubt.

Rules of this file: a connection goes back only after an answer that ended exactly where its framing said.
An unsolicited octet, an ill-framed answer or a cut one ends it. A request is sent again only if it is safe
(GET), went out on a connection that had served before, and not one octet of an answer came.
"""

import asyncio
import socket
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, cast

from typing_extensions import override

from bartizan.clock import SECOND, Nanoseconds
from bartizan.gateway.bounds import DIAL_TIME, DIALS, HEAD_OCTETS, INTERIM, UPSTREAM_IDLE_TIME
from bartizan.gateway.framing import Body, Chunked, Counted, FramingDoubt, UntilClose
from bartizan.gateway.ports import Ports, ServiceRoute
from bartizan.gateway.request import CHUNKED, END
from bartizan.gateway.response import UNTIL_CLOSE, AnswerHead, read_answer

if TYPE_CHECKING:
    from bartizan.gateway.stream import Exchange

_FIRST_FINAL: Final = 200


class Pool:
    """The connections to every service."""

    __slots__ = ("_lines",)

    def __init__(self, ports: Ports, loop: asyncio.AbstractEventLoop) -> None:
        """Open nothing yet."""
        self._lines = {service.name: Line(ports, service, loop) for service in ports.services}

    def send(self, exchange: "Exchange") -> None:
        """Forward a request as soon as there is a connection; its failure is told to the exchange."""
        self._lines[exchange.route.service.name].send(exchange)

    def forget(self, exchange: "Exchange") -> None:
        """Take back a request that waits for a connection no longer."""
        self._lines[exchange.route.service.name].forget(exchange)

    def fault_of_wait(self, exchange: "Exchange") -> str:
        """Return why a request has waited in vain for a connection: all are busy, or there is none."""
        return self._lines[exchange.route.service.name].fault_of_wait

    def connections(self) -> Iterator[tuple[str, int]]:
        """Yield each service with the number of connections to it."""
        for name, line in self._lines.items():
            yield name, len(line)

    def sweep(self, now: Nanoseconds) -> None:
        """Close connections that have been idle for too long."""
        for line in self._lines.values():
            line.sweep(now)

    def close(self) -> None:
        """Close every connection."""
        for line in self._lines.values():
            line.close()


class Line:
    """The connections to one service.

    Attributes:
        service: where they lead.
        waiting: requests that wait for a connection.
    """

    __slots__ = ("_all", "_dialling", "_idle", "_loop", "_now", "_ports", "_tasks", "service", "waiting")

    def __init__(self, ports: Ports, service: ServiceRoute, loop: asyncio.AbstractEventLoop) -> None:
        """Open nothing yet."""
        self._ports, self.service, self._loop = ports, service, loop
        self.waiting: deque[Exchange] = deque()
        self._idle: list[Upstream] = []
        self._all: set[Upstream] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._dialling, self._now = 0, ports.clock.now()

    def __len__(self) -> int:
        """Return how many connections there are."""
        return len(self._all)

    def send(self, exchange: "Exchange") -> None:
        """Forward on an idle connection, or wait for one."""
        while self._idle:
            upstream = self._idle.pop()
            if upstream.usable:
                upstream.send(exchange)
                return
        if len(self.waiting) >= self.service.limits.waiting:
            exchange.fail("upstream-busy")
            return
        self.waiting.append(exchange)
        self._dial_for_waiting()

    def forget(self, exchange: "Exchange") -> None:
        """Take back a request that waits no longer."""
        if exchange in self.waiting:
            self.waiting.remove(exchange)

    @property
    def fault_of_wait(self) -> str:
        """Why a request has waited in vain."""
        return "upstream-busy" if self._all else "upstream-unreachable"

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
            task = self._loop.create_task(self._dial())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _dial(self) -> None:
        try:
            async with asyncio.timeout(DIAL_TIME / SECOND):
                await self._adopt(await self._ports.dial(self.service.name))
        except (OSError, TimeoutError):
            if self.waiting:
                self.waiting.popleft().fail("upstream-unreachable")
        finally:
            self._dialling -= 1
        self._dial_for_waiting()

    async def _adopt(self, sock: socket.socket) -> None:
        """Make a connected socket a connection in use; TLS, where there is any, is done by then."""
        opened: asyncio.Future[None] = self._loop.create_future()

        def inner() -> Upstream:
            return Upstream(self, opened)

        def outer() -> asyncio.Protocol:
            return (
                self._ports.wrap_upstream(inner, self.service.name, refused) if self.service.tls else inner()
            )

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
        "idle_since",
    )

    def __init__(self, line: Line, opened: "asyncio.Future[None]") -> None:
        """Belong to a line; `opened` is told when the connection stands."""
        self._line, self._opened = line, opened
        self._exchange: Exchange | None = None
        self._body: Body | None = None
        self._part, self._interim = b"", 0
        self._reusable, self._served, self._paused = True, False, False
        self._transport: asyncio.Transport
        self.idle_since = Nanoseconds(0)

    @property
    def usable(self) -> bool:
        """Whether a request may go out on it."""
        return not self._transport.is_closing()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        if self._opened.done():
            self._transport.abort()  # it came too late: nobody counts it any more
            return
        self._opened.set_result(None)
        self._line.opened(self)

    def send(self, exchange: "Exchange") -> None:
        """Forward a request; its answer and its end are told to the exchange."""
        self._exchange, self._body = exchange, None
        self._part, self._interim = b"", 0
        exchange.upstream = self
        self._transport.write(exchange.forwarded())

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
            exchange.fail("upstream-closed")


def _body(head: AnswerHead) -> Body:
    if head.length == CHUNKED:
        return Chunked(None, trailers=True)
    return UntilClose() if head.length == UNTIL_CLOSE else Counted(head.length)
