"""An adversary who plays with chunks: sizes, extensions, ends and trailers."""

import asyncio

import pytest

from tests.gateway.scene import CHAT, GOOD, client, run, standing, turns

HEAD = (
    b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %b\r\n"
    b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" % GOOD.encode()
)
SIZE = b"%x" % len(CHAT)
BAD = {
    "an extension": (SIZE + b";a=b\r\n" + CHAT + b"\r\n0\r\n\r\n", "chunk-extension"),
    "an extension without a name": (SIZE + b";\r\n" + CHAT + b"\r\n0\r\n\r\n", "chunk-extension"),
    "an extension of 64 KiB": (
        SIZE + b";" + b"a" * 65536 + b"\r\n" + CHAT + b"\r\n0\r\n\r\n",
        "chunk-extension",
    ),
    "an extension on the last chunk": (SIZE + b"\r\n" + CHAT + b"\r\n0;a\r\n\r\n", "chunk-extension"),
    "a huge size": (b"FFFFFFFFFFFFFFFFF\r\n", "chunk-size-huge"),
    "a size that wraps 32 bits": (b"100000039\r\n" + CHAT, "chunk-size-huge"),
    "a size with zeros in front": (b"0000000039\r\n" + CHAT, "chunk-size-huge"),
    "more than the route takes": (b"FFFFFFF\r\n", "body-too-large"),
    "a negative size": (b"-39\r\n" + CHAT, "chunk-size-malformed"),
    "a signed size": (b"+39\r\n" + CHAT, "chunk-size-malformed"),
    "a size with 0x": (b"0x39\r\n" + CHAT, "chunk-size-malformed"),
    "a size behind a space": (b" 39\r\n" + CHAT, "chunk-size-malformed"),
    "a size before a space": (b"39 \r\n" + CHAT, "chunk-size-malformed"),
    "a size before a bare LF": (b"39\n" + CHAT, "chunk-size-malformed"),
    "no size": (b"\r\n" + CHAT, "chunk-size-malformed"),
    "a word": (b"zz\r\n" + CHAT, "chunk-size-malformed"),
    "data beyond its size": (b"4\r\nabcdef\r\n0\r\n\r\n", "chunk-unterminated"),
    "data ended by LF": (SIZE + b"\r\n" + CHAT + b"\n0\r\n\r\n", "chunk-unterminated"),
    "an extension with an LF in it (TERM.EXT)": (SIZE + b";\n" + CHAT + b"\r\n0\r\n\r\n", "chunk-extension"),
    "an extension with a CR in it": (SIZE + b";a\rb\r\n" + CHAT + b"\r\n0\r\n\r\n", "chunk-extension"),
    "an extension in quotes": (SIZE + b';a="\r\n"\r\n' + CHAT + b"\r\n0\r\n\r\n", "chunk-extension"),
    "a bare CR behind a size": (SIZE + b"\r" + CHAT + b"\r\n0\r\n\r\n", "chunk-size-malformed"),
    "a size with an underscore": (b"3_9\r\n" + CHAT, "chunk-size-malformed"),
    "a size with a point": (b"39.0\r\n" + CHAT, "chunk-size-malformed"),
    "a size in wide digits": ("\uff13\uff19\r\n".encode() + CHAT, "chunk-size-malformed"),
    "a NUL behind a size": (SIZE + b"\x00\r\n" + CHAT, "chunk-size-malformed"),
    "data ended by two other octets (SPILL.TERM)": (
        SIZE + b"\r\n" + CHAT + b"XX0\r\n\r\n",
        "chunk-unterminated",
    ),
    "data ended by nothing": (SIZE + b"\r\n" + CHAT + b"0\r\n\r\n", "chunk-unterminated"),
    "data ended by CR alone": (SIZE + b"\r\n" + CHAT + b"\r0\r\n\r\n", "chunk-unterminated"),
    "data ended by LF CR": (SIZE + b"\r\n" + CHAT + b"\n\r0\r\n\r\n", "chunk-unterminated"),
    "an end of several zeros with more": (
        SIZE + b"\r\n" + CHAT + b"\r\n00\r\nX: y\r\n\r\n",
        "trailer-refused",
    ),
    "a trailer that frames": (
        SIZE + b"\r\n" + CHAT + b"\r\n0\r\nContent-Length: 0\r\n\r\n",
        "trailer-refused",
    ),
    "a request for an end": (
        SIZE + b"\r\n" + CHAT + b"\r\n0\r\nGET /v1/models HTTP/1.1\r\n\r\n",
        "trailer-refused",
    ),
    "a trailer": (SIZE + b"\r\n" + CHAT + b"\r\n0\r\nAuthorization: x\r\n\r\n", "trailer-refused"),
    "an end by LF": (SIZE + b"\r\n" + CHAT + b"\r\n0\r\n\n", "trailer-refused"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_doubtful_chunk_ends_the_connection(name: str) -> None:
    octets, reason = BAD[name]

    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            one.send(HEAD)
            await turns()
            answer = await one.ask(octets)
            assert (answer.reason, answer.headers[b"connection"]) == (reason, b"close")
            assert await one.closed() == b""
            assert (scene.upstream.received, scene.upstream.faults) == ([], [])

    run(scenario())


def test_a_body_in_a_flood_of_tiny_chunks_is_refused() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            answer = await one.ask(HEAD + b"1\r\n \r\n" * 16_385)
            assert answer.reason == "chunks-too-many"

    run(scenario())


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_honest_chunks_are_joined_however_they_arrive(size: int) -> None:
    octets = (
        HEAD
        + b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in (CHAT[:5], CHAT[5:]))
        + b"0\r\n\r\n"
    )

    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            for at in range(0, len(octets), size):
                one.send(octets[at : at + size])
                await asyncio.sleep(0)
            assert (await one.answer()).status == 200
            (received,) = scene.upstream.received
            assert received.body == CHAT
            assert received.header(b"content-length") == b"%d" % len(CHAT)
            assert received.header(b"transfer-encoding") is None

    run(scenario())
