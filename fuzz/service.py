"""A plane whose service answers out of memory: everything of the gateway but sockets, time and chance."""

import os
from typing import TYPE_CHECKING, cast

from bartizan.clock import Nanoseconds
from bartizan.gateway.answer_head import read_answer
from bartizan.gateway.cluster import Cluster
from bartizan.gateway.plane import Plane
from bartizan.gateway.ports import Authenticated, Circumstances, Ports
from bartizan.gateway.service import ServiceRoute
from bartizan.ledger.journal import Journal
from fuzz.memory import Steps, Still
from tests.gateway.scene import DRILL, FORGED, GOOD, MISSING, NOBODY, Changed, Denied, Known, Permitted

if TYPE_CHECKING:
    import asyncio

    from bartizan.gateway.cluster import Pool
    from bartizan.gateway.pool import Line
    from bartizan.gateway.stream import Exchange

BODY = b'{"answer":1}'
_COUNTED = read_answer(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d" % len(BODY))
_CHUNKED = read_answer(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked")


class Service:
    """In the place of the pool: answers every request in the next step, by length and in chunks in turn.

    Attributes:
        received: method, target and body of each request.
    """

    def __init__(self, steps: Steps, lines: dict[str, "Line"]) -> None:
        self._steps, self._lines = steps, lines
        self.received: list[tuple[bytes, bytes, bytes]] = []

    def send(self, exchange: "Exchange") -> None:
        """Take a request."""
        exchange.line = self._lines[exchange.route.service.name]
        head, _, body = exchange.forwarded(exchange.line).partition(b"\r\n\r\n")
        method, target, _ = head.partition(b"\r\n")[0].split(b" ")
        self.received.append((method, target, body))
        answer = _CHUNKED if len(self.received) % 2 else _COUNTED
        self._steps.call_soon(lambda: exchange.answer(answer, [BODY], done=True))

    def forget(self, exchange: "Exchange") -> None:
        """Never asked for: nobody waits."""


def _authenticate(token: str, _now: Nanoseconds) -> Known | Denied:
    if token == GOOD:
        return DRILL
    return FORGED if token else MISSING


def _authorize(_who: Authenticated, _action: str, _service: str, _how: Circumstances) -> Permitted:
    return Permitted(1)


async def _nowhere(_service: str, _target: str) -> object:
    raise OSError


def plane() -> tuple[Plane, Service, Steps, Still]:
    """Return a new plane and what is around it."""
    clock = Still()
    steps = Steps(clock)
    ports = Ports(
        clock=clock,
        names=("localhost",),
        services=(
            ServiceRoute("main", "api.example"),
            ServiceRoute("control", "c", protocol="control", base=""),
        ),
        default_service="main",
        anonymous=NOBODY,
        authenticate=_authenticate,
        prove=lambda _who, _shown, _now: None,
        nonce=lambda _now: "n",
        authorize=_authorize,
        generation=lambda: 1,
        refresh=Changed,
        limit=lambda _service, _key, _now: 0,
        address_limit=lambda _source, _now: 0,
        address_barred=lambda _source, _token, _now: 0,
        client_limit=lambda _source, _client, _now: 0,
        journal=Journal(
            os.open(os.devnull, os.O_WRONLY | os.O_APPEND),
            bytearray(32),
            1,
            "worker",
            "0" * 32,
            clock,
            1 << 60,
        ),
        dial=_nowhere,  # type: ignore[arg-type]  # never called
        wrap_upstream=lambda factory, _service, _target, _refused: factory(),
        pseudonym_of_address=lambda _address: "a-00000000000000cc",
        stop_accepting=lambda: None,
        random=bytes,
        tls=False,
    )
    made = Plane(ports, cast("asyncio.AbstractEventLoop", steps))
    service = Service(steps, {one.name: Cluster(made, one).lines[0] for one in ports.services})
    made.pool = cast("Pool", service)
    return made, service, steps, clock
