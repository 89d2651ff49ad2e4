"""A receiver lies, hangs, floods, leads elsewhere or refuses: entries are neither lost, nor leaked, nor kept from others."""

import json
import socket
import threading
import time
from pathlib import Path

import pytest

from bartizan.app.shipping.courier import Courier, Ports
from bartizan.app.shipping.outcome import Later, Outcome
from bartizan.app.shipping.queue import Jetstream
from bartizan.app.shipping.receiver import receiver as receiver_of
from bartizan.app.shipping.web import Web
from bartizan.clock import SystemClock
from tests.app.shipping.ground import SOURCE, Shipyard
from tests.app.shipping.listeners import at, entries, web
from tests.egress.scene import Talk, listening, saying

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
LARGE = 40_000
"""Entries that no buffers between two processes hold."""


def flood(line: socket.socket) -> None:
    saying(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")(line)
    while True:
        line.sendall(b"10000\r\n" + b"x" * 65_536 + b"\r\n")


def endless_head(line: socket.socket) -> None:
    saying(b"HTTP/1.1 200 OK\r\n")(line)
    while True:
        line.sendall(b"x-more: " + b"y" * 8000 + b"\r\n")


HOSTILE: dict[str, tuple[Talk, str]] = {
    "a flood of body": (flood, "answer-too-large"),
    "a head without end": (endless_head, "answer-malformed"),
    "no HTTP at all": (saying(b"220 mail.example.com ESMTP\r\n\r\n"), "answer-malformed"),
    "half an answer": (saying(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"), "unreachable"),
    "an end": (saying(), "unreachable"),
    "interim answers alone": (saying(b"HTTP/1.1 102 Processing\r\n\r\n" * 20), "answer-malformed"),
    "another way": (
        saying(b"HTTP/1.1 307 X\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"),
        "redirected",
    ),
}


@pytest.mark.parametrize(("talk", "word"), HOSTILE.values(), ids=HOSTILE)
def test_whatever_it_answers_nothing_of_it_counts_as_receipt(talk: Talk, word: str) -> None:
    with listening(talk) as port:
        assert Web(at(port, "http"), SOURCE, SystemClock(), 5)(entries(2)) == Later(word)


def test_one_that_says_yes_before_it_has_read_is_not_believed() -> None:
    """Its answer comes while most of the batch has not left this machine."""

    def at_once(line: socket.socket) -> None:
        line.sendall(OK)
        line.shutdown(socket.SHUT_WR)
        left.wait(60)

    left = threading.Event()
    with listening(at_once) as port:
        outcome = Web(at(port, "http"), SOURCE, SystemClock(), 1)(entries(LARGE))
        left.set()
    assert outcome in {
        Later("answered-unread"),
        Later("unreachable"),
    }  # by what came first: the answer, or the time


@pytest.mark.parametrize("talk", ["hangs", "drips"])
def test_one_that_never_comes_to_an_end_is_left_at_one_deadline(talk: str) -> None:
    left = threading.Event()

    def hangs(line: socket.socket) -> None:
        saying()(line)
        left.wait(60)

    def drips(line: socket.socket) -> None:
        saying(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")(line)
        while not left.is_set():
            line.sendall(b" ")
            time.sleep(0.02)

    with listening(hangs if talk == "hangs" else drips) as port:
        assert Web(at(port, "http"), SOURCE, SystemClock(), 0.4)(entries(1)) == Later("unreachable")
        left.set()


def test_a_redirect_is_not_followed_and_the_credential_stays_with_its_receiver() -> None:
    with (
        web() as elsewhere,
        web(lambda _: (308, {"location": f"http://127.0.0.1:{elsewhere.port}/"}, b"")) as first,
    ):
        deliver = Web(at(first.port, "http", credential="Bearer secret"), SOURCE, SystemClock())
        assert deliver(entries(1)) == Later("redirected")
        assert elsewhere.requests == []


@pytest.mark.parametrize("scheme", ["http", "syslog+tcp", "syslog+udp", "nats"])
def test_a_name_that_leads_inside_is_not_connected_to(scheme: str) -> None:
    """What a name server says of a receiver's name is checked each time, and only what was listed is reached."""
    with listening(saying(OK)) as port:
        connector = at(port, scheme, host="localhost", allowed=("receiver.example.com",), path="/a")
        assert receiver_of(connector, SOURCE, SystemClock())(entries(1)) == Later("address-refused")


def test_one_that_refuses_a_part_for_ever_is_heard_of_and_never_has_more_left_out(tmp_path: Path) -> None:
    """It takes what it likes, so as to blind whoever reads there; each entry that it gets left out is on record."""
    ground = Shipyard(tmp_path / "ledger")
    size, noted = ground.grow(40), list[tuple[str, int, int, str]]()

    def note(what: str, first: int, count: int, why: str) -> bool:
        noted.append((what, first, count, why))
        return True

    def says(number: int) -> tuple[int, dict[str, str], bytes]:
        return (
            (422 if b'"access.token.issued"' in receiver.requests[number - 1][2] else 200),
            {},
            b"because I say so",
        )

    with web(says) as receiver:
        deliver = Web(at(receiver.port, "http"), SOURCE, SystemClock())
        one = Courier(
            at(receiver.port, "http"), ground.folder, tmp_path / "cursors", Ports(deliver, note, lambda: 0.5)
        )
        for _ in range(400):
            one.turn()
            if one.next == size:
                break
    refused = [index for _, index, _, _ in noted]
    taken = {
        json.loads(line)["entry"]
        for _, _, body in receiver.requests
        if b'"access.token.issued"' not in body
        for line in body.splitlines()
    }
    assert taken | set(refused) >= set(range(one.next))
    assert not taken & set(refused)
    assert {(what, count, why) for what, _, count, why in noted} == {("skipped", 1, "answered-422")}


# ---- a server of NATS ------------------------------------------------------------------------------------
INFO = b'INFO {"headers":true,"jetstream":true}\r\n'


def then(*parts: bytes, first: bytes = INFO) -> Talk:
    """Say the first line, then each part after something has been heard."""

    def talk(line: socket.socket) -> None:
        line.sendall(first)
        for part in parts:
            line.recv(65_536)
            line.sendall(part)
        while line.recv(65_536):
            pass

    return talk


def endless(line: socket.socket) -> None:
    line.sendall(b"INFO {")
    while True:
        line.sendall(b"x" * 65_536)


def pings(line: socket.socket) -> None:
    line.sendall(INFO)
    while True:
        line.sendall(b"PING\r\n" * 1000)


ACK = b'{"stream":"A","seq":1}'
HOSTILE_NATS: dict[str, tuple[Talk, Outcome]] = {
    "another protocol": (then(first=b"220 mail.example.com\r\n"), Later("answer-malformed")),
    "no stream": (then(first=b'INFO {"headers":true}\r\n'), Later("no-jetstream")),
    "a line without end": (endless, Later("answer-malformed")),
    "a refusal": (then(b"-ERR 'Authorization Violation'\r\n"), Later("server-refused")),
    "a receipt for another": (
        then(b"PONG\r\n", b"MSG _INBOX.other.1 1 22\r\n" + ACK + b"\r\n"),
        Later("unreachable"),
    ),
    "a giant": (then(b"PONG\r\n", b"MSG a 1 9999999\r\n" + b"x" * 100_000), Later("unreachable")),
    "deep nesting": (
        then(b"PONG\r\n", b"MSG a 1 50000\r\n" + b"[" * 50_000 + b"\r\n"),
        Later("answer-malformed"),
    ),
}


@pytest.mark.parametrize(("talk", "outcome"), HOSTILE_NATS.values(), ids=HOSTILE_NATS)
def test_whatever_a_server_of_nats_says_only_our_own_receipts_count(talk: Talk, outcome: Outcome) -> None:
    with listening(talk) as port:
        assert Jetstream(at(port, "nats", path="/a"), SOURCE, 1)(entries(1)) == outcome


def test_questions_without_end_come_to_one() -> None:
    with listening(pings) as port:
        assert isinstance(Jetstream(at(port, "nats", path="/a"), SOURCE, 1)(entries(1)), Later)


def test_words_that_come_before_tls_do_not_count_behind_it() -> None:
    """Somebody on the way, without the server's key, says them in its name."""
    early = b'INFO {"headers":true,"jetstream":true,"tls_required":true}\r\nPONG\r\nMSG a 1 22\r\n' + ACK
    with listening(then(first=early)) as port:
        outcome = Jetstream(at(port, "nats+tls", path="/a"), SOURCE, 2)(entries(1))
    assert outcome == Later("handshake-refused")


def test_a_credential_is_not_shown_to_who_takes_tls_away() -> None:
    heard: list[bytes] = []

    def strips(line: socket.socket) -> None:
        line.sendall(INFO)
        heard.append(line.recv(65_536))

    with listening(strips) as port:
        connector = at(port, "nats+tls", path="/a", credential="user:secret")
        assert Jetstream(connector, SOURCE, 2)(entries(1)) == Later("handshake-refused")
    assert heard == [b""]
