"""A completion that is under way holds no place."""

from bartizan.app.metering import Metering, Rule
from bartizan.gateway.holds import Expected

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    real = Metering._amount

    def weak(self: Metering, rule: Rule, expected: Expected, tokens: int, answered: int) -> int:
        if (rule.party, expected.route) == ("concurrent", "completions"):
            return 0
        return real(self, rule, expected, tokens, answered)

    Metering._amount = weak  # type: ignore[method-assign]  # a weakening replaces one function
