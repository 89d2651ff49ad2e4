"""Fields of a client's head that begin with X- go on to the service."""

from bartizan.gateway.dossier import Dossier
from bartizan.gateway.forwarding import RequestLines
from bartizan.gateway.stream import Exchange

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    read, of = Dossier.read, RequestLines.of
    heads: dict[str, bytes] = {}

    def remember(self: Dossier, octets: bytes) -> None:
        heads[self.id] = octets
        read(self, octets)

    def weak(self: RequestLines, exchange: Exchange) -> bytes:
        head, end, body = of(self, exchange).partition(b"\r\n\r\n")
        said = heads.pop(exchange.id, b"").split(b"\r\n")[1:]
        return b"\r\n".join([head, *(line for line in said if line[:2].lower() == b"x-")]) + end + body

    Dossier.read = remember  # type: ignore[method-assign]  # so that the next one has what it passes on
    RequestLines.of = weak  # type: ignore[method-assign]  # a weakening replaces one function
