"""One connection to a target: used for one request at a time, dropped at the first doubt.

Rules of this file: a connection goes back only after an answer that ended exactly where its framing said.
An unsolicited octet, an ill-framed answer or a cut one ends it. A request is sent again only if it is safe
(GET), went out on a connection that had served before, and not one octet of an answer came.
"""

import asyncio
from typing import TYPE_CHECKING, Final, cast

from typing_extensions import override

from bartizan.clock import Nanoseconds
from bartizan.gateway.answer_head import UNTIL_CLOSE, AnswerHead, read_answer
from bartizan.gateway.bounds import HEAD_OCTETS, INTERIM
from bartizan.gateway.framing import Body, Chunked, Counted, FramingDoubt, UntilClose
from bartizan.gateway.request import CHUNKED, END

if TYPE_CHECKING:
    from bartizan.gateway.pool import Line
    from bartizan.gateway.stream import Exchange

_OK: Final = 200
_FIRST_FINAL: Final = 200
FAILURES: Final = frozenset(range(500, 600)) - {501, 505}
"""Statuses that say that a target is not well; the two others say that it does not know the method or version."""


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

    def __init__(self, line: "Line", opened: "asyncio.Future[None]") -> None:
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
