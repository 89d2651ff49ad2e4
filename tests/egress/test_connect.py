import ipaddress
import socket
import time
from pathlib import Path

import pytest

from bartizan.egress.check import Address
from bartizan.egress.connect import connect, connect_unix
from bartizan.egress.faults import AddressRefused, EgressFault, NameUnknown, UpstreamUnreachable
from tests.egress.scene import LOCAL, OK, listening, saying


def addresses(*texts: str) -> tuple[Address, ...]:
    return tuple(ipaddress.ip_address(text) for text in texts)


def test_a_listed_address_is_connected_to_without_delay_and_with_a_limit() -> None:
    with listening(saying(OK)) as port, connect("localhost", port, allowed=LOCAL, timeout_s=5) as line:
        assert line.getpeername() == ("127.0.0.1", port)
        assert line.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert line.gettimeout() == 5
        line.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert line.recv(100) == OK


def test_loopback_is_refused_unless_listed() -> None:
    with listening(saying(OK)) as port, pytest.raises(AddressRefused):
        connect("localhost", port)


def test_an_address_that_may_not_be_reached_is_passed_over_for_one_that_may() -> None:
    with listening(saying(OK)) as port:
        answer = addresses("169.254.169.254", "::1", "127.0.0.1")
        allowed = frozenset({"127.0.0.1"})
        with connect("two.example", port, allowed=allowed, resolver=lambda _host, _port: answer) as line:
            assert line.getpeername()[0] == "127.0.0.1"


def test_where_nobody_listens_the_next_address_is_tried() -> None:
    with listening(saying(OK)) as port:
        answer = addresses("127.0.0.9", "127.0.0.1")
        with connect("x", port, allowed=frozenset({"x"}), resolver=lambda _host, _port: answer) as line:
            assert line.getpeername()[0] == "127.0.0.1"


def test_nobody_there_says_so() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        with pytest.raises(UpstreamUnreachable, match="connection refused: check that it runs"):
            connect("localhost", bound.getsockname()[1], allowed=LOCAL)


def test_a_host_that_never_answers_is_given_up_in_time() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]  # fill the queue, so that the next one gets no answer
        for line in waiting:
            line.setblocking(False)
            line.connect_ex(("127.0.0.1", port))
        begun = time.monotonic()
        try:
            with pytest.raises(UpstreamUnreachable, match="in time"):
                connect("127.0.0.1", port, allowed=LOCAL, timeout_s=0.4)
        finally:
            for line in waiting:
                line.close()
        assert time.monotonic() - begun < 3


def test_a_name_without_an_address_is_a_fault() -> None:
    with pytest.raises(NameUnknown):
        connect("none.example", 80, resolver=lambda _host, _port: ())


def test_a_unix_socket_is_connected_to_by_its_path(tmp_path: Path) -> None:
    with listening(saying(OK), tmp_path / "s") as _, connect_unix(tmp_path / "s") as line:
        line.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert line.recv(100) == OK


def test_a_unix_socket_in_a_folder_of_any_depth_is_connected_to(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 120)
    with listening(saying(OK), tmp_path / "s") as _:
        deep.mkdir()
        (tmp_path / "s").rename(deep / "s")
        with connect_unix(deep / "s") as line:
            line.sendall(b"GET / HTTP/1.1\r\n\r\n")
            assert line.recv(100) == OK


@pytest.mark.parametrize("name", ["absent", "x" * 200, "a\0b", f"{'x' * 120}/s"])
def test_a_path_where_nobody_listens_is_a_fault(tmp_path: Path, name: str) -> None:
    with pytest.raises(UpstreamUnreachable):
        connect_unix(f"{tmp_path}/{name}")


def test_every_fault_of_the_way_out_is_one_kind_of_error() -> None:
    for fault in (AddressRefused, NameUnknown, UpstreamUnreachable):
        assert issubclass(fault, EgressFault)
        assert issubclass(fault, OSError)
