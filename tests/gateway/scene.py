"""What the gateway's tests share: a real gateway on a real socket, a real journal; its client and upstream come along."""

import asyncio
import os
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import msgspec
import uvloop
from typing_extensions import override

from bartizan.clock import SECOND, Clock, Nanoseconds, SystemClock
from bartizan.gateway.assemble import Gateway, assemble
from bartizan.gateway.holds import Alert, Coming, Expected, Overdrawn, Reserved
from bartizan.gateway.ports import Authenticated, Circumstances, Ports, ProtocolFactory, Tracing
from bartizan.gateway.service import MAIN, ServiceLimits, ServiceRoute
from bartizan.identity.shown import Shown
from bartizan.ledger.event import Event, decode
from bartizan.ledger.journal import Journal
from bartizan.ledger.segment import read
from bartizan.metrics.board import unread
from tests.descriptors import close_left
from tests.gateway.client import CHAT, GOOD, Answer, Client, request
from tests.gateway.services import services
from tests.gateway.upstream import ANSWER, OK, Received, Script, Upstream, say_ok

__all__ = [
    "ANSWER", "CHAT", "DRILL", "FORBIDDEN", "FORGED", "GOOD", "LENT", "MISSING", "NOBODY", "OK", "OTHER", "REVOKED",
    "Answer", "Changed", "Client", "Denied", "Known", "Moving", "Permitted", "Person", "Received", "Scene", "Script",
    "Upstream", "Waits", "client", "refusal", "refused", "request", "run", "say_ok", "standing", "until", "wrap_nothing",
]  # fmt: skip

T = TypeVar("T")


class Person(msgspec.Struct, frozen=True):
    id: str
    pseudonym: str
    content_key: bytes
    client: str = ""


class Known(msgspec.Struct, frozen=True):
    principal: Person
    until: Nanoseconds = Nanoseconds(2**63 - 1)
    token: str = "t-00000000000000ee"  # noqa: S105 - its id
    bound: bool = False
    lineage: tuple[str, ...] = ()
    agent: Person | None = None
    passkey: str = ""


class Changed(msgspec.Struct, frozen=True):
    everything: bool = True
    tokens: frozenset[str] = frozenset()


class Permitted(msgspec.Struct, frozen=True):
    generation: int


class Denied(msgspec.Struct, frozen=True):
    control: str
    reason: str
    what: str
    status: int
    after: Nanoseconds = Nanoseconds(0)


NOBODY = Known(Person("anonymous", "anonymous", b""))
DRILL = Known(Person("workload.drill", "p-00000000000000aa", b"k" * 32))
OTHER = Known(Person("workload.other", "p-00000000000000bb", b"l" * 32))
LENT = Known(DRILL.principal, token="t-00000000000000ff", agent=OTHER.principal, passkey="synced")  # noqa: S106 - its id
MISSING = Denied("access.request-authenticated", "token-missing", "Send a token.", 401)
FORGED = Denied("access.request-authenticated", "signature-invalid", "Send a good token.", 401)
FORBIDDEN = Denied("access.request-authorized", "not-permitted", "Ask for the role.", 403)
REVOKED = Denied("access.request-authenticated", "principal-revoked", "It is revoked.", 401)


class Moving(Clock):
    """The system's time, moved ahead at will."""

    def __init__(self) -> None:
        self._system, self.ahead = SystemClock(), 0

    @override
    def now(self) -> Nanoseconds:
        return Nanoseconds(self._system.now() + self.ahead)


class Waits:
    """Who waits for a write, and what it does then."""

    def __init__(
        self, written: Callable[[], object] = lambda: None, unwritten: Callable[[], object] = lambda: None
    ) -> None:
        self._written, self._unwritten = written, unwritten

    def written(self) -> None:
        self._written()

    def unwritten(self) -> None:
        self._unwritten()


Wrap = Callable[[ProtocolFactory, str, str, Callable[[str], None]], asyncio.Protocol]


