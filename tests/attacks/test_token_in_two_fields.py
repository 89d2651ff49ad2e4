"""An adversary with a token of its own who puts another's beside it, or hides one where revocation does not look."""

import asyncio

import pytest

from tests.gateway.scene import DRILL, Received, client, request, run, standing

MESSAGE = b'{"model":"c","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"hi"}]}'
PATH = b"/claude/v1/messages"
DIFFERENT = {
    "a good one and another's": ((b"x-api-key: other",), "good"),
    "a good one and none": ((b"x-api-key: good",), "none"),
    "a good one and a password": ((b"x-api-key: good", b"Authorization: Basic Z29vZDo="), ""),
    "a good one and an empty bearer": ((b"x-api-key: good", b"Authorization: Bearer"), ""),
    "two keys": ((b"x-api-key: good", b"X-API-Key: other"), ""),
    "two keys at once": ((b"x-api-key: good, other",), ""),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_nobody_chooses_between_two_tokens(name: str) -> None:
    lines, bearer = DIFFERENT[name]

    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            answer = await one.ask(request(b"POST", PATH, MESSAGE, *lines, bearer=bearer))
            assert answer.status in (400, 401)
            assert scene.upstream.received == []
            assert scene.decided == []
            assert scene.charged == 1

    run(scenario())


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (b"/v1/chat/completions", b"x-api-key: good"),
        (b"/v1/chat/completions", b"api-key: good"),
        (PATH, b"api-key: good"),
        (b"/az/openai/v1/chat/completions", b"x-api-key: good"),
    ],
)
def test_a_token_counts_only_where_its_protocol_has_it(path: bytes, line: bytes) -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            answer = await one.ask(request(b"POST", path, MESSAGE, line, bearer=""))
            assert (answer.status, answer.reason) == (401, "token-missing")

    run(scenario())


def test_a_stream_of_somebody_revoked_is_cut_wherever_its_token_stood() -> None:
    async def script(_received: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        while not writer.is_closing():
            writer.write(b"e\r\nevent: ping\n\n\n\r\n")
            await asyncio.sleep(0.01)

    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            scene.upstream.script = script
            one.send(request(b"POST", PATH, MESSAGE, b"x-api-key: good", bearer=""))
            await one.reader.readuntil(b"event: ping")
            scene.revoked.add(DRILL.principal.id)
            scene.number += 1
            await one.closed()
            (completed,) = scene.events("gateway.request.completed")
            assert completed.detail["reason"] == "principal-revoked"

    run(scenario())
