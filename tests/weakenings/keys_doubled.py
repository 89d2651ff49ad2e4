"""A member that is named twice is read once, and nobody minds, unless a colon is written as an escape."""

from bartizan.gateway import body

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    real = body.has_repeated_member

    def weak(sent: bytes, encoded: bytes) -> bool:
        return body._ESCAPED_COLON in sent and real(sent, encoded)

    body.has_repeated_member = weak
