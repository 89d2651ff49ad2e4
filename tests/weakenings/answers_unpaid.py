"""An answer costs at most what it was expected to cost."""

from bartizan.app.metering import Metering
from bartizan.gateway.holds import Reserved

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    real = Metering.settle

    def weak(self: Metering, reserved: Reserved, tokens: int, answered: int) -> None:
        real(self, reserved, tokens, min(answered, reserved.output))

    Metering.settle = weak  # type: ignore[method-assign]  # a weakening replaces one function
