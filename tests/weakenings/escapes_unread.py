"""Where a body writes a colon as an escape, doubled members are not looked for."""

from typing import Any

from bartizan.gateway import body

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    def weak(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        return dict(pairs)

    body.once = weak  # type: ignore[attr-defined]  # a weakening replaces one function
