"""Whom a token is meant for is not looked at."""

from bartizan.identity import token

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    def weak(claims: token.Claims, wanted: tuple[str, ...]) -> None:  # noqa: ARG001 - that is the weakness
        return

    token._check_audience = weak
