"""Whoever shows the id of a session is taken for its owner."""

from bartizan.gateway.mcp.binding import Binding
from bartizan.gateway.ports import Principal

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    def weak(self: Binding, kind: str, service: str, who: Principal, shown: bytes) -> bytes:  # noqa: ARG001 - that is the weakness
        return shown.rpartition(b".")[2]

    Binding.unbind = weak  # type: ignore[method-assign]  # a weakening replaces one function
