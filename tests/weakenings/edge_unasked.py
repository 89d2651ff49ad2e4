"""Whoever asks for decisions gets them, without the edge's secret."""

from bartizan.crypto.secret import Secret
from bartizan.gateway import admit

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    def weak(secret: Secret | None, shown: bytes) -> None:  # noqa: ARG001 - that is the weakness
        return

    admit.require_asker = weak  # type: ignore[attr-defined]  # a weakening replaces one function
