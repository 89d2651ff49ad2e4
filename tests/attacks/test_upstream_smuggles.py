"""An adversary behind the gateway: a service that wants its octets to be the answer to somebody else's request.

Whatever it says, no client reads an octet that was not its own answer, and a connection in doubt serves nobody again.
"""

import asyncio

import pytest

from tests.gateway.scene import ANSWER, CHAT, OK, Received, client, request, run, standing

POISON = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 8\r\n\r\npoisoned"
BODILESS = {
    "204 with a length": b"HTTP/1.1 204 No Content\r\nContent-Length: %d\r\n\r\n" % len(POISON),
    "204 with chunks": b"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n",
    "100 with a length": b"HTTP/1.1 100 Continue\r\nContent-Length: %d\r\n\r\n" % len(POISON),
    "103 with chunks": b"HTTP/1.1 103 Early Hints\r\nTransfer-Encoding: chunked\r\n\r\n",
    "a part that nobody asked for": b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-1/9\r\nContent-Length: 2\r\n\r\n{}",
}


@pytest.mark.parametrize("name", BODILESS)
def test_an_answer_that_has_no_body_announces_none(name: str) -> None:
    """Its body would arrive when the connection is the next request's."""

    async def script(_received: Received, writer: asyncio.StreamWriter) -> None:
        if not scripted:
            scripted.append(None)
            writer.write(BODILESS[name])
            await writer.drain()
            await asyncio.sleep(0.02)
            writer.write(POISON)
        else:
            writer.write(OK)

    scripted: list[None] = []

    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            scene.upstream.script = script
            one.send(request() + request())
            answer = await one.answer()
            assert (answer.status, answer.reason) == (502, "upstream-malformed")
            assert (await one.answer()).body == ANSWER

    run(scenario())


@pytest.mark.parametrize("length", [b"", b"Content-Length: 0\r\n"])
def test_an_honest_204_is_passed_on_and_its_connection_kept(length: bytes) -> None:
    async def script(_received: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 204 No Content\r\n" + length + b"\r\n")

    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            scene.upstream.script = script
            for _ in range(2):
                answer = await one.ask(request())
                assert (answer.status, answer.body) == (204, b"")
                assert b"content-length" not in answer.headers
            assert scene.upstream.connections == 1

    run(scenario())


def test_head_is_never_asked_so_its_answer_cannot_be_in_doubt() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            one.send(request(b"HEAD", b"/v1/models") + request())
            assert (await one.answer(b"HEAD")).body == b""
            assert (await one.answer()).body == ANSWER
            assert [received.method for received in scene.upstream.received] == [b"GET", b"POST"]

    run(scenario())


SPLIT = {
    "a CR": b"x\rSet-Cookie: a=b",
    "an LF": b"x\nSet-Cookie: a=b",
    "a NUL": b"x\x00",
    "a fold": b"x\r\n Set-Cookie: a=b",
    "CR LF, as octets that only look like it": "x\u560d\u560aSet-Cookie: a=b".encode(),
    "beyond ASCII": b"x\xff",
}


@pytest.mark.parametrize("name", SPLIT)
def test_no_field_of_an_answer_splits_it(name: str) -> None:
    async def script(_received: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(OK.replace(b"Server: secretive", b"OpenAI-Model: " + SPLIT[name]))

    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            scene.upstream.script = script
            answer = await one.ask(request())
            assert answer.status in (200, 502)
            assert b"set-cookie" not in answer.headers
            assert b"openai-model" not in answer.headers

    run(scenario())


def test_an_answer_before_the_whole_request_ends_the_connection() -> None:
    """What a service does with the rest of a request that it has answered is its own affair; not another client's."""

    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            honest, early = scene.upstream.accept, asyncio.Event()

            async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                if early.is_set():
                    await honest(reader, writer)
                    return
                early.set()
                await reader.read(1000)
                writer.write(OK)
                await writer.drain()
                await done.wait()
                writer.transport.abort()

            done = asyncio.Event()
            scene.upstream.accept = accept  # type: ignore[method-assign]  # a service that reads no further
            large = request(body=CHAT.replace(b"hi", b"x" * 3_000_000))
            assert (await one.ask(large)).body == ANSWER
            assert (await one.ask(request())).body == ANSWER
            assert scene.upstream.connections == 1  # the early one did not count itself
            done.set()

    run(scenario())


CHUNKED = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"
)
TRAILERS = {
    "one": (b"Server-Timing: x\r\n\r\n", True),
    "two": (b"A: b\r\nC: d\r\n\r\n", True),
    "one of 4,000 octets": (b"A: " + b"b" * 4_000 + b"\r\n\r\n", True),
    "one that is meant for the client": (b"A: b\r\nSet-Cookie: a=b\r\n\r\n", True),
    "a length that comes too late": (b"A: b\r\nContent-Length: 0\r\n\r\n", False),
    "a coding that comes too late": (b"transfer-encoding: chunked\r\n\r\n", False),
    "one without end": (b"A: " + b"b" * 5_000, False),
    "one without a colon": (b"poison\r\n\r\n", False),
    "one that is folded": (b"A: b\r\n c\r\n\r\n", False),
    "a bare LF": (b"A: b\nC: d\r\n\r\n", False),
    "another answer": (POISON, False),
}


@pytest.mark.parametrize("name", TRAILERS)
def test_trailers_of_an_answer_are_thrown_away_or_a_doubt(name: str) -> None:
    trailers, taken = TRAILERS[name]

    async def script(_received: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(CHUNKED + trailers)

    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            scene.upstream.script = script
            answer = await one.ask(request())
            assert (answer.status, answer.body) == (200, b"{}") if taken else answer.status == 502
            assert b"set-cookie" not in answer.headers
            await one.ask(request())
            assert scene.upstream.connections == (1 if taken else 2)

    run(scenario())
