"""A request that was admitted is never looked at again."""

from bartizan.gateway.plane import Plane

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    Plane.disallowed = lambda _self, _exchange: None  # type: ignore[method-assign]  # a weakening replaces one function
