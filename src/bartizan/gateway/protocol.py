"""A client's connection: one request at a time, each under a clock, and nothing unbounded.

Rules of this file: octets in, octets out; who may do what is decided in `admit.py`. What a client sends ahead
of an answer waits, and only so much of it. After a refusal that leaves a body unread the connection is not
used again; it is read on for a moment, so that the client gets to see why. What a client does not read stops
the reading of what it sends.
"""

import asyncio
from typing import TYPE_CHECKING, cast

from typing_extensions import override

from bartizan.clock import Nanoseconds
from bartizan.gateway.admit import admit
from bartizan.gateway.bounds import (
    CHUNKS,
    CROWD,
    HEAD_OCTETS,
    LINGER_OCTETS,
    LINGER_TIME,
    OCTET_NS,
    REST_TIME,
)
from bartizan.gateway.callback import ending, ending_of_more, ending_of_one
from bartizan.gateway.connection import connection_of
from bartizan.gateway.diagnosis import partial_fault
from bartizan.gateway.faults import Refusal, refusal
from bartizan.gateway.framing import Body, Chunked, Counted, FramingDoubt
from bartizan.gateway.holds import Coming, Reserved
from bartizan.gateway.possession import told
from bartizan.gateway.probe import PROBES, probed
from bartizan.gateway.request import CHUNKED, END
from bartizan.gateway.reserve import Answer, Steps
from bartizan.gateway.response import CONTINUE, refusal_answer
from bartizan.gateway.stream import Exchange
from bartizan.gateway.wire import BODY, BUSY, CLOSED, HEAD, LINGERING, NEVER, RESTING, Wire

if TYPE_CHECKING:
    from bartizan.gateway.plane import Plane


