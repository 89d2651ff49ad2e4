"""What the TLS tests share: one authority, a server on a real socket, and inner protocols that take notes."""

import asyncio
import contextlib
import functools
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec
import uvloop
from OpenSSL import SSL
from typing_extensions import override

from bartizan.clock import SystemClock
from bartizan.crypto.tls import client_context, server_context
from bartizan.crypto.tls_session import TlsSession
from bartizan.crypto.tls_transport import TlsProtocol
from bartizan.crypto.x509 import certificate_pem, leaf_request, make_authority, sign_leaf

T = TypeVar("T")
NAMES = ("localhost", "127.0.0.1", "::1")
PATIENCE = 60.0
LOOPS = (asyncio.new_event_loop, uvloop.new_event_loop)
"""What makes an event loop: every promise of the transport is kept under both."""


class Papers(msgspec.Struct, frozen=True):
    """An authority's certificate, and a server's chain and key, all PEM."""

    ca: bytes
    chain: bytes
    key: bytes


@functools.cache
def papers() -> Papers:
    """Return certificates that are valid now for `NAMES`."""
    now = SystemClock().now()
    authority, key = make_authority("server", NAMES, now)
    leaf_key, request = leaf_request(NAMES)
    return Papers(certificate_pem(authority), sign_leaf(authority, key, request, NAMES, now), leaf_key)


def server(pq: Literal["preferred", "required"] = "preferred") -> SSL.Context:
    """Return a server's context with `papers`."""
    return server_context(papers().chain, papers().key, pq=pq)


def client(groups: str | None = None) -> SSL.Context:
    """Return a client's context that trusts `papers`."""
    return client_context(papers().ca, groups=groups)


def stdlib_client() -> ssl.SSLContext:
    """Return a context of Python's own ssl, which knows classical groups only."""
    return ssl.create_default_context(cadata=papers().ca.decode())


def files(folder: Path) -> tuple[Path, Path]:
    """Write the authority, and chain with key, for other programs; return both paths."""
    ca, pair = folder / "ca.pem", folder / "pair.pem"
    ca.write_bytes(papers().ca)
    pair.write_bytes(papers().chain + papers().key)
    return ca, pair


def meet(one: TlsSession, other: TlsSession) -> None:
    """Shake hands in memory.

    Raises:
        TlsFault: one of both refused.
    """
    for _ in range(4):
        done = one.handshake()
        other.feed(one.drain() or b"")
        if other.handshake() and done:
            break
        one.feed(other.drain())
    one.feed(other.drain())


def connected(pq: Literal["preferred", "required"] = "preferred") -> tuple[TlsSession, TlsSession]:
    """Return client and server after their handshake in memory, with nothing on the way."""
    both = TlsSession(client(), "localhost"), TlsSession(server(pq))
    meet(*both)
    assert both[0].read() == b""
    return both


