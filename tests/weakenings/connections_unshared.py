"""A principal's share of the connections is all of them."""

from bartizan.gateway.crowd import Crowd

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    real = Crowd.__init__

    def weak(self: Crowd, most: int) -> None:
        real(self, most)
        self._share = most

    Crowd.__init__ = weak  # type: ignore[method-assign]  # a weakening replaces one function
