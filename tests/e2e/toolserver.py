"""A server of tools, made with the official SDK, whose tools can be changed while it runs."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from mcp.server.mcpserver import Context, MCPServer
from mcp_types import ToolAnnotations

READS = ToolAnnotations(read_only_hint=True)


@dataclass(slots=True)
class ToolServer:
    """A running server.

    Attributes:
        port: of 127.0.0.1.
        server: the SDK's.
        fields: of the latest requests, by lower-case name, with the method and path.
        called: tools that ran.
    """

    server: MCPServer
    port: int = 0
    fields: list[dict[str, str]] = field(default_factory=list)
    called: list[str] = field(default_factory=list)

    def describe(self, name: str, description: str) -> None:
        """Say something else of a tool."""
        self.server._tool_manager._tools[name].description = description


def tools() -> ToolServer:
    server = MCPServer("bench")
    made = ToolServer(server)

    @server.tool(annotations=READS)
    async def add(a: int, b: int) -> int:
        """Add two numbers."""
        made.called.append("add")
        return a + b

    @server.tool(annotations=READS)
    async def count(to: int, context: Context[Any]) -> str:
        """Count, and tell of each step."""
        made.called.append("count")
        for step in range(to):
            await context.report_progress(step + 1, to)
        return f"counted to {to}"

    @server.tool(annotations=READS)
    async def secret() -> str:
        """Say what not everybody may know."""
        made.called.append("secret")
        return "secret"

    @server.tool(annotations=ToolAnnotations(destructive_hint=True))
    async def wipe() -> str:
        """Delete everything."""
        made.called.append("wipe")
        return "wiped"

    @server.tool(annotations=ToolAnnotations(destructive_hint=True))
    async def drop() -> str:
        """Delete something."""
        made.called.append("drop")
        return "dropped"

    _others(server)
    return made


def _others(server: MCPServer) -> None:
    @server.resource("note://one")
    def note() -> str:
        return "a note"

    @server.prompt()
    def greet(name: str) -> str:
        return f"Greet {name}."


@contextmanager
def toolserver(*, stateless: bool = False, json: bool = False) -> Iterator[ToolServer]:
    """Yield a running server."""
    made = tools()
    app = made.server.streamable_http_app(stateless_http=stateless, json_response=json)

    async def told(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
        if scope["type"] == "http":
            said = {name.decode(): value.decode() for name, value in scope["headers"]}
            made.fields.append({**said, ":method": scope["method"], ":path": scope["path"]})
        await app(scope, receive, send)

    running = uvicorn.Server(uvicorn.Config(told, port=0, log_level="error", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=lambda: asyncio.run(running.serve()))
    thread.start()
    while not running.started:
        time.sleep(0.01)
    made.port = running.servers[0].sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        running.should_exit = True
        thread.join()
