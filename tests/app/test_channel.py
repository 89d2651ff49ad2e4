"""Messages arrive whole, typed and bounded, or not at all."""

import os
import socket
from collections.abc import Callable, Iterator

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bartizan.app import messages as m
from bartizan.app import worker_messages as w
from bartizan.app.channel import LARGEST, Channel, ChannelClosed, Message, MessageRefused, pair
from tests.processes import descriptors, descriptors_again

Ends = Callable[..., tuple[Channel, Channel]]


@pytest.fixture
def ends() -> Iterator[Ends]:
    opened: list[Channel] = []

    def make(reads: object, *, descriptors: bool = True) -> tuple[Channel, Channel]:
        ours, theirs = pair()
        opened.extend((Channel(ours, reads, descriptors=descriptors), Channel(theirs)))
        return opened[-2], opened[-1]

    yield make
    for channel in opened:
        channel.close()


def test_a_message_arrives_with_its_descriptors(ends: Ends) -> None:
    ours, theirs = ends(m.DialerReports)
    reads, writes = os.pipe()
    theirs.send(m.Dialled(ticket=7), [writes])
    message, (fd,) = ours.receive()
    assert message == m.Dialled(ticket=7)
    os.write(fd, b"through")
    assert os.read(reads, 16) == b"through"
    for each in (reads, writes, fd):
        os.close(each)


def test_the_end_of_the_other_side_is_told_apart_from_silence(ends: Ends) -> None:
    ours, theirs = ends(w.WorkerReports)
    with pytest.raises(BlockingIOError):
        ours.receive()
    theirs.close()
    with pytest.raises(ChannelClosed):
        ours.receive()


def test_a_worker_can_pass_no_descriptor(ends: Ends) -> None:
    ours, theirs = ends(w.WorkerReports, descriptors=False)
    before = descriptors()
    theirs.send(w.Serving(), [0, 1, 2])
    with pytest.raises(MessageRefused):
        ours.receive()
    assert descriptors_again(before) <= before


@pytest.mark.parametrize(
    "message",
    [
        m.Dial(ticket=1, service="sample\n"),
        m.Dial(ticket=1, service="sample", target="main\n"),
        w.TargetPresence(service="a\n", target="main", fit=False),
        m.Minted(addresses={"10.0.0.0/24": f"a-{'0' * 16}\n"}),
    ],
)
def test_a_word_that_a_line_break_follows_is_none(ends: Ends, message: Message) -> None:
    ours, theirs = ends(w.WorkerReports)
    theirs.send(message)
    with pytest.raises(MessageRefused):
        ours.receive()


@pytest.mark.parametrize(
    "message", [m.Sealed(entries=1), m.Publish(), m.LeafSigned(worker=1, chain="forged")]
)
def test_a_worker_cannot_speak_as_another_process(ends: Ends, message: m.Sealed) -> None:
    ours, theirs = ends(w.WorkerReports)
    theirs.send(message)
    with pytest.raises(MessageRefused):
        ours.receive()


@given(st.binary(min_size=1, max_size=2000))
@example(b'{"do":"\x80"}')
@example(b'{"do":"ready","x":' + b"[" * 20_000 + b"]" * 20_000 + b"}")
def test_no_octets_from_a_worker_do_more_than_be_refused(octets: bytes) -> None:
    ours, theirs = pair()
    channel = Channel(ours, w.WorkerReports, descriptors=False)
    theirs.send(octets)
    try:
        message, fds = channel.receive()
    except MessageRefused:
        return
    finally:
        theirs.close()
        ours.close()
    assert msgspec.json.decode(octets)["do"]
    assert isinstance(message, w.WorkerReports)
    assert not fds


def test_a_message_over_the_limit_is_refused_on_both_sides(ends: Ends) -> None:
    ours, theirs = ends(dict)
    with pytest.raises(MessageRefused):
        theirs.send({"do": "x" * LARGEST})
    theirs.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    theirs.sock.send(b'{"do": "' + b"x" * LARGEST + b'"}')
    with pytest.raises(MessageRefused):
        ours.receive()


def tell_without_end(channel: Channel) -> None:
    for _ in range(100_000):
        channel.send(w.Serve())


def test_a_child_that_does_not_read_is_noticed(ends: Ends) -> None:
    ours, _ = ends(w.WorkerReports)
    with pytest.raises(ChannelClosed):
        tell_without_end(ours)
