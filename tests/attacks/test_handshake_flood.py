"""An adversary who begins handshakes without end: whole hellos, half ones, none; from many networks at once.

A hello that was recorded once is sent again at no cost, and costs the worker a signature and a key agreement.
"""

import asyncio
import gc
import socket
import ssl
import struct
import weakref
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from functools import partial

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from bartizan.clock import SystemClock
from bartizan.crypto.tls import server_context
from bartizan.crypto.x509 import leaf_request, make_authority, sign_leaf
from bartizan.gateway import plane, strangers
from bartizan.gateway.front import Front
from bartizan.identity.pseudonym import Addresses
from tests.gateway.scene import GOOD, Client, Scene, request, run, standing, turns, until

NAMES = ("localhost", "127.0.0.1")
NETWORKS = 20
PLACES, UNDER_WAY, WAITING = 60, 12, 16
RESET = struct.pack("ii", 1, 0)


class Ground:
    """A worker that speaks TLS, small enough to be filled."""

    def __init__(self) -> None:
        now = SystemClock().now()
        authority, key = make_authority("server", NAMES, now)
        leaf_key, csr = leaf_request(NAMES)
        self.server = server_context(sign_leaf(authority, key, csr, NAMES, now), leaf_key, pq="preferred")
        self.client = ssl.create_default_context(cadata=authority.public_bytes(Encoding.PEM).decode())
        self.fronts = weakref.WeakSet[Front]()

    def prepare(self, scene: Scene) -> None:
        scene.connections = PLACES
        scene.network = Addresses().pseudonym
        scene.front = partial(self.front, scene)

    def front(self, scene: Scene) -> Front:
        front = scene.gateway.encrypted(self.server)
        self.fronts.add(front)
        return front

    def hello(self) -> bytes:
        """Return a client's first flight."""
        sent = ssl.MemoryBIO()
        with pytest.raises(ssl.SSLWantReadError):
            self.client.wrap_bio(ssl.MemoryBIO(), sent, server_hostname="localhost").do_handshake()
        return sent.read()

    @asynccontextmanager
    async def known(self, scene: Scene) -> AsyncIterator[Client]:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", scene.port, ssl=self.client, server_hostname="localhost"
        )
        try:
            yield Client(reader, writer)
        finally:
            writer.transport.abort()


@pytest.fixture
def ground(monkeypatch: pytest.MonkeyPatch) -> Ground:
    monkeypatch.setattr(plane, "HANDSHAKES", UNDER_WAY)
    monkeypatch.setattr(strangers, "WAITING", WAITING)
    return Ground()


async def flood(scene: Scene, stack: ExitStack, octets: bytes, count: int) -> list[socket.socket]:
    """Open so many connections from twenty networks and say the same on each; read nothing."""
    lines = []
    for number in range(count):
        line = stack.enter_context(socket.socket())
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        line.setblocking(False)
        line.bind((f"127.0.{1 + number % NETWORKS}.1", 0))
        await asyncio.get_running_loop().sock_connect(line, ("127.0.0.1", scene.port))
        if octets:
            line.send(octets)
        lines.append(line)
    return lines


@pytest.mark.sources
@pytest.mark.parametrize("kind", ["whole", "half", "none"])
def test_a_client_is_served_and_connects_anew_while_strangers_flood(ground: Ground, kind: str) -> None:
    async def scenario() -> None:
        octets = {"whole": ground.hello(), "half": ground.hello()[:-1], "none": b""}[kind]
        async with standing(ground.prepare) as scene, ground.known(scene) as kept:
            assert (await kept.ask(request())).status == 200
            here = scene.gateway._plane
            with ExitStack() as stack:
                for _ in range(6):
                    await flood(scene, stack, octets, 40)
                    assert len(here.crowd) <= PLACES
                    assert len(here.shaking) <= UNDER_WAY
                    assert len(here.strangers) <= 2 * WAITING
                    assert (await kept.ask(request())).status == 200
                    async with ground.known(scene) as anew:
                        assert (await anew.ask(request())).status == 200
            await scene.gateway.drain(0)
            told = [event for event in scene.events() if event.detail.get("reason") == "connections-full"]
            assert sum(int(event.detail["count"]) for event in told) > 0

    run(scenario())


def test_whoever_says_nothing_costs_no_tls(ground: Ground) -> None:
    async def scenario() -> None:
        with ExitStack() as stack:
            async with standing(ground.prepare) as scene:
                await flood(scene, stack, b"", 30)
                await until(lambda: len(ground.fronts) == 30)
                assert not any(hasattr(front, "session") for front in ground.fronts)

    run(scenario())


def test_what_a_stranger_took_is_given_back_with_its_connection(ground: Ground) -> None:
    """At once, not when the collector of cycles comes by: it counts objects, and these hold much that it does not see."""

    async def scenario() -> None:
        async with standing(ground.prepare) as scene:
            gc.collect()
            gc.disable()
            try:
                for octets in (ground.hello(), ground.hello()[:-1], b"no hello at all", b""):
                    with ExitStack() as stack:
                        await flood(scene, stack, octets, 30)
                        await turns()
                await until(lambda: not len(ground.fronts))
                assert len(scene.gateway._plane.shaking) == 0
            finally:
                gc.enable()

    run(scenario())


def test_a_network_is_charged_for_handshakes_that_come_to_nothing(ground: Ground) -> None:
    async def scenario() -> None:
        async with standing(ground.prepare) as scene:
            with ExitStack() as stack:
                await flood(scene, stack, b"no hello at all", 5)
                await until(lambda: scene.charged == 5)

    run(scenario())


def test_the_token_of_the_client_is_what_makes_its_address_known(ground: Ground) -> None:
    async def scenario() -> None:
        async with standing(ground.prepare) as scene, ground.known(scene) as one:
            assert (await one.ask(request(bearer=f"{GOOD}-not"))).status == 401
            assert not scene.gateway._plane.strangers.knows("127.0.0.1")
            assert (await one.ask(request())).status == 200
            assert scene.gateway._plane.strangers.knows("127.0.0.1")

    run(scenario())
