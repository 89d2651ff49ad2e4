"""The signature of a token is not looked at."""

from bartizan.identity import token

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    def weak(key: token.PinnedKey, signed: bytes, signature: bytes) -> None:  # noqa: ARG001 - that is the weakness
        return

    token._check_signature = weak
