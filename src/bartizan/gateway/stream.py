"""One request on its way, from its head to its completed record, and its answer on the way back.

Rules of this file: pieces of an answer go out as they come, never joined and never held, except the end:
an answer ends only after its completed record is written. An admitted request has exactly one such record,
whatever happens. A client that reads slowly slows its upstream; nothing is buffered in between.
"""

from typing import TYPE_CHECKING, Final

from bartizan.clock import Nanoseconds
from bartizan.gateway.answer_head import UNTIL_CLOSE, AnswerHead, of_ours
from bartizan.gateway.bounds import DIAL_TIME
from bartizan.gateway.callback import ending, ending_of_more, ending_of_one
from bartizan.gateway.completion import DONE, put_on_record
from bartizan.gateway.dossier import Dossier
from bartizan.gateway.events import NamedEvents
from bartizan.gateway.ext_authz import let_through
from bartizan.gateway.faults import Fault, Refusal, refusal
from bartizan.gateway.framing import FramingDoubt
from bartizan.gateway.judged import NOTHING
from bartizan.gateway.mapped import mapped
from bartizan.gateway.mcp.reading import Reading
from bartizan.gateway.own_lines import own_lines
from bartizan.gateway.page import Page, dressed
from bartizan.gateway.reserve import release
from bartizan.gateway.response import LAST_CHUNK, head_for_client
from bartizan.gateway.stage import ADMITTED, ANSWERING, ARRIVING, ENDED, FORWARDED
from bartizan.gateway.tokens import UNSAID
from bartizan.gateway.turn import NOBODY
from bartizan.gateway.usage import tail, usage
from bartizan.gateway.watching import in_place, watch

if TYPE_CHECKING:
    from bartizan.gateway.plane import Plane
    from bartizan.gateway.pool import Line
    from bartizan.gateway.protocol import ClientConnection

_CLIENT_GONE: Final = 499
"""Status in the record of a request whose client left; nginx's word for it."""
_WITHDRAWN: Final = 403
"""Status in the record of a request that was cut before it had an answer."""
_LAST_EVENT: Final = (b"data: [DONE]\n\n", b"data: [DONE]\r\n\r\n")
"""How a stream of OpenAI's API ends. Its own client leaves at these words, before the body's framing has ended."""
_EVENTS: Final = b"text/event-stream"
_EVENT: Final = b"data:"
_OK: Final = 200


