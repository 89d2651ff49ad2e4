"""An adversary who sends anything at all: random octets, and honest requests with a few octets changed.

Whatever comes, the gateway neither raises nor waits; what it says is HTTP; and each request that reaches the service
is one that an independent parser (h11) finds in the same octets, in the same order, with the same meaning.
"""

import asyncio
import json
from collections.abc import Iterator
from contextlib import AsyncExitStack
from itertools import pairwise

import h11
import pytest
import uvloop
from hypothesis import given
from hypothesis import strategies as st

from fuzz.oracle import requests_in
from tests.gateway.scene import CHAT, Client, Received, Scene, client, request, standing

HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer good\r\nContent-Type: application/json\r\n"
CODED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(CHAT), CHAT)
SEEDS = [
    request(),
    CODED,
    request(b"GET", b"/v1/models"),
    request(bearer=""),
    request() + request(b"GET", b"/v1/models"),
    CODED + request(),
    request(b"POST", b"/v1/chat/completions", CHAT, b"Expect: 100-continue"),
    request(b"POST", b"/v1/chat/completions", CHAT, b"Connection: close"),
    request(b"GET", b"/healthz"),
]
SPLICES = [
    b"\r\n", b"\n", b"\r", b" ", b"\t", b":", b"\x00", b"0\r\n\r\n", b"Content-Length: 5\r\n", b"Content-Length: 0\r\n",
    b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: x\r\n", b"Host: evil\r\n", b"GET / HTTP/1.1\r\n", b"HTTP/1.0", b"%2e",
    b"//", b"Connection: close\r\n", b"Upgrade: h2c\r\n", b";a=b", b",", b"\xff", b'"', b"{", b"5", b"-",
]  # fmt: skip


@st.composite
def changed(draw: st.DrawFn) -> bytes:
    """Return an honest sequence of requests, with a few places changed."""
    octets = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(octets)))
        gone = draw(st.sampled_from([0, 0, 1, 2, 10]))
        octets = octets[:at] + draw(st.sampled_from(SPLICES)) + octets[at + gone :]
    return octets


class Port:
    """A gateway that stands for a whole test, on a loop that runs while an example does."""

    def __init__(self) -> None:
        self.loop = uvloop.new_event_loop()
        self.raised: list[object] = []
        self.loop.set_exception_handler(lambda _loop, context: self.raised.append(context))
        self._stack = AsyncExitStack()
        self.scene: Scene = self.loop.run_until_complete(self._stack.enter_async_context(standing()))

    def close(self) -> None:
        self.loop.run_until_complete(self._stack.aclose())
        self.loop.close()

    def say(self, octets: bytes, cuts: list[int]) -> tuple[bytes, list[Received]]:
        """Send octets in pieces, and no more; return what came back and what reached the service."""
        return self.loop.run_until_complete(asyncio.wait_for(self._say(octets, cuts), 60))

    def ask(self, octets: bytes, cuts: list[int]) -> int:
        """Send octets in pieces; return the status of the first answer."""
        return self.loop.run_until_complete(asyncio.wait_for(self._ask(octets, cuts), 60))

    async def _ask(self, octets: bytes, cuts: list[int]) -> int:
        async with client(self.scene) as one:
            await _send(one, octets, cuts)
            return (await one.answer()).status

    async def _say(self, octets: bytes, cuts: list[int]) -> tuple[bytes, list[Received]]:
        self.scene.upstream.received.clear()
        async with client(self.scene) as one:
            await _send(one, octets, cuts)
            await asyncio.sleep(0.004)
            if not one.writer.is_closing():
                one.writer.write_eof()
            said = await one.closed()
        return said, list(self.scene.upstream.received)


async def _send(one: Client, octets: bytes, cuts: list[int]) -> None:
    marks = sorted({0, len(octets), *(cut % (len(octets) + 1) for cut in cuts)})
    for start, end in pairwise(marks):
        one.send(octets[start:end])
        await asyncio.sleep(0)


@pytest.fixture(scope="module")
def port() -> Iterator[Port]:
    port = Port()
    yield port
    port.close()


def answers_in(said: bytes) -> int:
    """Return how many answers h11 reads, to the last octet; it raises where it cannot."""
    count, rest = 0, said
    while rest:
        connection = h11.Connection(h11.CLIENT)
        connection.send(h11.Request(method=b"POST", target=b"/", headers=[(b"host", b"x")]))
        connection.send(h11.EndOfMessage())
        connection.receive_data(rest)
        while not isinstance(event := connection.next_event(), h11.EndOfMessage):
            assert event is not h11.NEED_DATA
        rest = connection.trailing_data[0]
        count += 1
    return count


def check(port: Port, octets: bytes, cuts: list[int]) -> None:
    said, received = port.say(octets, cuts)
    assert port.raised == []
    assert port.scene.upstream.faults == []
    answers_in(said)
    theirs = iter(requests_in(octets))
    for each in received:
        assert any(_same(each, *other) for other in theirs)


def _same(received: Received, method: bytes, target: bytes, body: bytes) -> bool:
    if (received.method, received.target) != (method, target):
        return False
    try:
        return received.body == body == b"" or json.loads(received.body) == json.loads(body)
    except ValueError:
        return False


CUTS = st.lists(st.integers(0, 2000), max_size=3)


@given(st.binary(max_size=400), CUTS)
def test_random_octets_reach_nobody(port: Port, octets: bytes, cuts: list[int]) -> None:
    check(port, octets, cuts)


@given(changed(), CUTS)
def test_a_changed_request_reaches_the_service_only_as_what_it_is(
    port: Port, octets: bytes, cuts: list[int]
) -> None:
    check(port, octets, cuts)


@given(st.sampled_from(SEEDS), CUTS)
def test_an_honest_request_is_answered_however_it_arrives(port: Port, octets: bytes, cuts: list[int]) -> None:
    assert port.ask(octets, cuts) in (200, 401)
