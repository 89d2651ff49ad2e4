"""Where every place is taken and nobody has shown a token, nobody makes room for who comes."""

from bartizan.gateway.crowd import Crowd, Seat

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    real = Crowd._who_leaves

    def weak(self: Crowd, source: str) -> Seat | None:
        return real(self, source) if self._trusted else None

    Crowd._who_leaves = weak  # type: ignore[method-assign]  # a weakening replaces one function
