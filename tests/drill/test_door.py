"""The door against real servers on this machine, among them one that speaks as badly as a test likes."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import h11
import pytest

from bartizan.drill.door import Answer, AnswerTooLarge, Door
from bartizan.egress.faults import EgressFault

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nX-Request-Id: q-0123456789abcdef\r\n\r\nhi"
REFUSED = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class Server:
    """Answers each connection with the same octets, and remembers what it was sent."""

    def __init__(self, listener: socket.socket, says: bytes, *, closes: bool) -> None:
        self.heard: list[bytes] = []
        self._listener, self._says, self._closes = listener, says, closes
        self._kept: list[socket.socket] = []

    @property
    def door(self) -> Door:
        return Door("127.0.0.1", self._listener.getsockname()[1], b"", "sample")

    def serve(self) -> None:
        while True:
            try:
                end, _address = self._listener.accept()
            except OSError:  # the test is over
                return
            self._kept.append(end)
            with contextlib.suppress(ConnectionError):  # a client that has heard enough leaves
                self.heard.append(end.recv(65536))
                end.sendall(self._says)
            if self._closes:
                end.close()

    def stop(self, thread: threading.Thread) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        thread.join()
        for end in self._kept:
            end.close()


@contextmanager
def serving(says: bytes, *, closes: bool = True) -> Iterator[Server]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Server(listener, says, closes=closes)
        thread = threading.Thread(target=server.serve)
        thread.start()
        yield server
        server.stop(thread)


def test_a_request_goes_out_as_it_was_asked_for_and_its_answer_comes_back() -> None:
    with serving(OK) as server:
        answer = server.door.chat({"messages": []}, token="t.o.k")  # noqa: S106 - nobody's token
        assert (answer.status, answer.body, answer.request) == (200, b"hi", "q-0123456789abcdef")
        assert answer.served
        head, _empty, body = server.heard[0].partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        assert lines[0] == b"POST /sample/v1/chat/completions HTTP/1.1"
        assert b"authorization: Bearer t.o.k" in lines
        assert b"content-length: %d" % len(body) in lines
        assert body == b'{"model": "sample", "messages": []}'


def test_a_request_without_a_token_has_no_authorization() -> None:
    with serving(OK) as server:
        server.door.send("GET", "/healthz")
        assert b"authorization" not in server.heard[0].lower()


def test_every_answer_on_a_connection_is_seen_so_that_a_smuggled_request_shows() -> None:
    with serving(OK + OK + REFUSED) as server:
        assert [answer.status for answer in server.door.raw(b"anything")] == [200, 200, 400]
        assert server.heard == [b"anything"]


def test_an_answer_that_says_it_is_the_last_is_not_waited_after() -> None:
    with serving(REFUSED, closes=False) as server:
        assert [answer.status for answer in server.door.raw(b"x")] == [400]


@pytest.mark.slow
def test_a_server_that_falls_silent_ends_what_raw_octets_get() -> None:
    with serving(OK, closes=False) as server:
        assert [answer.status for answer in server.door.raw(b"x")] == [200]


def test_a_connection_that_drops_without_a_word_gives_no_answer() -> None:
    with serving(b"") as server:
        assert server.door.raw(b"x") == ()
        with pytest.raises((h11.RemoteProtocolError, EgressFault)):
            server.door.send("GET", "/")


def test_what_is_not_http_is_no_answer() -> None:
    with serving(b"SSH-2.0-OpenSSH_9.2\r\n") as server, pytest.raises(h11.RemoteProtocolError):
        server.door.send("GET", "/")


def test_an_endless_answer_is_given_up() -> None:
    endless = b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (5 << 20)
    with serving(endless) as server, pytest.raises(AnswerTooLarge):
        server.door.send("GET", "/")


def test_nobody_there_is_a_named_fault() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(EgressFault):
        Door("127.0.0.1", port, b"", "sample").send("GET", "/")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"error":{"code":"token-missing","message":"x"}}', "token-missing"),
        (b'{"type":"urn:bartizan:refusal:host-unknown","status":421}', "host-unknown"),
        (b'{"type":7}', ""),
        (b'{"type":"\x80"}', ""),
        (b'{"x":' + b"[" * 100_000, ""),
        (b"[]", ""),
        (b"not json", ""),
    ],
)
def test_the_gateway_s_word_for_a_refusal_is_read_in_both_of_its_shapes(body: bytes, reason: str) -> None:
    assert Answer(400, {}, body).reason == reason


@pytest.mark.parametrize("status", [100, 199, 300, 307, 400, 500])
def test_only_success_is_served(status: int) -> None:
    assert not Answer(status, {}, b"").served
