"""An adversary who may call some tools and hides a call of another in what the gateway takes for something else."""

import pytest

from tests.gateway.scene import client, run, standing
from tests.gateway.tools import PATH, asked, call, called, listed, message, tool

HIDDEN = {
    "several messages": b"[" + call("open") + b"," + call("shut") + b"]",
    "a second message": call("open") + call("shut"),
    "a second method": b'{"jsonrpc":"2.0","id":1,"method":"tools/list","method":"tools/call","params":{"name":"shut"}}',
    "a second name": call("open").replace(b'"name"', b'"name":"shut","name"'),
    "an escaped second name": call("open").replace(b'"name"', b'"n\\u0061me":"shut","name"'),
    "a name of other case": call("open").replace(b'"name"', b'"Name":"shut","name"'),
    "a method of other case": call("open").replace(b'"method"', b'"Method":"tools/call","method"'),
    "an answer beside": call("open").replace(b'"id"', b'"result":{},"id"'),
    "no id": b'{"jsonrpc":"2.0","method":"tools/call","params":{"name":"shut"}}',
    "parameters in a list": message("tools/call", ["shut"]),  # type: ignore[arg-type]  # not of the protocol
    "a task": message("tools/call", {"name": "open", "task": {"ttl": 1}}),
    "a name that looks alike": call("οpen"),  # noqa: RUF001 - a Greek letter
    "a name with an end": call("open\u0000shut"),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_no_message_holds_another(name: str) -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            scene.forbidden = {"shut"}
            assert await listed(scene, one, tool("open"), tool("shut")) == ["open"]
            count = len(scene.upstream.received)
            answer = await one.ask(asked(HIDDEN[name]))
            assert answer.status == 400
            assert answer.json()["jsonrpc"] == "2.0"
            assert len(scene.upstream.received) == count

    run(scenario())


def test_a_remembered_head_allows_no_other_tool() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            scene.forbidden = {"shut"}
            await listed(scene, one, tool("open"), tool("shut"))
            for _ in range(3):
                assert (await called(scene, one, "open")).status == 200
                assert (await called(scene, one, "shut")).reason == "not-permitted"
            scene.forbidden = {"open"}
            scene.number += 1
            assert (await called(scene, one, "open")).reason == "not-permitted"

    run(scenario())


@pytest.mark.parametrize("line", [b"Mcp-Method: tools/list", b"Mcp-Name: open", b"Mcp-Param-Region: us"])
def test_a_field_that_differs_from_the_body_does_not_go_on(line: bytes) -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            await listed(scene, one, tool("open"), tool("shut"))
            await called(scene, one, "shut")
            await one.ask(asked(call("shut"), line, b"MCP-Protocol-Version: 2026-07-28"))
            received = scene.upstream.received[-1]
            assert received.header(b"mcp-method") == b"tools/call"
            assert received.header(b"mcp-name") == b"shut"
            assert received.header(b"mcp-param-region") is None
            assert received.header(b"mcp-protocol-version") == b"2026-07-28"
            assert received.target == b"/mcp"

    run(scenario())


@pytest.mark.parametrize("method", [b"PUT", b"PATCH", b"OPTIONS"])
def test_no_other_method_is_taken(method: bytes) -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            octets = asked(call("open")).replace(b"POST " + PATH, method + b" " + PATH, 1)
            answer = await one.ask(octets, method)
            assert answer.status >= 400
            assert scene.upstream.received == []

    run(scenario())
