"""The same gateway inside TLS, and TLS to the service: one request through both."""

import asyncio
import socket
from collections.abc import Callable

from cryptography.hazmat.primitives.serialization import Encoding
from OpenSSL import SSL
from typing_extensions import override

from bartizan.clock import SystemClock
from bartizan.crypto.tls import TlsProtocol, client_context, server_context
from bartizan.crypto.x509 import leaf_request, make_authority, sign_leaf
from tests.gateway.scene import ANSWER, OK, Scene, client, request, run, standing, until


def contexts() -> tuple[SSL.Context, SSL.Context]:
    """Return a server's and a client's context under one new authority."""
    now, names = SystemClock().now(), ("localhost", "127.0.0.1")
    authority, key = make_authority("server", names, now)
    leaf_key, csr = leaf_request(names)
    chain = sign_leaf(authority, key, csr, names, now)
    return server_context(chain, leaf_key, pq="required"), client_context(
        authority.public_bytes(Encoding.PEM)
    )


class Service(asyncio.Protocol):
    """Answers every read with the same answer."""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    @override
    def data_received(self, data: bytes) -> None:
        assert data.startswith(b"POST /v1/chat/completions HTTP/1.1\r\nhost: api.example.com\r\n")
        assert isinstance(self.transport, asyncio.Transport)
        self.transport.write(OK)


def encrypted(scene: Scene, theirs: Callable[[], asyncio.Protocol], ours: SSL.Context) -> None:
    async def dial(*_where: str) -> socket.socket:
        mine, other = socket.socketpair()
        mine.setblocking(False)
        await asyncio.get_running_loop().create_unix_connection(theirs, sock=other)
        return mine

    scene.dial = dial  # type: ignore[assignment,method-assign]  # this service speaks TLS
    scene.tls = True
    scene.wrap = lambda factory, _service, _target, refused: TlsProtocol(
        factory, ours, server_hostname="localhost", on_refused=refused
    )


def test_a_request_goes_through_tls_on_both_sides() -> None:
    server, ours = contexts()

    async def scenario() -> None:
        def prepare(scene: Scene) -> None:
            encrypted(scene, lambda: TlsProtocol(Service, server), ours)
            scene.front = lambda: TlsProtocol(scene.gateway.connection, server)

        async with standing(prepare) as scene:
            said = asyncio.Queue[bytes]()

            class Asking(asyncio.Protocol):
                @override
                def connection_made(self, transport: asyncio.BaseTransport) -> None:
                    assert isinstance(transport, asyncio.Transport)
                    transport.write(request())

                @override
                def data_received(self, data: bytes) -> None:
                    said.put_nowait(data)

            loop = asyncio.get_running_loop()
            raw, _ = await loop.create_connection(
                lambda: TlsProtocol(Asking, ours, server_hostname="localhost"), "127.0.0.1", scene.port
            )
            answer = b""
            while not answer.endswith(ANSWER):
                answer += await said.get()
            assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
            admitted, completed = scene.events()
            assert admitted.detail["group"] == completed.detail["upstream"] == "x25519mlkem768"
            raw.abort()

    run(scenario())


def test_a_service_with_another_certificate_gets_nothing() -> None:
    server, _ = contexts()
    _, ours = contexts()

    async def scenario() -> None:
        def prepare(scene: Scene) -> None:
            encrypted(scene, lambda: TlsProtocol(Service, server), ours)

        async with standing(prepare) as scene, client(scene) as one:
            answer = await one.ask(request())
            assert (answer.status, answer.reason) == (502, "upstream-unreachable")

    run(scenario())


def test_a_service_that_does_not_speak_tls_gets_nothing() -> None:
    _, ours = contexts()

    heard: list[bytes] = []

    class Silent(asyncio.Protocol):
        @override
        def data_received(self, data: bytes) -> None:
            heard.append(data)

    async def scenario() -> None:
        def prepare(scene: Scene) -> None:
            encrypted(scene, Silent, ours)

        async with standing(prepare) as scene, client(scene) as one:
            one.send(request())
            await until(lambda: heard)
            await scene.later(11)
            assert (await one.answer()).reason == "upstream-unreachable"
            assert b"credential" not in b"".join(heard)

    run(scenario())
