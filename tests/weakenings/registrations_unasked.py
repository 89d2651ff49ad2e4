"""Applications register themselves as they like."""

from collections.abc import Iterable

from bartizan.access.decide import Circumstances
from bartizan.access.outcome import Authenticated
from bartizan.app.admin.gate import Gate

MODULES = ("bartizan.http.serve",)


def apply() -> None:
    def weak(self: Gate, who: Authenticated, action: str, asked: Iterable[Circumstances]) -> None:
        del self, who, action, asked

    Gate.require = weak  # type: ignore[method-assign]  # a weakening replaces one function
