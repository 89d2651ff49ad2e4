import socket
from pathlib import Path

import h11
import pytest
from typing_extensions import override

from bartizan.clock import SECOND, SetClock
from bartizan.crypto.tls_faults import TlsTruncated
from bartizan.egress.faults import (
    CertificateRefused,
    HandshakeRefused,
    ResponseMalformed,
    ResponseTooLarge,
    ResponseTruncated,
    UpstreamUnreachable,
)
from bartizan.egress.http import Client
from bartizan.egress.line import Deadline, open_connection
from tests.crypto.scene import Notes
from tests.egress.scene import LOCAL, OK, client, hybrid, listening, papers, saying

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def plain(port: int, timeout_s: float = 5.0) -> Client:
    return Client.plain("localhost", port, allowed=LOCAL, timeout_s=timeout_s)


def secure(port: int, groups: str | None = None, host: str = "localhost") -> Client:
    return Client.over_tls(host, port, papers().ca, groups=groups, allowed=LOCAL, timeout_s=5.0)


def test_a_response_comes_whole_over_quantum_safe_tls() -> None:
    with hybrid() as port:
        response = secure(port).request("GET", "/")
        assert (response.status, response.body, response.group) == (200, b"hello", "x25519mlkem768")
        assert response.header("content-length") == "5"
        assert response.header("absent") == ""


@pytest.mark.parametrize("groups", ["X25519", "X25519MLKEM768", "secp256r1"])
def test_the_group_can_be_forced_and_is_reported(groups: str) -> None:
    with hybrid() as port:
        assert secure(port, groups).request("GET", "/").group == groups.lower()


def test_a_classical_client_is_refused_by_a_server_that_requires_the_hybrid_group() -> None:
    with hybrid("required") as port:
        with pytest.raises(HandshakeRefused) as fault:
            secure(port, "X25519").request("GET", "/")
        assert fault.value.word == "refused-by-peer"


def test_a_server_under_another_name_is_refused_before_anything_is_sent() -> None:
    heard: list[bytes] = []

    class Listening(Notes):
        @override
        def data_received(self, data: bytes) -> None:
            heard.append(data)

    with hybrid(inner=Listening) as port:
        wrong = Client.over_tls("127.0.0.2", port, papers().ca, allowed=frozenset({"127.0.0.0/8"}))
        with pytest.raises((CertificateRefused, UpstreamUnreachable)):
            wrong.request("GET", "/", [("authorization", "Bearer secret")])
        other = Client.over_tls("localhost", port, papers().chain, allowed=LOCAL)
        with pytest.raises(CertificateRefused, match="which authority is trusted"):
            other.request("GET", "/", [("authorization", "Bearer secret")])
    assert not heard


def test_the_request_is_what_was_asked_for_and_no_more() -> None:
    heard: list[bytes] = []
    with listening(saying(OK, heard=heard)) as port:
        assert plain(port).request("POST", "/a?b=c", [("x-one", "1")], b"body").body == b"hello"
    assert heard[0].split(b"\r\n\r\n")[0].split(b"\r\n") == [
        b"POST /a?b=c HTTP/1.1",
        f"host: localhost:{port}".encode(),
        b"connection: close",
        b"accept-encoding: identity",
        b"x-one: 1",
        b"content-length: 4",
    ]


@pytest.mark.parametrize(
    ("method", "target", "header"),
    [
        ("GET", "/\r\nX: y", ("a", "b")),
        ("G T", "/", ("a", "b")),
        ("GET", "/", ("a", "b\r\nX: y")),
        ("GET", "/", ("a b", "c")),
        ("GET", "/ HTTP/1.1", ("a", "b")),
    ],
)
def test_nothing_can_be_smuggled_into_the_request(method: str, target: str, header: tuple[str, str]) -> None:
    with pytest.raises(h11.LocalProtocolError):
        plain(1).request(method, target, [header])


def test_parts_are_handed_on_as_they_come() -> None:
    def talk(line: socket.socket) -> None:
        line.recv(65_536)
        line.sendall(CHUNKED + b"3\r\none\r\n")
        assert line.recv(1, socket.MSG_PEEK) == b""  # waits until the client has had enough

    with listening(talk) as port, plain(port).stream("GET", "/") as response:
        assert response.status == 200
        assert next(iter(response)) == b"one"


def test_a_redirect_is_returned_and_not_followed() -> None:
    heard: list[bytes] = []
    moved = b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"
    with listening(saying(moved, heard=heard)) as port:
        assert plain(port).request("GET", "/").status == 302
    assert len(heard) == 1


def test_interim_responses_are_passed_over() -> None:
    with listening(saying(b"HTTP/1.1 100 Continue\r\n\r\n" * 3, OK)) as port:
        assert plain(port).request("GET", "/").body == b"hello"


