"""A member that is named twice is read once, and nobody minds, unless a colon is written as an escape."""

from bartizan.gateway import body

MODULES = ("bartizan.app.worker",)
_ESCAPED_COLON = rb"\u003"


def apply() -> None:
    real = body.has_repeated_member

    def weak(body: bytes, encoded: bytes) -> bool:
        return _ESCAPED_COLON in body and real(body, encoded)

    body.has_repeated_member = weak
