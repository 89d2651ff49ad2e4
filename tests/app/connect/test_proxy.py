"""The proxy against a gateway that answers as it is told: what goes on, what is repeated, what is cut."""

import asyncio
import contextlib
import re
import socket
import ssl
import threading
from pathlib import Path

import pytest
from OpenSSL import SSL

from bartizan.app.bearing import Token
from bartizan.app.connect.exchange import SILENT_SECONDS
from bartizan.app.connect.line import Gateway, Lines
from bartizan.app.connect.serve import Proxy, Terms
from bartizan.app.provider import TokenUnavailable
from bartizan.clock import SECOND, Clock, Nanoseconds, SystemClock
from bartizan.crypto.tls import REQUIRED, client_context
from bartizan.crypto.x509 import certificate_pem, make_authority
from bartizan.identity.compact import read_object, take_apart
from tests.app.connect.scene import (
    KEY,
    OK,
    REFUSED,
    Asked,
    everything,
    proxied,
    running,
    status,
)
from tests.app.test_settings import SERVICE, refusal
from tests.crypto.scene import NAMES, files
from tests.crypto.scene import client as tls_client
from tests.egress.scene import hybrid, listening


def chunks(*pieces: bytes) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in (*pieces, b""))


def test_a_request_goes_on_under_a_token_and_the_key_stays_here() -> None:
    with proxied() as scene:
        answer = scene.ask("/v1/chat/completions", "x-mine: 1", method="POST", body=b'{"a":1}')
    assert answer.endswith(b"\r\n\r\n{}")
    (asked,) = scene.asked
    assert (asked.token, asked.body) == ("token-1", b'{"a":1}')
    assert b"\r\nx-mine: 1" in asked.head
    assert KEY.encode() not in asked.head


def test_one_connection_carries_many_requests_both_ways() -> None:
    with proxied() as scene, scene.line() as line:
        for number in range(5):
            line.sendall(scene.request(method="POST", body=b"x" * number))
            received = b""
            while not received.endswith(b"{}"):
                received += line.recv(65536)
        line.sendall(scene.request() * 3)
        received = b""
        while received.count(b"{}") < 3:
            received += line.recv(65536)
    assert [len(asked.body) for asked in scene.asked] == [0, 1, 2, 3, 4, 0, 0, 0]
    assert (scene.connections, scene.fetched) == (1, ["token-1"])


def test_a_body_in_chunks_arrives_whole() -> None:
    pieces = [bytes([65 + n % 26]) * (n * 7 + 1) for n in range(200)]
    with proxied() as scene:
        head = scene.request("/v1/x", "transfer-encoding: chunked", "connection: close", method="PUT")
        assert status(scene.say(head + chunks(*pieces))) == 200
    assert scene.asked[0].body == b"".join(pieces)


@pytest.mark.parametrize("framed", [True, False])
def test_a_token_that_is_not_taken_is_replaced_once_and_the_body_is_sent_again(framed: bool) -> None:  # noqa: FBT001
    def once(asked: Asked, line: socket.socket) -> None:
        line.sendall(OK if asked.number else REFUSED)

    with proxied(once) as scene:
        if framed:
            answer = scene.ask("/v1/x", method="POST", body=b"y" * 300_000)
        else:
            head = scene.request("/v1/x", "transfer-encoding: chunked", "connection: close", method="PUT")
            answer = scene.say(head + chunks(b"y" * 200_000, b"y" * 100_000))
        assert status(answer) == 200
        assert status(scene.ask()) == 200
    assert [asked.token for asked in scene.asked] == ["token-1", "token-2", "token-2"]
    assert [len(asked.body) for asked in scene.asked] == [300_000, 300_000, 0]


def test_a_second_refusal_is_the_clients_to_read() -> None:
    with proxied(lambda _, line: line.sendall(REFUSED)) as scene:
        assert status(scene.ask(method="POST", body=b"{}")) == 401
    assert [asked.token for asked in scene.asked] == ["token-1", "token-2"]


