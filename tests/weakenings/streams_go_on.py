"""A request that was admitted is never looked at again."""

from bartizan.gateway.plane import Plane
from bartizan.gateway.ports import Refused
from bartizan.gateway.stream import Exchange

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    def weak(self: Plane, exchange: Exchange) -> Refused | None:
        del self, exchange
        return None

    Plane.disallowed = weak  # type: ignore[method-assign]  # a weakening replaces one function