class Scene:
    """A gateway and what is around it; `events` is what its journal holds by now."""

    services: tuple[ServiceRoute, ...] = ()
    settled: list[tuple[Reserved, int, int]]
    reached: list[Alert]
    tracing: Tracing | None = None
    keys: tuple[tuple[str, int], ...] = ()
    network: Callable[[str], str] = staticmethod(lambda _address: "a-00000000000000cc")

    def __init__(self, folder: Path) -> None:
        self.settled, self.reached, self.board = [], [], unread()
        self.clock = Moving()
        self.path = folder / "segment"
        self.first_key = os.urandom(32)
        self.opened = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self.journal = Journal(self.opened, bytearray(self.first_key), 1, "worker", "0" * 32, self.clock)
        self.upstream, self.control = Upstream(), Upstream()
        self.gateway: Gateway
        self.port = 0
        self.number = 1
        self.change = Changed()
        self.unproven: Denied | None = None
        self.shown: list[Shown] = []
        self.revoked: set[str] = set()
        self.forbidden: set[str] = set()
        self.denial = FORBIDDEN
        self.waits: dict[str, int] = {}
        self.address_wait = 0
        self.charged = self.refreshed = self.stopped = 0
        self.remembered, self.authenticated = {GOOD, "other"}, 0
        self.reserve: Callable[[Expected, Nanoseconds], Reserved | Overdrawn | Coming | None] | None = None
        self.clients: set[str] = set()
        self.decided: list[tuple[str, str, str]] = []
        self.unreachable, self.down = False, set[str]()
        self.limits = ServiceLimits()
        self.connections = self.upstreams = 100
        self.insists = self.durable = self.tls = False
        self.wrap: Wrap = wrap_nothing
        self.front: ProtocolFactory = self.plain
        self.targets: dict[str, Upstream] = {
            **dict.fromkeys(("main", "spare", "claude", "az", "tools"), self.upstream),
            "control": self.control,
        }

    def ports(self) -> Ports:
        return Ports(
            clock=self.clock,
            names=("localhost", "127.0.0.1", "::1"),
            services=(*services(self.limits, tls=self.tls), *self.services),
            default_service="main",
            anonymous=NOBODY,
            authenticate=self.authenticate,
            prove=self.prove,
            nonce=lambda _now: "the-next-nonce",
            authorize=self.authorize,
            generation=lambda: self.number,
            refresh=self.refresh,
            limit=lambda _service, key, _now: self.waits.get(key.rpartition(" ")[2], 0),
            address_limit=self.address_limit,
            address_barred=self.address_barred,
            reserve=self.reserve,
            settle=lambda held, tokens, answered: self.settled.append((held, tokens, answered)),
            alerts=self.alerts,
            client_limit=lambda _source, client, _now: 0 if client in self.clients else SECOND,
            journal=self.journal,
            dial=self.dial,
            wrap_upstream=self.wrap,
            pseudonym_of_address=self.network,
            stop_accepting=self.stop,
            random=secrets.token_bytes,
            connections=self.connections,
            upstreams=self.upstreams,
            tls=self.insists or self.front != self.plain,
            durable=self.durable,
            tracing=self.tracing,
            board=self.board,
            remembered=lambda: self.keys,
        )

    def authenticate(self, token: str, _now: Nanoseconds) -> Known | Denied:
        self.authenticated += 1
        who = {GOOD: DRILL, "other": OTHER, "lent": LENT}.get(token)
        if who is None:
            return FORGED if token else MISSING
        return REVOKED if who.principal.id in self.revoked else who

    def prove(self, _who: Authenticated, shown: Shown, _now: Nanoseconds) -> Denied | None:
        self.shown.append(shown)
        return self.unproven

    def authorize(
        self, who: Authenticated, action: str, service: str, circumstances: Circumstances
    ) -> Permitted | Denied:
        self.decided.append((who.principal.id, action, circumstances.tool or circumstances.model))
        forbidden = {action, service, circumstances.tool} & self.forbidden
        return self.denial if forbidden else Permitted(self.number)

    def address_limit(self, _source: str, _now: Nanoseconds) -> int:
        self.charged += 1
        return self.address_wait

    def address_barred(self, _source: str, token: str, _now: Nanoseconds) -> int:
        return 0 if token in self.remembered else self.address_wait

    def alerts(self) -> tuple[Alert, ...]:
        reached, self.reached = tuple(self.reached), []
        return reached

    def refresh(self) -> Changed:
        self.refreshed += 1
        return self.change

    def plain(self) -> asyncio.Protocol:
        return self.gateway.connection()

    def stop(self) -> None:
        self.stopped += 1

    async def dial(self, service: str, target: str) -> socket.socket:
        where = service if target == MAIN else f"{service}/{target}"
        if self.unreachable or where in self.down:
            raise ConnectionRefusedError
        mine, theirs = socket.socketpair()
        mine.setblocking(False)
        reader, writer = await asyncio.open_connection(sock=theirs)
        task = asyncio.ensure_future(self.targets[where].accept(reader, writer))
        _kept.add(task)
        task.add_done_callback(_kept.discard)
        return mine

    async def later(self, seconds: float) -> None:
        """Let that much time pass on the gateway's clock, and a sweep."""
        self.clock.ahead += int(seconds * SECOND)
        await asyncio.sleep(0.3)

    def events(self, kind: str = "") -> list[Event]:
        batch = read(self.path.read_bytes(), self.first_key, 0)
        assert batch.fault is None
        events = [decode(body) for body in batch.bodies]
        return [event for event in events if event.kind.startswith(kind or "gateway.request")]


