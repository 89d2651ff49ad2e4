"""The meter counts requests, and takes every one for a single token."""

from bartizan.app import metering
from bartizan.gateway.holds import Expected

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    def weak(
        self: metering.Metering,  # noqa: ARG001 - that is the weakness
        rule: metering.Rule,  # noqa: ARG001
        expected: Expected,  # noqa: ARG001
        tokens: int,  # noqa: ARG001
        answered: int,  # noqa: ARG001
    ) -> int:
        return 1

    metering.Metering._amount = weak  # type: ignore[method-assign]  # a weakening replaces one function
