"""An answer on its way through the guard: told piece by piece, passed on as the guard says, or beside it where that only tells.

Rules of this file: octets that the guard has and has not let go are bounded: beyond that the service waits. A stream's head
goes on at once; one document goes on whole or not at all. What is withheld ends with an error of the protocol, never with
the words that say that it is whole.
"""

from typing import TYPE_CHECKING, Final

import msgspec

from bartizan.gateway.answer_head import AnswerHead, reframed
from bartizan.gateway.faults import Fault, Refusal
from bartizan.gateway.framing import FramingDoubt
from bartizan.gateway.inspected import (
    BEHIND,
    BLOCK,
    EVENTS,
    FLAG,
    JSON,
    OBSERVE,
    OTHER,
    Passed,
    Question,
    Said,
)
from bartizan.gateway.inspection import MOST_SIGNALS, record, told, withheld
from bartizan.gateway.problem import error_event
from bartizan.gateway.response import LAST_CHUNK

if TYPE_CHECKING:
    from bartizan.gateway.stream import Exchange

UNDER_WAY: Final = 1 << 18
"""Octets of a stream that the guard may have before the service waits; half of them, and it goes on."""
DOCUMENT: Final = 16 << 20
"""Octets of an answer that is one document."""


class Watching:
    """One answer.

    Attributes:
        waits: whether the service is to wait for the guard.
    """

    __slots__ = (
        "_exchange",
        "_head",
        "_hold",
        "_kind",
        "_pieces",
        "_question",
        "_sent",
        "_told",
        "_under_way",
        "waits",
    )

    def __init__(self, exchange: "Exchange", question: Question, head: AnswerHead) -> None:
        """Begin at the head."""
        self._exchange, self._question, self._head = exchange, question, head
        self._kind, self._hold = _kind(head), exchange.plane.answers.begin(exchange)
        self._pieces: list[bytes] = []
        self._sent: list[int] = []
        self._under_way = self._told = 0
        self.waits = False
        question.on_passed = self._passed

    # ---- from the service ------------------------------------------------------------------------------
    def begin(self, pieces: list[bytes], *, done: bool) -> None:
        """Take the head, and what came with it; ends the exchange as `more` does."""
        if self._kind == EVENTS:
            self._exchange.open(reframed(self._head, None), [], done=False)
        self.more(pieces, done=done)

    def more(self, pieces: list[bytes], *, done: bool) -> None:
        """Take more of the body; a document that is too long, or for which there is no room, ends the exchange."""
        try:
            self._take(pieces, done=done)
        except FramingDoubt as doubt:
            self._exchange.fail(doubt.reason)

    def _take(self, pieces: list[bytes], *, done: bool) -> None:
        if self._kind == EVENTS:
            self._ask(b"".join(pieces), last=done)
            return
        self._pieces += pieces
        held = sum(map(len, self._pieces))
        if held > DOCUMENT:
            raise FramingDoubt("upstream-malformed")
        self._hold.follow(held, 0)
        if done:
            self._ask(b"".join(self._pieces) if self._kind == JSON else b"", last=True)

    def _ask(self, octets: bytes, *, last: bool) -> None:
        self._sent.append(len(octets))
        self._under_way += len(octets)
        self.waits = self._under_way > UNDER_WAY
        if self.waits:
            self._exchange.pause()
        self._question.answer(octets, self._kind, last=last)

    # ---- from the guard --------------------------------------------------------------------------------
    def _passed(self, passed: Passed) -> None:
        if self._sent:
            self._under_way -= self._sent.pop(0)
        if self.waits and self._under_way <= UNDER_WAY // 2:
            self.waits = False
            self._exchange.go_on()
        self._note(passed.said)
        if passed.said.action == BLOCK:
            self._exchange.withhold(withheld(passed.said), events=self._kind == EVENTS)
        elif self._kind == EVENTS:
            self._exchange.let_go([passed.octets] if passed.octets else [], done=passed.last)
        else:
            pieces = [passed.octets] if self._kind == JSON else self._pieces
            self._exchange.open(reframed(self._head, sum(map(len, pieces))), pieces, done=True)

    def _note(self, said: Said) -> None:
        signals = said.signals[: MOST_SIGNALS - self._told]
        self._told += len(signals)
        said = msgspec.structs.replace(said, signals=signals)
        if record(self._exchange, said, BLOCK if said.action == BLOCK else FLAG, answer=True):
            self._exchange.wake()

    def end(self) -> None:
        """Hold no more: the exchange has ended."""
        self._hold.end()
        self._question.end()


class Beside:
    """An answer that goes on as it comes, and is told of what was found in it."""

    __slots__ = ("_all", "_exchange", "_kind", "_question", "_under_way")

    def __init__(self, exchange: "Exchange", question: Question, head: AnswerHead) -> None:
        """Begin at the head."""
        self._exchange, self._question, self._kind = exchange, question, _kind(head)
        self._under_way, self._all = 0, False
        question.on_passed = self._passed

    def tell(self, pieces: list[bytes], *, done: bool) -> None:
        """Tell of what goes on; where the guard does not keep up, it sees no more of this answer."""
        if self._under_way < 0 or not (pieces or done) or (self._kind == OTHER and not done):
            return
        self._all = done
        self._under_way += 1
        if self._under_way > _BEHIND:
            self._under_way = -1
            told(self._exchange, Said(FLAG, BEHIND), answer=True)
            return
        self._question.answer(b"" if self._kind == OTHER else b"".join(pieces), self._kind, last=done)

    def _passed(self, passed: Passed) -> None:
        self._under_way -= self._under_way > 0
        told(self._exchange, passed.said, answer=True)
        if passed.last:
            self._question.end()

    def end(self) -> None:
        """Tell no more; what was told to the end is still judged."""
        if not self._all:
            self._question.end()


_BEHIND: Final = 256


def watch(
    exchange: "Exchange", question: Question, head: AnswerHead, pieces: list[bytes], *, done: bool
) -> None:
    """Have an answer pass through the guard, or beside it."""
    if exchange.route.service.guard == OBSERVE:
        exchange.beside = Beside(exchange, question, head)
        exchange.open(head, pieces, done=done)
        return
    watching = exchange.watching = Watching(exchange, question, head)
    watching.begin(pieces, done=done)


def in_place(exchange: "Exchange", fault: Fault, *, chunked: bool) -> bytes:
    """Return what ends a stream in place of what the guard holds back: an event of its protocol that says why."""
    octets = error_event(Refusal(fault), exchange.id, exchange.plane.routes.errors(exchange.head.path))
    return b"%x\r\n%b\r\n%b" % (len(octets), octets, LAST_CHUNK) if chunked else octets


def _kind(head: AnswerHead) -> str:
    media = head.media.partition(b";")[0].strip()
    if media == b"text/event-stream":
        return EVENTS
    return JSON if media == b"application/json" or media.endswith(b"+json") else OTHER
