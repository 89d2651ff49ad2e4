"""The time of a token is not looked at."""

from bartizan.clock import Nanoseconds
from bartizan.identity import token

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    def weak(claims: token.Claims, not_before: object, now: Nanoseconds) -> None:  # noqa: ARG001 - that is the weakness
        return

    token._check_time = weak