_kept: set[asyncio.Future[None]] = set()


def wrap_nothing(
    factory: ProtocolFactory, _service: str, _target: str, _refused: Callable[[str], None]
) -> asyncio.Protocol:
    return factory()


@asynccontextmanager
async def standing(prepare: Callable[[Scene], None] = lambda _scene: None) -> AsyncIterator[Scene]:
    """A gateway that listens, until the block ends."""
    with TemporaryDirectory() as folder:
        scene = Scene(Path(folder))
        prepare(scene)
        scene.journal.durable = scene.durable
        loop = asyncio.get_running_loop()
        scene.gateway = assemble(scene.ports())
        server = await loop.create_server(scene.front, "127.0.0.1", 0)
        scene.port = server.sockets[0].getsockname()[1]
        try:
            yield scene
        finally:
            server.close()
            await scene.gateway.drain(0)
            scene.upstream.end()
            scene.control.end()
            await turns()
            close_left(Path(folder), [scene.opened])


async def turns(count: int = 20) -> None:
    """Let the loop turn so often: what is on its way arrives, one step a turn, however long a turn takes."""
    for _ in range(count):
        await asyncio.sleep(0.002)


async def until(holds: Callable[[], object]) -> None:
    """Return once it holds; for how long that may take, `run` says."""
    while not holds():  # noqa: ASYNC110  # what tests look at sets no event
        await asyncio.sleep(0.01)


def run(main: Coroutine[Any, Any, T], seconds: float = 60) -> T:
    """Run a scene to its end on the loop of a worker, within seconds that are enough on a machine that stalls."""

    async def bounded() -> T:
        async with asyncio.timeout(seconds):
            return await main

    return uvloop.run(bounded())


@asynccontextmanager
async def client(scene: Scene) -> AsyncIterator[Client]:
    reader, writer = await asyncio.open_connection("127.0.0.1", scene.port)
    try:
        yield Client(reader, writer)
    finally:
        writer.transport.abort()


def refusal(octets: bytes) -> Answer:
    """Return how a gateway refuses these octets, as of `refused`."""

    async def scenario() -> Answer:
        async with standing() as scene:
            return await refused(scene, octets)

    return run(scenario())


async def refused(scene: Scene, octets: bytes) -> Answer:
    """Return the refusal of these octets; the connection must end and nothing may have been forwarded."""
    async with client(scene) as one:
        answer = await one.ask(octets)
        assert await one.closed() == b""
    assert scene.upstream.received == []
    assert scene.upstream.faults == []
    return answer