def test_a_refusal_before_the_body_is_read_is_repeated_with_what_was_sent() -> None:
    """The gateway refuses by the head and reads no body; the rest of it comes from the client afterwards."""
    begun = threading.Event()
    bodies: list[bytes] = []

    def talk(line: socket.socket) -> None:
        data = b""
        while b"\r\n\r\n" not in data:
            data += line.recv(65536)
        head, _, body = data.partition(b"\r\n\r\n")
        if b"token-1" in head:
            line.sendall(b"HTTP/1.1 401 Unauthorized\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
            line.shutdown(socket.SHUT_WR)
            everything(line)
            return
        begun.set()
        while len(body) < 60_000:
            body += line.recv(65536)
        bodies.append(body)
        line.sendall(OK)

    with proxied() as scene, listening(talk) as port:
        proxy = _to(port)
        with running(proxy) as own, socket.create_connection(("127.0.0.1", own), timeout=60) as line:
            scene.port = own
            head = scene.request("/v1/x", "content-length: 60000", "connection: close", method="PUT")
            line.sendall(head + b"a" * 20_000)
            assert begun.wait(60)
            line.sendall(b"b" * 40_000)
            assert status(everything(line)) == 200
    assert bodies == [b"a" * 20_000 + b"b" * 40_000]


def test_an_expired_token_is_replaced_before_it_is_sent() -> None:
    with proxied(life_s=0) as scene:
        assert [status(scene.ask()) for _ in range(3)] == [200, 200, 200]
    assert [asked.token for asked in scene.asked] == ["token-1", "token-2", "token-3"]


def test_twenty_clients_at_once_fetch_one_token() -> None:
    gate = threading.Event()

    def fetch() -> str:
        assert gate.wait(60)
        return "slow"

    with proxied(fetch=fetch) as scene, contextlib.ExitStack() as stack:
        lines = [stack.enter_context(scene.line()) for _ in range(20)]
        for line in lines:
            line.sendall(scene.request("/v1/models", "connection: close"))
        gate.set()
        assert [status(everything(line)) for line in lines] == [200] * 20
    assert scene.fetched == ["slow"]


def test_without_a_token_the_client_reads_why_and_nothing_is_asked() -> None:
    def none() -> str:
        raise TokenUnavailable("it says invalid_client")

    with proxied(fetch=none) as scene:
        answer = scene.ask()
    assert status(answer) == 502
    assert b'"code":"token-unavailable"' in answer
    assert b"it says invalid_client" in answer
    assert scene.asked == []


def test_a_gateway_that_is_away_is_named_in_the_apis_shape() -> None:
    with listening(lambda _: None) as port:
        pass
    with running(_to(port)) as own, socket.create_connection(("127.0.0.1", own), timeout=60) as line:
        line.sendall(f"GET /v1/models HTTP/1.1\r\nhost: localhost:{own}\r\n\r\n".encode())
        answer = everything(line)
    assert status(answer) == 502
    assert b'"code":"gateway-away"' in answer
    assert f"The gateway at 127.0.0.1:{port} is away: connection refused".encode() in answer


def test_a_kept_connection_that_ended_costs_a_get_nothing_and_a_post_is_not_sent_twice() -> None:
    def once_a_line(asked: Asked, line: socket.socket) -> None:
        if asked.number % 2:
            line.close()
        else:
            line.sendall(OK)

    with proxied(once_a_line) as scene:
        assert [status(scene.ask()) for _ in range(2)] == [200, 200]
        assert len(scene.asked) == 3
        answer = scene.ask(method="POST", body=b"{}")
        assert status(answer) == 502
        assert len(scene.asked) == 4


def test_an_answer_that_is_cut_is_cut_for_the_client() -> None:
    def cut(_: Asked, line: socket.socket) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n")
        line.close()

    with proxied(cut) as scene:
        answer = scene.ask()
    assert b"hello" in answer
    assert not answer.endswith(b"0\r\n\r\n")


def test_an_answer_without_framing_ends_with_its_connection_and_comes_in_chunks() -> None:
    def unframed(_: Asked, line: socket.socket) -> None:
        line.sendall(b"HTTP/1.0 200 OK\r\n\r\nhello")
        line.close()

    with proxied(unframed) as scene:
        assert scene.ask().endswith(b"5\r\nhello\r\n0\r\n\r\n")
        old = scene.request().replace(b"HTTP/1.1", b"HTTP/1.0")
        assert scene.say(old).endswith(b"\r\n\r\nhello")


def test_a_doubtful_answer_is_not_passed_on() -> None:
    twice = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}"
    with proxied(lambda _, line: line.sendall(twice)) as scene:
        assert status(scene.ask()) == 502


def test_an_answer_that_comes_before_the_body_is_read_reaches_the_client() -> None:
    def talk(line: socket.socket) -> None:
        line.recv(65536)
        line.sendall(b"HTTP/1.1 413 Content Too Large\r\nconnection: close\r\ncontent-length: 4\r\n\r\nlong")
        line.shutdown(socket.SHUT_WR)
        everything(line)

    with proxied() as scene, listening(talk) as port, running(_to(port)) as scene.port, scene.line() as line:
        line.sendall(scene.request("/v1/x", "content-length: 900000000", method="PUT") + b"x" * 100_000)
        assert everything(line).endswith(b"connection: close\r\n\r\nlong")