class ClientConnection(Wire):
    """One connection of a client."""

    __slots__ = ("_begun", "_body", "_due", "_exchange", "_pieces", "_seen", "_steps")

    def __init__(self, plane: "Plane") -> None:
        """Belong to a plane."""
        super().__init__(plane)
        self._seen, self._begun, self._due = 0, False, False
        self._body: Body | None = None
        self._pieces: list[bytes] = []
        self._exchange: Exchange | None = None
        self._steps: Steps | None = None

    @override
    @ending_of_one
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self.address, self.source = self._plane.origin(transport)
        terms = connection_of(transport)
        self.group, self.certificate = terms.group, terms.certificate
        self._deadline = Nanoseconds(self._plane.swept + self._plane.patience.head_time)
        self._plane.entered(self, self._raw)
        if not self._plane.accepts(terms, self.source):
            self.abort()

    @override
    @ending_of_one
    def data_received(self, data: bytes) -> None:
        if not (self._trusted or self._due):
            self._defer(data)
        elif self._phase is HEAD and not self._due:
            self._read_head(data)
        else:
            self._receive(data)

    def _defer(self, data: bytes) -> None:
        """Have what a stranger sent wait for its turn; nothing more is read meanwhile."""
        if self._phase is LINGERING:
            self._receive(data)
            self._doze(len(data))
        elif self._phase is not CLOSED:
            self._waiting = data
            self._plane.strangers.wait(self)
            self._steer()

    def _doze(self, octets: int) -> None:
        """Read on in a later turn, for reading what is thrown away costs time too."""
        if self._phase is LINGERING:
            self._dozes = True
            self._steer()
            self._plane.strangers.charge(octets * OCTET_NS)
            self._plane.strangers.wait(self)

    @ending
    def turn(self) -> None:
        """Take what a stranger has sent, or what lies ahead of it, or read on."""
        data, self._waiting, self._dozes = self._waiting, b"", False
        if self._phase is CLOSED:
            return
        self._steer()
        if data:
            self._receive(data)
        elif self._due:
            self._read_ahead()

    def _receive(self, data: bytes) -> None:
        if self._phase is HEAD and not self._due:
            self._read_head(data)
        elif self._phase is BODY:
            self._read_body(data)
        elif self._phase is LINGERING:
            self._lingered += len(data)
            if self._lingered > LINGER_OCTETS:
                self.abort()
        elif self._phase is not CLOSED:
            self._keep_ahead(data)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._phase = CLOSED
        self._plane.strangers.leave(self)
        self._plane.left(self, self._raw)
        self._steps = None
        exchange = self._let_go()
        if exchange is not None:
            exchange.abandon()
        if not self._begun:
            self._plane.charge(self.source, self._plane.swept)

    # ---- in: the head ----------------------------------------------------------------------------------
    def _read_head(self, data: bytes) -> None:
        if self._ahead:
            data, self._ahead = bytes(self._ahead) + data, b""
        end = data.find(END, max(self._seen - 3, 0))
        if end < 0:
            self._read_part(data)
            return
        self._seen = 0
        if end > HEAD_OCTETS:
            self._refuse_part("head-too-long")
        else:
            self._begin(data[:end], data[end + 4 :])

    def _read_part(self, data: bytes) -> None:
        fault = partial_fault(data, self._seen)
        if fault:
            self._refuse_part(fault)
            return
        if data and not self._seen:
            self._deadline = Nanoseconds(self._plane.swept + self._plane.patience.head_time)
        self._ahead, self._seen = data, len(data)

    def _begin(self, head: bytes, rest: bytes) -> None:
        plane = self._plane
        exchange = Exchange(plane, self, plane.ports.clock.now())
        self._exchange, self._begun = exchange, True
        try:
            plane.require_open()
            exchange.read(head)
            if exchange.passed is None and exchange.head.path in PROBES:
                self._answer_probe(exchange, rest)
                return
            self._steps = admit(plane, exchange)
            octets = cast("int", next(self._steps))
        except Refusal as fault:
            self._refuse(exchange, fault, rest)
            return
        length = exchange.length
        if length == len(rest):
            self._admit(exchange, rest, b"")
        elif 0 <= length < len(rest):
            self._admit(exchange, rest[:length], rest[length:])
        else:
            self._begin_body(exchange, octets, rest)

    def _answer_probe(self, exchange: Exchange, rest: bytes) -> None:
        keep = self.keeps(asked=exchange.keep_alive)
        self.write(probed(self._plane, exchange.head, keep=keep))
        self._ahead = rest
        self._go_on(keep=keep)

    # ---- in: the body ----------------------------------------------------------------------------------
    def _begin_body(self, exchange: Exchange, octets: int, rest: bytes) -> None:
        head, length = exchange.head, exchange.length
        self._phase = BODY
        self._deadline = Nanoseconds(self._plane.swept + self._plane.patience.body_time)
        self._body = Chunked(octets, CHUNKS) if length == CHUNKED else Counted(length)
        self._pieces = []
        if head.expects and not rest:
            self.write(CONTINUE)
        if rest:
            self._read_body(rest)

    def _read_body(self, data: bytes) -> None:
        body, exchange = self._body, self._exchange
        if body is None or exchange is None:
            return
        try:
            self._pieces += body.feed(data)
        except FramingDoubt as doubt:
            self._refuse(exchange, refusal(doubt.reason), None)
            return
        if body.done:
            octets, self._pieces, self._body = b"".join(self._pieces), [], None
            self._plane.freshen()
            exchange.asked = self._plane.ports.clock.now()
            self._admit(exchange, octets, body.rest)

    def _admit(self, exchange: Exchange, octets: bytes, rest: bytes) -> None:
        steps, self._steps = self._steps, None
        self._phase, self._deadline, self._ahead = BUSY, NEVER, rest
        if rest:
            self._steer()
        if steps is not None:
            self._step(exchange, steps, octets)

    def _step(self, exchange: Exchange, steps: Steps, sent: bytes | Answer) -> None:
        """Go on with the checks of a request, and again with the answer to what they then wait for."""
        try:
            waits = cast("Coming", steps.send(sent))
        except StopIteration:
            return
        except Refusal as fault:
            self._plane.record_refusal(exchange, fault)
            self.refuse(exchange, fault)
        else:
            waits.add_done_callback(lambda done: self._answered(exchange, steps, done.result()))

    @ending_of_more
    def _answered(self, exchange: Exchange, steps: Steps, answer: Answer) -> None:
        if self._exchange is exchange:
            self._step(exchange, steps, answer)
        elif isinstance(answer, Reserved):  # the client is gone
            self._plane.ports.settle(answer, 0, 0)

    # ---- in: what comes too early ----------------------------------------------------------------------
    def _keep_ahead(self, data: bytes) -> None:
        self._ahead = bytes(self._ahead) + data
        self._steer()

    def _go_on(self, *, keep: bool, rest: int = 0) -> None:
        """Take the next request, after a rest where there is to be one, or close."""
        self._let_go()
        if not keep or self._plane.draining:
            self._close()
        elif rest:
            self._phase, self._deadline = RESTING, Nanoseconds(self._plane.swept + min(rest, REST_TIME))
            self._steer()
        else:
            self._await_head()

    def _await_head(self) -> None:
        waits = self._plane.patience.stall_time if self.stalled else self._plane.patience.idle_time
        self._phase, self._deadline = HEAD, Nanoseconds(self._plane.swept + waits)
        if self._ahead or self._paused or self.stalled:
            self._steer()
            self._plan()

    def _plan(self) -> None:
        """Have what lies ahead read in a later turn: a thousand requests must neither nest nor hold up others."""
        if self._ahead and not self._due and not self.stalled and not self._waiting:
            self._due = True
            if self._trusted:
                self._plane.loop.call_soon(self._read_ahead)
            else:
                self._plane.strangers.wait(self)

    @ending
    def _read_ahead(self) -> None:
        self._due = False
        if self._phase is HEAD and not self.stalled:
            self._read_head(b"")
            self._steer()

    def _let_go(self) -> Exchange | None:
        """Be done with a request, whichever way it ended; return it."""
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            self._plane.shares.give_back(exchange)
        return exchange

    # ---- out -------------------------------------------------------------------------------------------
    def finish(self, last: bytes, *, keep: bool, rest: int = 0) -> None:
        """End an answer with its last octets and go on, after so many nanoseconds."""
        if self._phase is not CLOSED:
            self.write(last)
            self._go_on(keep=keep, rest=rest)

    def refuse(self, exchange: Exchange, fault: Refusal) -> None:
        """Answer a request whose body was read with a refusal and go on."""
        keep = self.keeps(asked=exchange.keep_alive)
        self.finish(self.refusal(exchange, fault, keep=keep), keep=keep, rest=exchange.rest(fault))

    def refusal(self, exchange: Exchange, fault: Refusal, *, keep: bool) -> bytes:
        """Return the whole answer for a refusal."""
        head = exchange.arrived
        return refusal_answer(
            fault,
            self._plane.dates.line(self._plane.swept),
            exchange.id,
            errors=self._plane.routes.errors(head.path if head is not None else b""),
            keep=keep,
            limits=told(exchange, fault),
            bodiless=exchange.bodiless,
        )

    def _refuse(self, exchange: Exchange, fault: Refusal, rest: bytes | None) -> None:
        """Refuse a request whose body was not read; go on only if the body lies whole in `rest`."""
        self._steps = self._body = None
        self._plane.record_refusal(exchange, fault)
        keep = False
        if exchange.arrived is not None and rest is not None and 0 <= exchange.length <= len(rest):
            keep, self._ahead = self.keeps(asked=exchange.keep_alive), rest[exchange.length :]
        self.write(self.refusal(exchange, fault, keep=keep))
        if keep:
            self._go_on(keep=True, rest=exchange.rest(fault))
        else:
            self._linger()

    def _refuse_part(self, reason: str) -> None:
        exchange = Exchange(self._plane, self, self._plane.ports.clock.now())
        self._begun = True
        self._refuse(exchange, refusal(reason), None)

    # ---- the end ---------------------------------------------------------------------------------------
    def _linger(self) -> None:
        """Say no more, but read on for a moment: closing over unread octets would take the answer away.

        Not for a stranger in a crowd of them: to be read on is what a flood of bodies comes for.
        """
        self._let_go()
        self._ahead, self._pieces = b"", []
        if self._phase is not CLOSED and not self._trusted and len(self._plane.strangers) > CROWD:
            self._close()
        if self._phase is CLOSED:
            return
        self._phase, self._deadline = LINGERING, Nanoseconds(self._plane.swept + LINGER_TIME)
        self._steer()
        if self._transport.can_write_eof() and not self._transport.is_closing():
            self._transport.write_eof()

    def close_idle(self) -> None:
        """Close if no request is under way."""
        if self._phase is RESTING or (self._phase is HEAD and not self._ahead):
            self._close()

    @ending_of_one
    def sweep(self, now: Nanoseconds) -> None:
        """Act on a clock that has run out."""
        if not self._deadline or now < self._deadline:
            return
        self._deadline = NEVER
        if self._phase is CLOSED:
            self._sweep_closed(now)
        elif self.stalled:
            self.abort()
        elif self._phase is BODY and self._exchange is not None:
            self._refuse(self._exchange, refusal("body-timeout"), None)
        elif self._phase is HEAD:
            self._sweep_head()
        elif self._phase is RESTING:
            self._await_head()
        else:
            self.abort()

    def _sweep_head(self) -> None:
        if self._seen:
            self._refuse_part("head-timeout")
        else:
            self._close()

    @override
    def pause_writing(self) -> None:
        self.stalled = True
        if self._phase in (BUSY, HEAD):
            self._deadline = Nanoseconds(self._plane.swept + self._plane.patience.stall_time)
        if self._exchange is not None:
            self._exchange.pause()
        self._steer()

    @override
    @ending
    def resume_writing(self) -> None:
        self.stalled = False
        if self._phase is BUSY:
            self._deadline = NEVER
        if self._exchange is not None:
            self._exchange.resume()
        if self._phase is HEAD:
            patience = self._plane.patience
            waits = patience.head_time if self._seen else patience.idle_time
            self._deadline = Nanoseconds(self._plane.swept + waits)
            self._plan()
        self._steer()
