"""A request that is under way holds no place."""

from bartizan.clock import Nanoseconds
from bartizan.store import memory_limits
from bartizan.store.gauge import Places

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    real = memory_limits.Account.hold

    def weak(self: memory_limits.Account, lease: str, cost: int, until: Nanoseconds) -> None:
        real(self, lease, 0 if isinstance(self.gauge, Places) else cost, until)

    memory_limits.Account.hold = weak  # type: ignore[method-assign]  # a weakening replaces one function