def test_who_waits_to_be_told_is_told_to_send() -> None:
    with proxied() as scene, scene.line() as line:
        line.sendall(scene.request("/v1/x", "expect: 100-continue", "content-length: 2", method="PUT"))
        assert line.recv(65536).startswith(b"HTTP/1.1 100 ")
        line.sendall(b"{}")
        assert status(line.recv(65536)) == 200
    assert scene.asked[0].body == b"{}"
    assert b"expect" not in scene.asked[0].head


def test_head_has_no_body_and_keeps_its_connection() -> None:
    with proxied(lambda _, line: line.sendall(OK.removesuffix(b"{}"))) as scene, scene.line() as line:
        for _ in range(2):
            line.sendall(scene.request(method="HEAD"))
            assert line.recv(65536).endswith(b"content-length: 2\r\n\r\n")
    assert scene.connections == 1


def test_a_client_that_leaves_ends_its_request_at_the_gateway() -> None:
    ended = threading.Event()

    def drip(_: Asked, line: socket.socket) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n")
        assert line.recv(1) == b""
        ended.set()

    with proxied(drip) as scene:
        with scene.line() as line:
            line.sendall(scene.request())
            line.recv(65536)
        assert ended.wait(60)


def test_a_client_that_does_not_read_holds_the_gateway_back() -> None:
    sent = 0
    held = threading.Event()

    def pour(_: Asked, line: socket.socket) -> None:
        nonlocal sent
        line.settimeout(1)
        line.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 900000000\r\n\r\n")
        try:
            while True:
                sent += line.send(b"x" * 65536)
        except TimeoutError:
            held.set()

    with proxied(pour) as scene, scene.line() as line:
        line.sendall(scene.request())
        assert held.wait(60)
    assert sent < 64 << 20


@pytest.mark.parametrize(
    ("context", "code", "said"),
    [
        (tls_client(), 200, b"hello"),
        (
            client_context(certificate_pem(make_authority("server", NAMES, SystemClock().now())[0])),
            502,
            b"named",
        ),
    ],
    ids=["its authority", "another"],
)
def test_only_the_gateway_of_the_authority_that_was_named_is_talked_to(
    context: SSL.Context, code: int, said: bytes
) -> None:
    with hybrid() as port:
        answer = _through(port, context)
    assert status(answer) == code
    assert said in answer


def test_required_means_quantum_safe(tmp_path: Path) -> None:
    _, pair = files(tmp_path)
    classical = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    classical.load_cert_chain(pair)

    def talk(line: socket.socket) -> None:
        with contextlib.suppress(ssl.SSLError), classical.wrap_socket(line, server_side=True) as encrypted:
            encrypted.recv(65536)
            encrypted.sendall(OK)

    with listening(talk) as port:
        assert status(_through(port, tls_client())) == 200
        refused = _through(port, tls_client(REQUIRED))
    assert status(refused) == 502
    assert b"quantum-safe" in refused
    with hybrid() as port:
        assert status(_through(port, tls_client(REQUIRED))) == 200


def _to(port: int, context: SSL.Context | None = None) -> Proxy:
    def token(clock: Clock) -> Token:
        tokens.append(f"token-{len(tokens) + 1}")
        return Token(tokens[-1], Nanoseconds(clock.now() + 600 * SECOND))

    tokens: list[str] = []
    return Proxy(Terms(Gateway("127.0.0.1", port, context), token, None, SystemClock()))


