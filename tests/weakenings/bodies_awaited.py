"""Each octet of a body gives it new time."""

from bartizan.clock import Nanoseconds
from bartizan.gateway.protocol import ClientConnection

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    real = ClientConnection._read_body

    def weak(self: ClientConnection, data: bytes) -> None:
        self._deadline = Nanoseconds(self._plane.swept + self._plane.patience.body_time)
        real(self, data)

    ClientConnection._read_body = weak  # type: ignore[method-assign]  # a weakening replaces one function