class Exchange(Dossier):
    """One request and its answer."""

    __slots__ = (
        "_chunked",
        "_cut",
        "_events",
        "_finishes",
        "_keep",
        "_last",
        "_octets",
        "_reading",
        "_repeated",
        "_settled",
        "_status",
        "_tail",
        "_unframed",
        "_until_close",
    )

    def __init__(self, plane: "Plane", client: "ClientConnection", now: Nanoseconds) -> None:
        """Begin at the head."""
        super().__init__(plane, client, now)
        self._chunked = self._cut = self._finishes = self._keep = False
        self._repeated = self._settled = self._unframed = self._until_close = False
        self._octets = self._status = 0
        self._last = self._tail = b""
        self._events: NamedEvents | Reading | None = None
        self._reading: Reading | None = None

    def abort(self) -> None:
        """End the client's connection, which ends this too."""
        self.client.abort()

    # ---- towards the service ---------------------------------------------------------------------------
    @ending
    def written(self) -> None:
        """Go on: the record that was added last is written."""
        if not self._settled:
            self._settled = True
            self._go_on()
        else:
            self.plane.completed += 1
            self.plane.open.discard(self)
            if self._cut:
                self.client.abort()
            elif self._finishes:
                self.client.finish(self._last, keep=self._keep)

    @ending
    def unwritten(self) -> None:
        """Go no further: the record could not be written."""
        self.plane.open.discard(self)
        release(self)
        settled, self._settled = self._settled, True
        if settled:
            self.client.abort()
        elif self.stage is ADMITTED:
            self.stage = ENDED
            self.client.refuse(self, refusal("record-unavailable"))

    def _go_on(self) -> None:
        """Go on to the service: the admitted record is written, and what it rests on has not changed meanwhile."""
        plane = self.plane
        plane.admitted += 1
        plane.freshen()
        if self.stage is not ADMITTED:
            return
        if self.route.asked:
            keep = self.client.keeps(asked=self.keep_alive)
            said = let_through(plane.dates.line(self.started), self.id, self.actor, keep=keep)
            self._complete(_OK, DONE, said, keep=keep)
            return
        if self.verdict:
            self.open(of_ours(self.verdict), [self.verdict], done=True)
            return
        self.stage = FORWARDED
        self.deadline = Nanoseconds(self.started + DIAL_TIME)
        plane.pool.send(self)

    def forwarded(self, line: "Line") -> bytes:
        """Return the request as it goes to a target: what was judged, under the target's credential."""
        self.deadline, self.moved = Nanoseconds(0), True
        octets = line.lines.of(self)
        if line.sole or not line.cluster.untried(self):
            self._let_go()
        else:
            self.kept = True
        return octets

    def _let_go(self) -> None:
        self.judged = NOTHING  # a request that may be repeated at the same target has no body
        if self.kept:
            self.kept = False
        self.plane.shares.give_octets_back(self)

    def may_repeat(self) -> bool:
        """Return whether the request may be sent once more: it is safe, and was not repeated yet."""
        repeated, self._repeated = self._repeated, True
        return not repeated and self.route.method == b"GET"

    # ---- from the service ------------------------------------------------------------------------------
    @ending_of_more
    def answer(self, head: AnswerHead, pieces: list[bytes], *, done: bool) -> None:
        """Pass on the head of the answer and what of its body came with it."""
        if self.kept:
            self._let_go()
        fault = (
            ""
            if head.status == _OK
            else mapped(head.status, public=self.route.public, page=self.route.page is not None)
        )
        if fault:
            self._status = head.status
            self._refuse(refusal(fault))
        elif self.route.bound:
            self._read(Reading(self, head), pieces, done=done)
        elif self.route.page is not None:
            self._show(head, self.route.page, pieces, done=done)
        elif self.question is not None:
            watch(self, self.question, head, pieces, done=done)
        else:
            self.open(head, pieces, done=done)

    def _show(self, head: AnswerHead, page: Page, pieces: list[bytes], *, done: bool) -> None:
        """Pass on a page of the platform's own."""
        try:
            shown = dressed(head, page, self.head.host)
        except FramingDoubt as doubt:
            self.fail(doubt.reason)
            return
        self.open(shown, pieces, done=done)

    def _read(self, reading: Reading, pieces: list[bytes], *, done: bool) -> None:
        """Pass on what may be, by now, of an answer that is judged on its way."""
        self._reading = reading
        try:
            head, passed = reading.read(pieces, done=done)
        except FramingDoubt as doubt:
            self.fail(doubt.reason)
            return
        if head is not None:
            self._events = reading
            self.open(head, passed, done=done)
        elif self.stage is ANSWERING:
            self._pass_on(b"", passed, done=done)

    def open(self, head: AnswerHead, pieces: list[bytes], *, done: bool) -> None:
        """Pass on a head, and what of the body is there."""
        self.stage, self.moved = ANSWERING, True
        self._status = head.status
        self._keep = self.client.keeps(asked=self.keep_alive)
        if head.length < 0 and not self.bodiless:
            self._chunked = self.head.minor == 1
            self._unframed = head.length == UNTIL_CLOSE and head.media.startswith(_EVENTS)
            self._until_close = not self._chunked
            self._keep = self._keep and self._chunked
        if self.route.last is not None and head.media.startswith(_EVENTS):
            self._events = NamedEvents(self.route.last)
        opening = head_for_client(
            head,
            self.plane.dates.line(self.started),
            self.id,
            keep=self._keep,
            chunked=self._chunked,
            limits=self.limits + own_lines(self, head),
        )
        self._pass_on(opening, pieces, done=done)

    @ending_of_more
    def more(self, pieces: list[bytes], *, done: bool) -> None:
        """Pass on more of the answer's body."""
        self.moved = True
        if self._reading is not None:
            self._read(self._reading, pieces, done=done)
        elif self.watching is not None:
            self.watching.more(pieces, done=done)
        else:
            self._pass_on(b"", pieces, done=done)

    # ---- from the guard --------------------------------------------------------------------------------
    @ending_of_more
    def let_go(self, pieces: list[bytes], *, done: bool) -> None:
        """Pass on what the guard lets go of a stream."""
        if self.stage is ANSWERING and (pieces or done):
            self._pass_on(b"", pieces, done=done)

    @ending_of_more
    def withhold(self, fault: Fault, *, events: bool) -> None:
        """End without what the guard holds back: a stream with an event that says why, anything else with a refusal."""
        if self.stage is ENDED:
            return
        if not events:
            self._refuse(Refusal(fault))
            return
        self._leave()
        last = in_place(self, fault, chunked=self._chunked)
        self._complete(self._status, fault.reason, last, keep=False)

    def wake(self) -> None:
        """Have written what was recorded beside the answer."""
        self.plane.turn.after(NOBODY)

    @ending_of_more
    def fail(self, reason: str, *, retry_after: int = 0) -> None:
        """End without a whole answer from the service."""
        if self.stage is ANSWERING:
            self._leave()
            self._complete(self._status, reason, b"", keep=False, cut=self._until_close)
        else:
            self._refuse(refusal(reason, retry_after=retry_after))

    def _follow(self, pieces: list[bytes]) -> None:
        """Take note of what passes: how much, how soon, and how it ends."""
        if not self._octets and pieces and self.circumstances.stream:
            self.first = self.plane.ports.clock.now() - self.started
        for piece in pieces:
            self._octets += len(piece)
            self._tail = tail(self._tail, piece)
            if self.reserved is not None:
                self.pieces += piece.count(_EVENT)
            if self._events is not None:
                self._events.take(piece)

    def _pass_on(self, opening: bytes, pieces: list[bytes], *, done: bool) -> None:
        self._follow(pieces)
        if self.beside is not None:
            self.beside.tell(pieces, done=done)
        if self.bodiless:
            pieces = []
        elif self._chunked:
            pieces = [b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces]
        octets = b"".join((opening, *pieces)) if opening or len(pieces) != 1 else pieces[0]
        if not done:
            self.client.write(octets)
        elif self._cut_short():
            self.client.write(octets)
            self._complete(self._status, "upstream-closed", b"", keep=False, cut=self._until_close)
        elif self._chunked:
            self.client.write(octets)
            self._complete(self._status, DONE, LAST_CHUNK, keep=self._keep)
        else:
            self._complete(self._status, DONE, octets, keep=self._keep)

    # ---- the end ---------------------------------------------------------------------------------------
    def _cut_short(self) -> bool:
        """Return whether an answer that only its connection's end has ended is a stream without its last words."""
        return self._unframed and not self._said_all()

    def _said_all(self) -> bool:
        """Return whether a stream has said its last words, as its protocol has them."""
        return self._tail.endswith(_LAST_EVENT) if self._events is None else self._events.whole(self._tail)

    def cut(self, reason: str) -> None:
        """End at once: what was allowed is not any more."""
        self._leave()
        if self._record(self._status or _WITHDRAWN, reason):
            self.plane.turn.after(self)
        self.client.abort()

    def abandon(self) -> None:
        """End because the client is gone, with all that it asked for or without; nothing more is read."""
        if self.stage is ARRIVING:
            release(self)
            return
        self._leave()
        status, reason = (self._status, DONE) if self._said_all() else (_CLIENT_GONE, "client-gone")
        if self._record(status, reason):
            self.plane.turn.after(self)
        else:
            self.plane.open.discard(self)  # the record that there is, or was to be, is another's to count

    def _leave(self) -> None:
        if self.upstream is not None:
            self.upstream.drop()
        else:
            self.plane.pool.forget(self)

    def _refuse(self, fault: Refusal) -> None:
        """End with our own answer in place of the service's."""
        self._leave()
        keep = self.client.keeps(asked=self.keep_alive)
        self._complete(fault.status, fault.reason, self.client.refusal(self, fault, keep=keep), keep=keep)

    def _complete(self, status: int, reason: str, last: bytes, *, keep: bool, cut: bool = False) -> None:
        """Record the end, and end once that is written; cut where an orderly end would say that the answer is whole."""
        if not self._record(status, reason):
            self.client.abort()
            return

        self._last, self._keep, self._finishes = last, keep, True
        if cut:
            self._cut = True
        self.plane.turn.after(self)

    def _record(self, status: int, reason: str) -> bool:
        """Add the completed record, once; return whether there was one to add and it was added."""
        if self.stage is ENDED:
            return False
        self.stage = ENDED
        self._let_off()
        if not self.route.body_octets or self.route.operation:
            said = UNSAID  # what is read again, or cancelled, was paid for when it was asked for
        else:
            said = usage(self._tail) if self._events is None else self._events.usage(self._tail)
        if not put_on_record(self, status, reason, self._status, self._octets, said):
            self.plane.open.discard(self)
            return False
        return True

    def _let_off(self) -> None:
        """Have nobody read the answer any more."""
        for reads in (self._reading, self.watching, self.beside or self.question):
            if reads is not None:
                reads.end()

    # ---- back-pressure ---------------------------------------------------------------------------------
    def pause(self) -> None:
        """Take no more of the answer: the client's buffer is full."""
        if self.upstream is not None:
            self.upstream.pause()

    def resume(self) -> None:
        """Take the answer again."""
        if self.upstream is not None and (self.watching is None or not self.watching.waits):
            self.upstream.resume()

    def go_on(self) -> None:
        """Take the answer again, unless its client does not keep up: the guard does."""
        if not self.client.stalled:
            self.resume()

    @ending_of_one
    def sweep(self, now: Nanoseconds) -> None:
        """End where nothing has happened for too long."""
        if self.stage not in (FORWARDED, ANSWERING):
            return
        if self.moved:
            limits = self.route.limits
            waited = limits.gap_time if self.stage is ANSWERING else limits.answer_time
            self.moved, self.deadline = False, Nanoseconds(now + waited)
        elif self.deadline and now > self.deadline and not self.client.stalled:
            if self.upstream is not None:
                self.upstream.late(self)
            elif self.line is not None:
                self.line.late(self)
