"""The hoarder: has a tool server send long answers that do not end, or does not take them, to fill a worker's memory."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.gateway.bounds import ANSWER_OWN_OCTETS
from bartizan.gateway.framing import FramingDoubt
from bartizan.gateway.mcp.held import AnswersHeld, Hold
from tests.gateway.scene import Received, Scene, Script, client, run, standing, until
from tests.gateway.tools import LIST, answering, asked, event

MOST = 4 << 20
QUARTER = MOST // 4
RESULT = b'{"jsonrpc":"2.0","id":1,"result":{"content":"%b"}}'
LONG = RESULT % (b"x" * (600 << 10))


def small(scene: Scene) -> None:
    ports = scene.ports
    scene.ports = lambda: msgspec.structs.replace(ports(), answers=MOST)  # type: ignore[method-assign]  # a bound


def held(scene: Scene) -> int:
    return scene.gateway._plane.answers.octets


async def unending(_received: Received, writer: asyncio.StreamWriter) -> None:
    """Begin an answer and never end it."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 4000000\r\n\r\n"
    writer.write(head + LONG)
    await asyncio.sleep(60)


async def streaming(_received: Received, writer: asyncio.StreamWriter) -> None:
    """Begin an event and never end it."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    said = b"data: " + LONG
    writer.write(head + b"%x\r\n%b\r\n" % (len(said), said))
    await asyncio.sleep(60)


@pytest.mark.parametrize("script", [unending, streaming])
def test_one_principals_answers_that_do_not_end_hold_a_quarter_and_anothers_come(
    script: Script,
) -> None:
    async def scenario() -> None:
        async with standing(small) as scene, AsyncExitStack() as stack:
            scene.upstream.script = script
            hoarding = [await stack.enter_async_context(client(scene)) for _ in range(6)]
            for each in hoarding:
                each.send(asked(LIST))
            await until(lambda: len(scene.events("gateway.request.completed")) >= 5)
            assert 0 < held(scene) <= QUARTER
            reasons = {each.detail["reason"] for each in scene.events("gateway.request.completed")}
            assert reasons == {"answers-full"}
            scene.upstream.script = answering(LONG)
            async with client(scene) as other:
                answer = await other.ask(asked(LIST, bearer="other"))
                assert (answer.status, len(answer.body)) == (200, len(LONG))
            for each in hoarding:
                each.writer.transport.abort()
            await until(lambda: not held(scene))

    run(scenario())


def test_an_answer_for_which_there_is_no_room_says_that_the_call_may_be_done_and_small_ones_still_come() -> (
    None
):
    async def scenario() -> None:
        async with standing(small) as scene, client(scene) as one, client(scene) as two:
            scene.upstream.script = unending
            one.send(asked(LIST))
            await until(lambda: held(scene) > 0)
            answer = await two.ask(asked(LIST))
            assert (answer.status, answer.json()["error"]["data"]["reason"]) == (503, "answers-full")
            assert "may have done" in answer.json()["error"]["message"]
            scene.upstream.script = answering(RESULT % b"small")
            assert (await two.ask(asked(LIST))).status == 200

    run(scenario())


def test_what_a_client_does_not_take_counts_until_it_does() -> None:
    """A judged answer lies in the client's buffer still: it is not free because it was passed on."""

    async def scenario() -> None:
        async with standing(small) as scene, AsyncExitStack() as stack:
            scene.upstream.script = answering(RESULT % (b"x" * (900 << 10)))
            slow = [await stack.enter_async_context(unread(scene)) for _ in range(24)]
            for each in slow:
                each.write(asked(LIST))
            await until(lambda: len(scene.events("gateway.request.completed")) == len(slow))
            reasons = [each.detail["reason"] for each in scene.events("gateway.request.completed")]
            assert set(reasons) == {"done", "answers-full"}
            assert 0 < held(scene) <= QUARTER
            for each in slow:
                each.transport.abort()
            await until(lambda: not held(scene))

    run(scenario())


def test_events_of_a_client_that_keeps_up_are_without_end() -> None:
    async def scenario() -> None:
        async def script(_received: Received, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
            for _ in range(20):
                writer.write(event(LONG))
                await writer.drain()
            writer.close()

        async with standing(small) as scene, client(scene) as one:
            scene.upstream.script = script
            answer = await one.ask(asked(LIST))
            assert answer.body.count(LONG) == 20
            await until(lambda: not held(scene))

    run(scenario())


class Slow:
    stalled = True


STEPS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 1 << 20), st.integers(0, 1 << 20), st.booleans())
)


@given(STEPS)
def test_whatever_is_held_and_given_back_the_sum_is_right_and_never_beyond(
    steps: list[tuple[int, int, int, bool]],
) -> None:
    every = AnswersHeld(MOST)
    clients = [Slow() for _ in range(4)]
    holds = [Hold(every, each, f"p{at % 2}") for at, each in enumerate(clients)]  # type: ignore[arg-type]  # as far as it matters
    for at, reading, passed, stalled in steps:
        clients[at].stalled = stalled
        try:
            holds[at].follow(reading, passed)
        except FramingDoubt:
            holds[at].end()
        assert every.octets == sum(hold.counted for hold in holds) <= MOST
        for name in ("p0", "p1"):
            assert sum(hold.counted for hold in holds if hold.principal == name) <= QUARTER
        assert all(hold.reading + hold.passed - hold.counted <= ANSWER_OWN_OCTETS for hold in holds)
    for hold in holds:
        hold.end()
    every.sweep(set())
    assert every.octets == 0


@asynccontextmanager
async def unread(scene: Scene) -> AsyncIterator[asyncio.StreamWriter]:
    """Yield the writing side of a connection that nobody reads, with a small window."""
    mine = socket.socket()
    mine.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    mine.setblocking(False)
    await asyncio.get_running_loop().sock_connect(mine, ("127.0.0.1", scene.port))
    _, writer = await asyncio.open_connection(sock=mine, limit=1024)
    try:
        yield writer
    finally:
        writer.transport.abort()
