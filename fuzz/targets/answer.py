"""Answers of a service: whatever it says, one answer and one end; what is taken whole, h11 reads alike."""

from typing import TYPE_CHECKING, cast

import h11

from bartizan.clock import Nanoseconds
from bartizan.gateway.answer_head import AnswerHead
from bartizan.gateway.circuit import Circuit
from bartizan.gateway.faults import FAULTS
from bartizan.gateway.upstream import FAILURES, Upstream
from fuzz.cuts import cut_at, parts_of, uncut
from fuzz.memory import Wire
from fuzz.oracle import answer_in
from fuzz.target import Target

if TYPE_CHECKING:
    import asyncio

    from bartizan.gateway.pool import Line
    from bartizan.gateway.stream import Exchange


class _Line:
    """The pool as one connection sees it: a line, and the cluster that it belongs to, which has no other."""

    def __init__(self) -> None:
        self.freed = self.ended = 0
        self.cluster, self.circuit, self.trial = self, Circuit(), None

    def answered(self, line: object, exchange: object, status: int) -> None:
        del line, exchange
        assert status != 200
        if status in FAILURES:
            self.failed(self, "", trial=False)

    def other(self, exchange: object, status: int) -> None:
        pass

    def well(self, line: object) -> None:
        del line
        self.circuit.succeed()

    def failed(self, line: object, reason: str, *, trial: bool) -> None:
        del line, reason
        assert not trial
        self.circuit.fail(Nanoseconds(1))

    def opened(self, upstream: Upstream) -> None:
        pass

    def free(self, upstream: Upstream) -> None:
        assert upstream.usable
        self.freed += 1

    def lost(self, upstream: Upstream) -> None:
        del upstream
        self.ended += 1


class _Opened:
    """A future, as far as a connection asks for it."""

    def done(self) -> bool:
        return False

    def set_result(self, _: None) -> None:
        pass


class _Exchange:
    """A request as its connection sees it."""

    def __init__(self) -> None:
        self.upstream: object = None
        self.head: AnswerHead | None = None
        self.body, self.end = b"", ""

    def forwarded(self, _line: object) -> bytes:
        return b""

    def may_repeat(self) -> bool:
        return False

    def answer(self, head: AnswerHead, pieces: list[bytes], *, done: bool) -> None:
        assert self.head is None
        assert 200 <= head.status < 600
        self.head = head
        self.more(pieces, done=done)

    def more(self, pieces: list[bytes], *, done: bool) -> None:
        assert not self.end
        assert self.head is not None
        self.body += b"".join(pieces)
        self.end = "done" if done else ""

    def fail(self, reason: str) -> None:
        assert not self.end
        assert reason in FAULTS
        self.end = reason


def run(data: bytes) -> str:
    octets, parts = parts_of(data)
    whole, freed = cut, _ = _served([octets])
    if len(parts) > 1:
        cut, _ = _served(parts)
        if whole.end == "done":
            assert (cut.end, cut.body, cut.head) == (whole.end, whole.body, whole.head)
    if cut.end == "done":
        assert cut.head is not None
        _require_alike(octets, cut.head, cut.body)
        _require_clean(cut.head.kept)
    return f"{whole.end} {cut.end} {freed} {whole.head.status if whole.head else ''}"


def _served(parts: list[bytes]) -> tuple[_Exchange, int]:
    line, exchange, wire = _Line(), _Exchange(), Wire()
    upstream = Upstream(cast("Line", line), cast("asyncio.Future[None]", _Opened()))
    upstream.connection_made(wire)
    upstream.send(cast("Exchange", exchange))
    for part in parts:
        if not wire.closed:
            upstream.data_received(part)
    freed = line.freed
    upstream.connection_lost(None)
    assert exchange.end
    assert exchange.upstream is None
    assert line.ended == 1
    return exchange, freed


def _require_alike(octets: bytes, head: AnswerHead, body: bytes) -> None:
    try:
        status, theirs = answer_in(octets)
    except h11.ProtocolError as fault:
        raise AssertionError("h11 does not take it") from fault
    assert (status, theirs) == (head.status, body)


def _require_clean(kept: bytes) -> None:
    lines = kept.split(b"\r\n")
    assert lines.pop() == b""
    for line in lines:
        name, colon, _ = line.partition(b": ")
        assert colon
        assert name == name.lower()
        assert name.isascii()
        assert not set(line) & set(b"\r\n\0")
        assert name not in (b"set-cookie", b"location", b"server", b"content-length", b"transfer-encoding")


_OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
TARGET = Target(
    modules=("bartizan.gateway.answer_head", "bartizan.gateway.upstream", "bartizan.gateway.framing"),
    run=run,
    seeds=(
        uncut(_OK + b"Content-Length: 2\r\n\r\n{}"),
        cut_at(_OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 10, 80, 90),
        cut_at(b"HTTP/1.1 100 Continue\r\n\r\n" + _OK + b"Content-Length: 2\r\nConnection: close\r\n\r\n{}", 24),
        uncut(b"HTTP/1.0 200 OK\r\nOpenAI-Version: 1\r\nX-RateLimit-A: 5\r\n\r\nuntil the end"),
        uncut(b"HTTP/1.1 204 No Content\r\n\r\n"),
        uncut(b"HTTP/1.1 304 \r\nContent-Length: 5\r\n\r\n"),
        cut_at(_OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nA: b\r\n\r\n", 99),
        cut_at(_OK + b"Content-Length: 1\r\n\r\n{HTTP/1.1 200 OK\r\n\r\n", 70),
        uncut(b"HTTP/1.1 429 Too Many\r\nRetry-After: 5\r\nContent-Encoding: identity\r\nContent-Length: 0\r\n\r\n"),
    ),
    words=(
        b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 101 S\r\n\r\n", b"HTTP/1.0", b"HTTP/1.1", b"204", b"304", b"206",
        b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"Connection: close\r\n", b"Content-Encoding: gzip\r\n", b"0\r\n\r\n",
        b"Set-Cookie: a\r\n", b"OpenAI-Model: \xe9\r\n", b"x-ratelimit-a: b\r\n", b":", b" ", b"\t", b"1\r\na\r\n", b"A: b\r\n", b"\x00",
    ),
    longest=512,
)  # fmt: skip
