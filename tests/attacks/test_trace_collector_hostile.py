"""A collector hangs, floods, or answers garbage, or lies where nobody may connect: only its own traces are lost."""

import os
import socket
import threading
import time

import pytest

from bartizan.app.plan import Traces
from bartizan.clock import MINUTE
from tests.app.test_export import Counting, at
from tests.attacks.test_trace_pipe_spoiled import GOOD, exporter
from tests.egress.scene import Talk, listening, saying
from tests.gateway.test_strangers import Time
from tests.traces.collector import Answer, collecting

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def flood(line: socket.socket) -> None:
    saying(OK + b"Transfer-Encoding: chunked\r\n\r\n")(line)
    while True:
        line.sendall(b"10000\r\n" + b"{" * 65_536 + b"\r\n")


def interim(line: socket.socket) -> None:
    saying()(line)
    while True:
        line.sendall(b"HTTP/1.1 102 Processing\r\n\r\n" * 1000)


def endless_head(line: socket.socket) -> None:
    saying(OK)(line)
    while True:
        line.sendall(b"x-more: " + b"y" * 8000 + b"\r\n")


def mail(line: socket.socket) -> None:
    saying(b"220 mail.example.com ESMTP\r\n\r\n")(line)
    line.recv(1)  # until the other side ends it


HOSTILE: dict[str, tuple[Talk, str]] = {
    "a flood of body": (flood, "answer-too-large"),
    "a flood of interim answers": (interim, "answer-malformed"),
    "a head without end": (endless_head, "answer-malformed"),
    "no HTTP at all": (mail, "answer-malformed"),
    "a page": (saying(OK + b"Content-Length: 6\r\n\r\n<html>"), "answer-malformed"),
    "deep nesting": (saying(OK + b"Content-Length: 50000\r\n\r\n" + b"[" * 50_000), "answer-malformed"),
    "a zip bomb's promise": (saying(OK + b"Content-Length: 99999999999\r\n\r\n"), "unreachable"),
    "half an answer": (saying(OK + b"Content-Length: 9\r\n\r\n{"), "unreachable"),
    "another way": (
        saying(b"HTTP/1.1 307 X\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"),
        "307",
    ),
    "an end": (saying(), "unreachable"),
    "more taken than was sent": (
        saying(OK + b'Content-Length: 54\r\n\r\n{"partialSuccess":{"rejectedSpans":"999999999999999"}} '),
        "rejected",
    ),
}


@pytest.mark.parametrize(("talk", "word"), HOSTILE.values(), ids=HOSTILE)
def test_whatever_it_answers_the_loss_is_counted_under_a_word_of_ours(
    talk: Talk, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bartizan.app.export._AGAIN_SECONDS", (0.0, 0.0))
    with listening(talk) as port:
        assert Counting(at(port)).hand_over() == {word: 2}


def test_one_that_hangs_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where it says a little now and then: all of an answer has one deadline."""
    monkeypatch.setattr("bartizan.app.export._ANSWER_SECONDS", 0.3)
    monkeypatch.setattr("bartizan.app.export._AGAIN_SECONDS", ())
    left = threading.Event()

    def drips(line: socket.socket) -> None:
        saying(OK + b"Content-Length: 1000\r\n\r\n")(line)
        while not left.is_set():
            line.sendall(b" ")
            time.sleep(0.02)

    def hangs(line: socket.socket) -> None:
        saying()(line)
        left.wait(60)

    for talk in (hangs, drips):
        left.clear()
        with listening(talk) as port:
            assert Counting(at(port)).hand_over() == {"unreachable": 2}
            left.set()


def test_one_that_wavers_fills_no_log_and_what_it_came_to_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("bartizan.app.export._GATHERED_SECONDS", 0.0)

    def wavers(number: int) -> Answer:
        return Answer(200 if number < 20 and number % 2 else 400)

    with collecting(wavers) as collector, exporter(collector.port) as (found, pipe, _):
        found._clock = clock = Time()

        def hand_over(number: int) -> None:
            os.write(pipe.writes, GOOD)
            found.read()
            collector.until(lambda one: len(one.requests) == number)

        for number in range(1, 31):
            hand_over(number)
        clock.nanoseconds += MINUTE
        hand_over(31)
        found.close()
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 11
    assert said[-1] == "the collector does not take traces: 400"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::ffff:127.0.0.1"])
def test_a_private_address_that_is_not_listed_is_not_connected_to(host: str) -> None:
    """Whatever configuration said when the platform was started: what a name leads to is looked at each time."""
    with collecting() as collector:
        for allowed in ((), ("127.0.0.1:1",), ("169.254.169.254",)):
            traces = Traces(host, collector.port, tls=False, path="/", allowed=allowed)
            assert Counting(traces).hand_over() == {"address-refused": 2}
        assert collector.requests == []
