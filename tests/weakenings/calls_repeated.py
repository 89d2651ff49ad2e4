"""Whatever a target hangs up on is tried at another one."""

from bartizan.gateway.stream import Exchange
from bartizan.gateway.upstream import Upstream

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    real = Upstream._fail

    def weak(self: Upstream, exchange: Exchange, reason: str) -> None:
        if reason == "upstream-closed" and exchange.kept:
            self._line.cluster.move(exchange, reason)
        else:
            real(self, exchange, reason)

    Upstream._fail = weak  # type: ignore[method-assign]  # a weakening replaces one function