def run(loop: Callable[[], asyncio.AbstractEventLoop], main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine under this kind of loop, within `PATIENCE` seconds; what a callback raises fails the test."""
    raised: list[dict[str, Any]] = []

    async def bounded() -> T:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: raised.append(context))
        return await asyncio.wait_for(main, PATIENCE)

    with asyncio.Runner(loop_factory=loop) as runner:
        result = runner.run(bounded())
    assert not raised, raised
    return result


class Notes(asyncio.Protocol):
    """An inner protocol that keeps what it receives and how it ended."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport
        self.received = bytearray()
        self.facts: dict[str, Any] = {}
        self.made = asyncio.Event()
        self.lost = asyncio.Event()
        self.cause: Exception | None = None
        self._more = asyncio.Event()
        self.eof = False

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # a stream transport, or TLS over one
        self.facts = {
            name: transport.get_extra_info(name)
            for name in ("group", "version", "alpn", "resumed", "peername", "sslobject")
        }
        self.made.set()

    @override
    def data_received(self, data: bytes) -> None:
        self.received += data
        self._more.set()

    async def holds(self, octets: int) -> None:
        """Wait until that many bytes have been received."""
        while len(self.received) < octets:
            self._more.clear()
            await self._more.wait()

    @override
    def eof_received(self) -> bool | None:
        self.eof = True
        return None

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.cause = exc
        self.lost.set()


class Echo(Notes):
    """Sends back what it receives."""

    @override
    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self.transport.write(data)


class Stage:
    """A listening server: its port, what inner protocols came into being, the words of its refusals."""

    def __init__(self) -> None:
        self.port = 0
        self.inner: list[Notes] = []
        self.refused: list[str] = []
        self.raw: list[TlsProtocol] = []
        self._changed = asyncio.Event()

    def add(self, inner: Notes) -> Notes:
        self.inner.append(inner)
        self._changed.set()
        return inner

    def refuse(self, word: str) -> None:
        self.refused.append(word)
        self._changed.set()

    async def met(self, number: int = 1) -> Notes:
        """Wait for that many connections, and return the last."""
        while len(self.inner) < number:
            self._changed.clear()
            await self._changed.wait()
        return self.inner[number - 1]

    async def counted(self, number: int = 1) -> list[str]:
        """Wait for that many refusals, and return their words."""
        while len(self.refused) < number:
            self._changed.clear()
            await self._changed.wait()
        return self.refused


@contextlib.asynccontextmanager
async def stage(
    inner: Callable[[], Notes] = Echo,
    *,
    context: SSL.Context | None = None,
    handshake_seconds: float = 60.0,
) -> AsyncIterator[Stage]:
    """Serve TLS on a port of 127.0.0.1 for the length of a block."""
    found = Stage()
    terms = context or server()

    def accept() -> TlsProtocol:
        found.raw.append(
            TlsProtocol(
                lambda: found.add(inner()),
                terms,
                handshake_seconds=handshake_seconds,
                on_refused=found.refuse,
            )
        )
        return found.raw[-1]

    listener = await asyncio.get_running_loop().create_server(accept, "127.0.0.1", 0)
    found.port = listener.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        for protocol in found.raw:
            protocol.abort()
        listener.close()
        await listener.wait_closed()
        await asyncio.sleep(0.01)


async def visit(port: int, inner: Notes, context: SSL.Context, refused: list[str] | None = None) -> Notes:
    """Connect as a client over TLS; return when the handshake is done or the connection is gone."""
    gone = asyncio.Event()

    def refuse(word: str) -> None:
        if refused is not None:
            refused.append(word)
        gone.set()

    _, tls = await asyncio.get_running_loop().create_connection(
        lambda: TlsProtocol(lambda: inner, context, server_hostname="localhost", on_refused=refuse),
        "127.0.0.1",
        port,
    )
    waits = [asyncio.ensure_future(event.wait()) for event in (inner.made, gone)]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
    if gone.is_set():
        tls.abort()
    return inner


def plain_exchange(port: int, octets: bytes, *, end: bool = False, seconds: float = 60.0) -> bytes:
    """Send octets without TLS and return all that comes back until the other side closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as line:
        line.sendall(octets)
        if end:
            line.shutdown(socket.SHUT_WR)
        received = b""
        with contextlib.suppress(ConnectionResetError):
            while more := line.recv(65_536):
                received += more
        return received


def dialled(port: int) -> ssl.SSLSocket:
    """A blocking connection by Python's own ssl, which tells a cut from an end."""
    line = socket.create_connection(("127.0.0.1", port), timeout=60)
    return stdlib_client().wrap_socket(line, server_hostname="localhost", suppress_ragged_eofs=False)


def cut(line: ssl.SSLSocket) -> None:
    """End the stream below TLS, as somebody in between would; then read what comes, so that nothing is reset."""
    with socket.socket(fileno=line.detach()) as bare, contextlib.suppress(ConnectionResetError):
        bare.settimeout(60)
        bare.shutdown(socket.SHUT_WR)
        while bare.recv(65_536):
            pass
