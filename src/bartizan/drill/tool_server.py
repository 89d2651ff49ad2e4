"""What attacks on tools share: messages to a server of tools through the front door.

Source: Model Context Protocol, streamable HTTP; JSON-RPC 2.0.
"""

import json
from collections.abc import Mapping
from typing import Any

from bartizan.drill.attack import Outcome
from bartizan.drill.door import Answer
from bartizan.drill.target import Arrived, Scene
from bartizan.drill.trial import FORBIDDEN, unreached

BEGINNING: Mapping[str, Any] = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "drill", "version": "1"},
}
"""What a client says when it begins a session."""


def tell(
    scene: Scene, service: str, method: str, params: Mapping[str, Any], *, token: str, session: str = ""
) -> Answer:
    """Send one message and return its answer.

    Args:
        scene: with the server behind it.
        service: name of the server.
        method, params: of the message.
        token: to present.
        session: id to show; none where empty.
    Raises:
        EgressFault: as of `Door.send`.
    """
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    headers = [("mcp-protocol-version", "2025-11-25"), *([("mcp-session-id", session)] if session else [])]
    path = f"/{service}/mcp"
    return scene.door(service).send(
        "POST", path, token=token, headers=headers, body=json.dumps(message).encode()
    )


def listed(answer: Answer) -> frozenset[str]:
    """Return the names of the tools that an answer lists; none where it lists nothing."""
    try:
        return frozenset(tool["name"] for tool in json.loads(answer.body)["result"]["tools"])
    except (ValueError, LookupError, TypeError):
        return frozenset()


def call(scene: Scene, service: str, tool: str, *, token: str) -> Answer:
    """Call a tool and return its answer. Raises as `tell`."""
    return tell(scene, service, "tools/call", {"name": tool, "arguments": {}}, token=token)


def uncalled(scene: Scene, service: str, tool: str, goal: str, *, token: str) -> Outcome:
    """Call a tool that nobody may call; return what came of it, as of `unreached`."""
    return unreached(
        scene,
        service,
        lambda: [call(scene, service, tool, token=token)],
        FORBIDDEN,
        goal,
        lambda arrived: _calls(arrived, tool),
    )


def _calls(arrived: Arrived, tool: str) -> bool:
    try:
        message = json.loads(arrived.body)
        return bool(message["method"] == "tools/call" and message["params"]["name"] == tool)
    except (ValueError, LookupError, TypeError):
        return False
