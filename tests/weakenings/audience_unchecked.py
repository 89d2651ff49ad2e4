"""Whom a token is meant for is not looked at."""

from bartizan.identity import token
from bartizan.identity.external import Profile

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    def weak(claims: token.Claims, wanted: str, profile: Profile | None) -> token.Claims:  # noqa: ARG001 - that is the weakness
        return claims

    token._meant = weak
