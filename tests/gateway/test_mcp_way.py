"""The way of a tool client's requests: what it reads when refused, what of an answer reaches it, and how it ends."""

import asyncio

import pytest

from tests.gateway.scene import Received, client, request, run, standing, until
from tests.gateway.tools import LIST, PATH, answering, asked, called, event, listed, message, tool

RESULT = b'{"jsonrpc":"2.0","id":1,"result":{}}'


@pytest.mark.parametrize(
    ("octets", "status", "code", "reason"),
    [
        (asked(b"{"), 400, -32700, "json-malformed"),
        (asked(b"[]"), 400, -32600, "message-batch"),
        (asked(message("tools/none")), 400, -32601, "message-unknown"),
        (asked(message("ping", {"x": 1})), 400, -32602, "field-unknown"),
        (asked(LIST, bearer=""), 401, -32003, "token-missing"),
        (asked(message("tools/call", {"name": "t"})), 403, -32003, "tool-unlisted"),
        (asked(LIST, b"MCP-Protocol-Version: latest"), 400, -32003, "field-value-refused"),
    ],
)
def test_a_refusal_is_an_error_of_json_rpc(octets: bytes, status: int, code: int, reason: str) -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            answer = await one.ask(octets)
            said = answer.json()
            assert (answer.status, said["error"]["code"], answer.reason) == (status, code, reason)
            assert (said["jsonrpc"], said["id"]) == ("2.0", None)
            assert said["error"]["message"]
            assert answer.headers[b"content-type"] == b"application/json"
            assert scene.upstream.received == []

    run(scenario())


def test_a_principal_whose_calls_are_forbidden_may_still_list() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            scene.forbidden = {"call-tool"}
            assert await listed(scene, one, tool("a")) == []
            assert (await called(scene, one, "a")).reason == "not-permitted"
            scene.forbidden = {"list-tools"}
            scene.number += 1
            assert (await one.ask(asked(LIST))).reason == "not-permitted"
            assert ("workload.drill", "call-tool", "a") in scene.decided

    run(scenario())


@pytest.mark.parametrize(
    ("status", "body", "media", "got"),
    [
        (b"202 Accepted", b"", b"text/plain", b""),
        (b"404 Not Found", b"<html>tools</html>", b"text/html", b""),
        (b"404 Not Found", RESULT, b"application/json", RESULT),
        (b"400 Bad Request", b"", b"application/json", b""),
        (b"200 OK", RESULT.replace(b",", b" , "), b"application/json", RESULT),
    ],
)
def test_of_an_answer_the_status_and_what_was_judged_reach_the_client(
    status: bytes, body: bytes, media: bytes, got: bytes
) -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            scene.upstream.script = answering(body, media=media, status=status)
            for _ in range(2):
                answer = await one.ask(asked(LIST))
                assert (answer.status, answer.body) == (int(status[:3]), got)
            assert scene.upstream.connections == 1

    run(scenario())


@pytest.mark.parametrize("whole", [True, False])
def test_a_client_that_leaves_after_its_answer_had_all_of_it(whole: bool) -> None:  # noqa: FBT001 - a parameter
    async def script(_received: Received, writer: asyncio.StreamWriter) -> None:
        said = event(RESULT) if whole else event(b'{"jsonrpc":"2.0","method":"notifications/progress"}')
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        writer.write(head + b"%x\r\n%b\r\n" % (len(said), said))
        await asyncio.sleep(60)

    async def scenario() -> None:
        async with standing() as scene:
            scene.upstream.script = script
            async with client(scene) as one:
                one.send(asked(LIST))
                await one.reader.readuntil(b"data: {")
            await until(lambda: scene.gateway.account().completed)
            (completed,) = scene.events("gateway.request.completed")
            assert completed.detail["reason"] == ("done" if whole else "client-gone")

    run(scenario())


def test_a_session_ends_by_its_clients_word() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            scene.upstream.script = answering(b"")
            answer = await one.ask(request(b"DELETE", PATH, b""), b"DELETE")
            assert answer.status == 200
            assert scene.upstream.received[-1].method == b"DELETE"
            (admitted,) = scene.events("gateway.request.admitted")
            assert admitted.detail["route"] == "mcp-end"

    run(scenario())
