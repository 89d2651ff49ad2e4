"""Every tool is as it was pinned, whatever it says of itself."""

from collections.abc import Mapping
from typing import Any

from bartizan.gateway.mcp import tools

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    def weak(tool: Mapping[str, Any]) -> str:  # noqa: ARG001 - that is the weakness
        return "0" * 64

    tools.digest = weak
