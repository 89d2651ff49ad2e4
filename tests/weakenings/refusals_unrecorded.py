"""What is refused for its media type leaves no entry."""

from bartizan.gateway.faults import Refusal
from bartizan.gateway.plane import Plane
from bartizan.gateway.stream import Exchange

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    real = Plane.record_refusal

    def weak(self: Plane, exchange: Exchange, fault: Refusal) -> None:
        if fault.reason != "content-type-unknown":
            real(self, exchange, fault)

    Plane.record_refusal = weak  # type: ignore[method-assign]  # a weakening replaces one function
