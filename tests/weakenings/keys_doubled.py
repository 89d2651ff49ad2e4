"""A member that is named twice is read once, and nobody minds."""

from bartizan.gateway import body

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    def weak(body: bytes, encoded: bytes) -> bool:  # noqa: ARG001 - that is the weakness
        return False

    body.has_repeated_member = weak
