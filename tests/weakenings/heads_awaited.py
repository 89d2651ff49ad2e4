"""A head may take as long as it likes."""

from bartizan.gateway.protocol import ClientConnection

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    def weak(self: ClientConnection) -> None:  # noqa: ARG001 - that is the weakness
        return

    ClientConnection._sweep_head = weak  # type: ignore[method-assign]  # a weakening replaces one function
