"""The meter counts embeddings, and takes every one for a single token."""

from bartizan.app.metering import Metering, Rule
from bartizan.gateway.holds import Expected

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    real = Metering._amount

    def weak(self: Metering, rule: Rule, expected: Expected, tokens: int, answered: int) -> int:
        if expected.route == "embeddings":
            return 1
        return real(self, rule, expected, tokens, answered)

    Metering._amount = weak  # type: ignore[method-assign]  # a weakening replaces one function
