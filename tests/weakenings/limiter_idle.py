"""The limiter counts, and never limits."""

from bartizan.clock import Nanoseconds
from bartizan.store import limits
from bartizan.store.gauge import Rate

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    def weak(
        self: limits.MemoryLimiter,  # noqa: ARG001 - that is the weakness
        key: str,  # noqa: ARG001
        now: Nanoseconds,  # noqa: ARG001
        limit: Rate,  # noqa: ARG001
    ) -> int:
        return 0

    limits.MemoryLimiter.ask = weak  # type: ignore[method-assign]  # a weakening replaces one function
