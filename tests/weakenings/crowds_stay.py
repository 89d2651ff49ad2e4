"""Where every place is taken, nobody makes room for who comes."""

from bartizan.gateway.crowd import Crowd, Seat

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    def weak(self: Crowd, source: str) -> Seat | None:  # noqa: ARG001 - that is the weakness
        return None

    Crowd._who_leaves = weak  # type: ignore[method-assign]  # a weakening replaces one function
