"""What a tool says of the damage that it may do is not read."""

from collections.abc import Mapping
from typing import Any

from bartizan.gateway.mcp import tools

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    def weak(tool: Mapping[str, Any]) -> bool:  # noqa: ARG001 - that is the weakness
        return False

    tools.is_destructive = weak
