"""A line's end is a receipt only where the other side has read everything; datagrams go where they may."""

import ipaddress
import socket
import struct
import threading
from pathlib import Path

import pytest

from bartizan.crypto.tls import client_context
from bartizan.crypto.tls_faults import TlsTruncated
from bartizan.egress.datagram import LONGEST, Datagrams
from bartizan.egress.faults import AddressRefused, CertificateRefused, HandshakeRefused, UpstreamUnreachable
from bartizan.egress.line import Line, open_connection
from tests.app.shipping.listeners import tls
from tests.crypto.scene import client, papers
from tests.egress.scene import LOCAL, listening


def connected(port: int, seconds: float = 5) -> Line:
    return open_connection("127.0.0.1", port, context=None, allowed=LOCAL, timeout_s=seconds)


def test_it_returns_once_the_other_side_has_read_to_the_end() -> None:
    heard: list[bytes] = []

    def reads(line: socket.socket) -> None:
        while octets := line.recv(65_536):
            heard.append(octets)

    with listening(reads) as port, connected(port) as line:
        line.send(b"x" * 500_000)
        line.end()
        assert sum(map(len, heard)) == 500_000


def test_a_reset_is_no_end() -> None:
    def resets(line: socket.socket) -> None:
        line.recv(10)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with listening(resets) as port, connected(port) as line:
        line.send(b"x" * 100_000)
        with pytest.raises(UpstreamUnreachable):
            line.end()


def test_one_that_goes_on_talking_has_not_ended() -> None:
    def talks(line: socket.socket) -> None:
        while True:
            line.sendall(b"x" * 1000)

    with (
        listening(talks) as port,
        connected(port) as line,
        pytest.raises(UpstreamUnreachable, match="says more"),
    ):
        line.end(most=5000)


def test_one_that_does_not_end_is_left_in_time() -> None:
    left = threading.Event()

    def waits(_: socket.socket) -> None:
        left.wait(60)

    with listening(waits) as port, connected(port, 0.3) as line:
        with pytest.raises(UpstreamUnreachable, match="no answer in time"):
            line.end()
        left.set()


def test_over_tls_an_end_needs_the_key(tmp_path: Path) -> None:
    context = tls(tmp_path)
    polite = threading.Event()

    def ends(line: socket.socket) -> None:
        with context.wrap_socket(line, server_side=True) as end:
            while end.recv(65_536):
                pass
            if polite.is_set():
                end.unwrap()

    with listening(ends) as port:
        for said in (True, False):
            polite.set() if said else polite.clear()
            with open_connection("localhost", port, context=client(), allowed=LOCAL, timeout_s=5) as line:
                line.send(b"hello")
                if said:
                    line.end()
                else:
                    with pytest.raises((TlsTruncated, UpstreamUnreachable)):
                        line.end()


def test_a_line_becomes_secure_and_says_who_it_speaks_with(tmp_path: Path) -> None:
    context = tls(tmp_path)

    def upgrades(line: socket.socket) -> None:
        line.sendall(b"in the clear")
        with context.wrap_socket(line, server_side=True) as end:
            end.sendall(end.recv(100).upper())
            end.recv(1)

    with listening(upgrades) as port:
        with connected(port) as line:
            assert line.recv() == b"in the clear"
            line.secure(client(), "localhost")
            line.send(b"behind tls")
            assert line.recv() == b"BEHIND TLS"
            assert line.version == "TLSv1.3"
        for name, trusted in (("other.example", papers().ca), ("localhost", papers().chain)):
            with connected(port) as line:
                line.recv()
                with pytest.raises((CertificateRefused, HandshakeRefused)):
                    line.secure(client_context(trusted), name)


# ---- datagrams -------------------------------------------------------------------------------------------
def test_a_datagram_goes_to_the_address_that_was_checked_and_no_other() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
        end.bind(("127.0.0.1", 0))
        end.settimeout(60)
        port, asked = end.getsockname()[1], list[str]()

        def resolver(host: str, _: int) -> tuple[ipaddress.IPv4Address, ...]:
            asked.append(host)
            return (ipaddress.ip_address("127.0.0.1" if len(asked) == 1 else "169.254.169.254"),)  # type: ignore[return-value]

        allowed = frozenset({"rebinding.example"})
        with Datagrams("rebinding.example", port, allowed=allowed, resolver=resolver) as there:
            there.send(b"one")
            there.send(b"two")
            assert [end.recv(100), end.recv(100)] == [b"one", b"two"]
            with pytest.raises(UpstreamUnreachable, match="larger than"):
                there.send(b"x" * (LONGEST + 1))
        assert asked == ["rebinding.example"]
        with pytest.raises(AddressRefused):
            Datagrams("rebinding.example", port, allowed=allowed, resolver=resolver)


def test_a_private_destination_is_not_reached_unless_it_is_listed() -> None:
    with pytest.raises(AddressRefused):
        Datagrams("127.0.0.1", 514)