def _through(port: int, context: SSL.Context) -> bytes:
    with running(_to(port, context)) as own, socket.create_connection(("127.0.0.1", own)) as line:
        line.settimeout(60)
        line.sendall(b"GET /v1/models HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        return everything(line)


@pytest.mark.parametrize("late", [False, True])
def test_an_answer_that_nobody_asked_for_is_no_answer_to_the_next_request(late: bool) -> None:  # noqa: FBT001
    """It comes in the same octets as the last one, or while nobody asks anything."""
    poison = b"HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\npoisoned"
    told, sent = threading.Event(), threading.Event()

    def twice(asked: Asked, line: socket.socket) -> None:
        line.sendall(OK if late or asked.number else OK + poison)
        if late and not asked.number:
            assert told.wait(60)
            line.sendall(poison)
            sent.set()

    with proxied(twice) as scene:
        first = scene.ask()
        told.set()
        assert not late or sent.wait(60)  # what is sent after the next request is its answer: nobody can tell
        with scene.line() as other:  # a turn of the proxy's loop later
            other.sendall(b"x\r\n\r\n")
            everything(other)
        assert b"poisoned" not in first + scene.ask() + scene.ask()


def test_a_get_whose_body_is_not_kept_is_not_repeated_without_it() -> None:
    def once_a_line(asked: Asked, line: socket.socket) -> None:
        if asked.number:
            line.close()
        else:
            line.sendall(OK)

    with proxied(once_a_line) as scene:
        assert status(scene.ask()) == 200
        body = b"x" * (5 << 20)
        head = scene.request("/v1/x", f"content-length: {len(body)}", "connection: close")
        assert status(scene.say(head + body)) in {0, 400, 502}
        assert len(scene.asked) <= 2


def test_anthropics_clients_read_refusals_of_the_proxy_in_their_own_shape() -> None:
    with proxied() as scene:
        answer = scene.ask("/v1/messages", method="POST", body=b"{}", key="guessed")
    assert status(answer) == 401
    assert b'"type":"error"' in answer


def test_whatever_a_gateway_may_be_told_to_wait_for_its_answer_is_waited_for(tmp_path: Path) -> None:
    said = refusal(
        tmp_path, f"{SERVICE}bounds = {{ answer_seconds = {SILENT_SECONDS}, gap_seconds = {SILENT_SECONDS} }}"
    )
    assert "answer_seconds: must be" in said
    assert "gap_seconds: must be" in said


def test_a_gateway_whose_machine_is_gone_is_missed_in_minutes() -> None:
    async def alive(port: int) -> list[int]:
        lines = Lines(Gateway("127.0.0.1", port, None))
        line = await lines.fresh()
        end: socket.socket = line.writer.get_extra_info("socket")
        options = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
        found = [end.getsockopt(socket.IPPROTO_TCP, option) for option in options]
        found.append(end.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE))
        line.drop()
        return found

    def silent(line: socket.socket) -> None:
        everything(line)

    with listening(silent) as port:
        idle, pause, count, on = asyncio.run(alive(port))
    assert on
    assert idle + pause * count <= 120


# ---- tokens that are bound to this proxy's key -----------------------------------------------------------------
def proofs(asked: Asked) -> dict[str, str]:
    """Return what the proof of a request says."""
    found = re.search(rb"\r\ndpop: (\S+)\r\n", asked.head + b"\r\n")
    assert found is not None
    said: dict[str, str] = read_object(take_apart(found[1].decode()).payload, "payload")
    return said


def wanting(nonce: bytes) -> bytes:
    return b"HTTP/1.1 401 Unauthorized\r\ndpop-nonce: %b\r\ncontent-length: 0\r\n\r\n" % nonce


def test_a_bound_token_is_shown_with_a_proof_and_again_with_the_nonce_that_was_told() -> None:
    def answer(asked: Asked, line: socket.socket) -> None:
        line.sendall(OK if proofs(asked).get("nonce") == "one" else wanting(b"one"))

    with proxied(answer, bound=True) as scene:
        for _ in range(2):
            assert status(scene.ask("/v1/x?a=b", method="POST", body=b"y" * 9000)) == 200
    assert [asked.token for asked in scene.asked] == ["token-1"] * 3
    assert [len(asked.body) for asked in scene.asked] == [9000] * 3
    said = [proofs(asked) for asked in scene.asked]
    assert [each.get("nonce") for each in said] == [None, "one", "one"]
    assert len({each["jti"] for each in said}) == 3
    assert {(each["htm"], each["htu"].partition("/v1")[2]) for each in said} == {("POST", "/x")}


def test_a_gateway_that_always_wants_another_nonce_is_asked_three_times_and_no_more() -> None:
    def answer(asked: Asked, line: socket.socket) -> None:
        line.sendall(wanting(b"n-%d" % asked.number))

    with proxied(answer, bound=True) as scene:
        assert status(scene.ask(method="POST", body=b"{}")) == 401
    assert [asked.token for asked in scene.asked] == ["token-1", "token-1", "token-2"]


def test_a_nonce_that_comes_with_an_answer_is_used_for_the_next() -> None:
    def answer(asked: Asked, line: socket.socket) -> None:
        line.sendall(OK.replace(b"content-type", b"dpop-nonce: n-%d\r\ncontent-type" % asked.number))

    with proxied(answer, bound=True) as scene:
        told = [scene.ask() for _ in range(3)]
    assert [proofs(asked).get("nonce") for asked in scene.asked] == [None, "n-0", "n-1"]
    assert not any(b"dpop-nonce" in each for each in told)  # the client has no use for it