def test_a_server_that_answers_without_reading_the_body_is_still_heard() -> None:
    large = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

    def talk(line: socket.socket) -> None:
        line.recv(1_000)
        line.sendall(large)
        line.shutdown(socket.SHUT_WR)
        while line.recv(1 << 20):
            pass

    with listening(talk) as port:
        assert plain(port).request("POST", "/", body=b"x" * 5_000_000).status == 413


@pytest.mark.parametrize(
    "octets",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        CHUNKED + b"zz\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    ],
)
def test_what_is_not_http_is_named(octets: bytes) -> None:
    def talk(line: socket.socket) -> None:
        line.recv(65_536)
        line.sendall(octets)
        line.recv(1)

    with listening(talk) as port, pytest.raises(ResponseMalformed, match="not HTTP"):
        plain(port).request("GET", "/")


@pytest.mark.parametrize(
    "parts",
    [
        (),
        (b"HTTP/1.1 200 OK\r\nConte",),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello",),
        (CHUNKED, b"5\r\nhello\r\n"),
    ],
)
def test_a_response_that_ends_early_is_never_taken_for_whole(parts: tuple[bytes, ...]) -> None:
    with listening(saying(*parts)) as port, pytest.raises(ResponseTruncated):
        plain(port).request("GET", "/")


def test_over_tls_a_cut_connection_does_not_end_a_body_that_runs_to_the_end() -> None:
    class Cutting(Notes):
        @override
        def data_received(self, data: bytes) -> None:
            self.transport.write(b"HTTP/1.1 200 OK\r\n\r\nsend 100 to")
            self.transport._tls.raw.close()  # type: ignore[attr-defined]  # below TLS, as an attacker would

    with hybrid(inner=Cutting) as port, pytest.raises(ResponseTruncated):
        secure(port).request("GET", "/")


def test_over_tls_a_proper_end_ends_such_a_body() -> None:
    class Ending(Notes):
        @override
        def data_received(self, data: bytes) -> None:
            self.transport.write(b"HTTP/1.1 200 OK\r\n\r\nsend 100 to Ann")
            self.transport.close()

    with hybrid(inner=Ending) as port:
        assert secure(port).request("GET", "/").body == b"send 100 to Ann"


def test_more_than_the_caller_takes_is_dropped() -> None:
    endless = CHUNKED + b"400\r\n" + b"x" * 1024 + b"\r\n"
    with listening(saying(endless, *([endless[len(CHUNKED) :]] * 100))) as port:
        with pytest.raises(ResponseTooLarge) as fault:
            plain(port).request("GET", "/", most=10_000)
        assert fault.value.most == 10_000


def test_an_endless_head_is_cut() -> None:
    head = [b"HTTP/1.1 200 OK\r\n", *[b"A: " + b"b" * 1000 + b"\r\n"] * 200]
    with listening(saying(*head)) as port, pytest.raises(ResponseMalformed):
        plain(port).request("GET", "/")


def test_a_unix_socket_is_spoken_to(tmp_path: Path) -> None:
    heard: list[bytes] = []
    with listening(saying(OK, heard=heard), tmp_path / "s"):
        response = Client.unix(tmp_path / "s", host="owner").request("DELETE", "/x")
    assert (response.status, response.group) == (200, "none")
    assert b"host: owner\r\n" in heard[0]
    assert b"content-length" not in heard[0]


def test_hostile_octets_go_out_as_they_are() -> None:
    heard: list[bytes] = []
    hostile = (
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
    )

    class Keeping(Notes):
        @override
        def data_received(self, data: bytes) -> None:
            heard.append(data)
            self.transport.write(b"noted")

    with (
        hybrid(inner=Keeping) as port,
        open_connection("localhost", port, context=client(), allowed=LOCAL, timeout_s=5) as line,
    ):
        assert (line.group, line.version) == ("x25519mlkem768", "TLSv1.3")
        line.send(hostile)
        assert line.recv() == b"noted"
    assert heard == [hostile]


def test_a_line_tells_an_end_from_a_cut() -> None:
    class Leaving(Notes):
        @override
        def data_received(self, data: bytes) -> None:
            if data == b"end":
                self.transport.close()
            else:
                self.transport._tls.raw.close()  # type: ignore[attr-defined]  # below TLS

    with hybrid(inner=Leaving) as port:
        with open_connection("localhost", port, context=client(), allowed=LOCAL) as line:
            line.send(b"end")
            assert line.recv() == b""
        with open_connection("localhost", port, context=client(), allowed=LOCAL) as line:
            line.send(b"cut")
            with pytest.raises(TlsTruncated):
                line.recv()


def test_a_deadline_passes_by_the_clock_it_was_given() -> None:
    clock = SetClock(0)
    deadline = Deadline(2.0, clock)
    clock.at = int(1.5 * SECOND)
    assert deadline.left("x") == 0.5
    clock.at = 2 * SECOND
    with pytest.raises(UpstreamUnreachable, match="in time"):
        deadline.left("x")
