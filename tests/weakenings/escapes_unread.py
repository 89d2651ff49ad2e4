"""Where a body writes a colon as an escape, doubled members are not looked for."""

from collections.abc import Sequence

from bartizan.gateway import body

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    def weak(pairs: Sequence[tuple[str, object]]) -> None:  # noqa: ARG001 - that is the weakness
        return

    body._once = weak
