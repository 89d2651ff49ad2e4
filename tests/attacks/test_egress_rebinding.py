"""A name server that answers well when asked first, and with an inside address when asked again."""

import ipaddress
import socket

import pytest

from bartizan.egress.check import Address
from bartizan.egress.connect import connect
from bartizan.egress.faults import AddressRefused, UpstreamUnreachable
from tests.egress.scene import OK, listening, saying


class Rebinding:
    """Answers in turn; what it would say after its last answer it says for ever."""

    def __init__(self, *answers: str) -> None:
        self.answers = [ipaddress.ip_address(answer) for answer in answers]
        self.asked = 0

    def __call__(self, _host: str, _port: int) -> tuple[Address, ...]:
        self.asked += 1
        return (self.answers[min(self.asked, len(self.answers)) - 1],)


def test_the_address_that_was_checked_is_the_one_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    dialled: list[object] = []

    def record(_socket: socket.socket, where: object) -> None:
        dialled.append(where)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", record)  # so that no test connects to a stranger
    resolver = Rebinding("1.1.1.1", "127.0.0.1")
    with pytest.raises(UpstreamUnreachable):
        connect("rebinding.example", 443, resolver=resolver)
    assert dialled == [("1.1.1.1", 443)]
    assert resolver.asked == 1


def test_a_second_answer_is_checked_like_the_first() -> None:
    resolver = Rebinding("127.0.0.1", "169.254.169.254")
    allowed = frozenset({"rebinding.example"})
    with listening(saying(OK)) as port:
        with connect("rebinding.example", port, allowed=allowed, resolver=resolver) as line:
            assert line.getpeername()[0] == "127.0.0.1"
        with pytest.raises(AddressRefused) as fault:
            connect("rebinding.example", port, allowed=allowed, resolver=resolver)
        assert fault.value.kind == "metadata"
