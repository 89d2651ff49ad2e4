"""After the refusal of a request with a body, the connection goes on where its head ended."""

from bartizan.gateway.faults import Refusal
from bartizan.gateway.protocol import ClientConnection
from bartizan.gateway.stream import Exchange

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    strict = ClientConnection._refuse

    def weak(self: ClientConnection, exchange: Exchange, fault: Refusal, rest: bytes | None) -> None:
        if not rest or exchange.arrived is None or exchange.arrived.length <= 0:
            strict(self, exchange, fault, rest)
            return
        self._plane.record_refusal(exchange, fault)
        self.write(self.refusal(exchange, fault, keep=True))
        self._ahead = rest
        self._go_on(keep=True)

    ClientConnection._refuse = weak  # type: ignore[method-assign]  # that is the weakness
