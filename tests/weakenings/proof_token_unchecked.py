"""What token a proof was made for is not looked at."""

from typing import Any

from bartizan.identity import dpop

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    def weak(claims: dict[str, Any], wanted: dpop.Wanted) -> None:  # noqa: ARG001 - that is the weakness
        return

    dpop._require_token = weak
