"""Syslog over TCP and TLS counts as taken when the receiver has read it, and else never."""

import json
import random
import socket
import threading
from pathlib import Path

import pytest

from bartizan.app.shipping.courier import Courier, Ports
from bartizan.app.shipping.outcome import Later, Taken
from bartizan.app.shipping.stream import Datagram, Stream
from tests.app.shipping.ground import SOURCE, Shipyard, in_order_at_least_once
from tests.app.shipping.listeners import at, entries, syslog, tls
from tests.crypto.scene import papers
from tests.egress.scene import listening


def indexes(messages: list[bytes]) -> list[int]:
    return [int(json.loads(message.partition(b"] {")[2].join((b"{", b"")))["entry"]) for message in messages]


@pytest.mark.parametrize("scheme", ["syslog+tcp", "syslog+tls"])
def test_a_batch_arrives_whole_and_in_order(scheme: str, tmp_path: Path) -> None:
    with syslog(context=tls(tmp_path) if scheme == "syslog+tls" else None) as receiver:
        assert Stream(at(receiver.port, scheme), SOURCE)(entries(200)) == Taken()
    assert indexes(receiver.messages) == list(range(200))
    assert receiver.messages[0].startswith(
        b"<110>1 2023-11-14T22:13:20.000000Z host-1 bartizan - access.principal"
    )


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["syslog+tcp", "syslog+tls"])
def test_a_receiver_that_dies_at_any_moment_gets_everything_from_the_next_one(
    scheme: str, tmp_path: Path
) -> None:
    """What its socket held and it did not read is sent again; what it read is in order."""
    ground = Shipyard(tmp_path / "ledger")
    size = ground.grow(1500)
    chance = random.Random(scheme)  # noqa: S311
    dies = lambda read: chance.random() < 0.08 and read > 0  # noqa: E731
    with syslog(dies, tls(tmp_path) if scheme == "syslog+tls" else None) as receiver:
        deliver = Stream(at(receiver.port, scheme), SOURCE)
        while True:
            ports = Ports(deliver, lambda *_: False, lambda: 0.5)
            one = Courier(at(receiver.port, scheme), ground.folder, tmp_path / "cursors", ports)
            for _ in range(chance.randrange(1, 8)):  # then the shipper dies too
                one.turn()
            if one.next == size:
                break
    assert in_order_at_least_once(indexes(receiver.messages), range(size))
    assert receiver.connections > 6


def test_octets_that_nobody_read_do_not_count() -> None:
    """The receiver's kernel has them and its process is gone: it answers with a reset."""

    def never_reads(line: socket.socket) -> None:
        line.recv(1)

    with listening(never_reads) as port:
        assert Stream(at(port, "syslog+tcp"), SOURCE)(entries(50)) == Later("unreachable")


def test_one_that_takes_all_and_never_ends_is_left_after_a_while() -> None:
    def never_ends(line: socket.socket) -> None:
        while line.recv(65_536):
            pass
        left.wait(60)

    left = threading.Event()
    with listening(never_ends) as port:
        assert Stream(at(port, "syslog+tcp"), SOURCE, 0.4)(entries(5)) == Later("unreachable")
        left.set()


def test_one_that_has_much_to_say_is_left() -> None:
    def floods(line: socket.socket) -> None:
        while True:
            line.sendall(b"x" * 65_536)

    with listening(floods) as port:
        assert Stream(at(port, "syslog+tcp"), SOURCE, 5)(entries(5)) == Later("unreachable")


def test_a_cut_by_somebody_on_the_way_is_no_receipt(tmp_path: Path) -> None:
    """Who ends the TCP connection need not have the key of its TLS."""
    context = tls(tmp_path)

    def cut(line: socket.socket) -> None:
        with context.wrap_socket(line, server_side=True) as end:
            while end.recv(65_536):
                pass  # and then no close_notify of ours

    with listening(cut) as port:
        outcome = Stream(at(port, "syslog+tls"), SOURCE, 5)(entries(5))
    assert isinstance(outcome, Later)


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"allowed": ()}, "address-refused"),
        ({"host": "no-such-name.invalid"}, "name-unknown"),
        ({"authorities": papers().chain.decode()}, "certificate-refused"),
    ],
)
def test_where_it_may_not_go_it_does_not(more: dict[str, object], word: str, tmp_path: Path) -> None:
    with syslog(context=tls(tmp_path)) as receiver:
        assert Stream(at(receiver.port, "syslog+tls", **more), SOURCE, 5)(entries(1)) == Later(word)
        assert receiver.messages == []


def test_datagrams_are_a_message_each_and_nobody_there_is_known_at_the_next() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
        end.bind(("127.0.0.1", 0))
        end.settimeout(60)
        deliver = Datagram(at(end.getsockname()[1], "syslog+udp"), SOURCE)
        assert deliver(entries(3)) == Taken()
        assert indexes([end.recv(9000) for _ in range(3)]) == [0, 1, 2]
    outcomes = (deliver(entries(1)) for _ in range(50))
    assert next(outcome for outcome in outcomes if outcome != Taken()) == Later("unreachable")
