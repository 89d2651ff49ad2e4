"""What the tests of tool servers share: messages of a client, lists of tools, and a service that answers with them."""

import asyncio
import json
from typing import Any

from tests.gateway.scene import GOOD, Answer, Client, Received, Scene, Script, request

PATH = b"/tools/mcp"
READS = {"readOnlyHint": True}
DESTROYS = {"destructiveHint": True}


def message(method: str, params: dict[str, Any] | None = None, **more: Any) -> bytes:  # noqa: ANN401 - JSON
    said = {"jsonrpc": "2.0", "id": 1, "method": method, **({} if params is None else {"params": params})}
    return json.dumps(said | more).encode()


LIST = message("tools/list")


def call(name: str) -> bytes:
    return message("tools/call", {"name": name, "arguments": {"a": 1}})


def asked(body: bytes, *lines: bytes, bearer: str = GOOD) -> bytes:
    return request(b"POST", PATH, body, *lines, bearer=bearer)


def tool(name: str, description: str = "d", annotations: object = READS) -> dict[str, Any]:
    said = {"name": name, "description": description, "inputSchema": {"type": "object"}}
    return said if annotations is None else {**said, "annotations": annotations}


def listing(*tools: Any, **more: Any) -> bytes:  # noqa: ANN401 - JSON
    return json.dumps({"jsonrpc": "2.0", "id": 1, "result": {"tools": list(tools), **more}}).encode()


def answering(
    body: bytes, *lines: bytes, media: bytes = b"application/json", status: bytes = b"200 OK"
) -> Script:
    async def script(_received: Received, writer: asyncio.StreamWriter) -> None:
        head = [b"HTTP/1.1 " + status, b"Content-Type: " + media, b"Content-Length: %d" % len(body), *lines]
        writer.write(b"\r\n".join(head) + b"\r\n\r\n" + body)

    return script


def event(data: bytes, *lines: bytes) -> bytes:
    return b"".join(line + b"\r\n" for line in (b"event: message", *lines, b"data: " + data)) + b"\r\n"


async def listed(scene: Scene, one: Client, *tools: Any, bearer: str = GOOD) -> list[str]:  # noqa: ANN401 - JSON
    """Have a service list these tools, and return the names that the client gets."""
    scene.upstream.script = answering(listing(*tools))
    answer = await one.ask(asked(LIST, bearer=bearer))
    assert answer.status == 200, answer.body
    return [each["name"] for each in answer.json()["result"]["tools"]]


async def called(scene: Scene, one: Client, name: str, bearer: str = GOOD) -> Answer:
    scene.upstream.script = answering(b'{"jsonrpc":"2.0","id":1,"result":{"content":[]}}')
    return await one.ask(asked(call(name), bearer=bearer))
