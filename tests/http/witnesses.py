"""Witnesses in this process: each in a thread, with a real socket, TLS and database."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from bartizan.app.witness import AUTHORITY, Installed, install, installed
from bartizan.clock import SystemClock
from bartizan.crypto.tls import client_context
from bartizan.egress.http import Client, Response
from bartizan.egress.line import Line, open_connection
from bartizan.http.witness import answering
from bartizan.ledger.checkpoint import Verifiers
from bartizan.ledger.cosignature import Witness as Known

ALLOWED = frozenset({"127.0.0.1"})


class Witness:
    """A witness that answers on loopback."""

    def __init__(self, installed: Installed, port: int) -> None:
        self.installed, self.port = installed, port
        self.authority = (installed.folder / AUTHORITY).read_bytes()

    @property
    def known(self) -> Known:
        return self.installed.cosigner.witness

    def size(self) -> int:
        (log,) = self.installed.store.logs()
        return log.seen.size

    def client(self) -> Client:
        return Client.over_tls("127.0.0.1", self.port, self.authority, allowed=ALLOWED, timeout_s=20)

    def post(self, body: bytes, path: str = "/add-checkpoint") -> Response:
        return self.client().request("POST", path, (), body)

    def line(self) -> Line:
        """A connection, its handshake done, for octets of any kind."""
        context = client_context(self.authority)
        return open_connection("127.0.0.1", self.port, context=context, allowed=ALLOWED, timeout_s=20)


@contextmanager
def answers(folder: Path, *trusted: Verifiers, name: str = "witness.example.com/w1") -> Iterator[Witness]:
    """Make a witness in a folder that trusts these ledgers; it answers until the block ends."""
    install(folder, name, ("127.0.0.1", "localhost"), SystemClock())
    with closing((made := installed(folder)).store), _served(made) as port:
        for keys in trusted:
            made.store.trust(keys)
        yield Witness(made, port)


@contextmanager
def _served(made: Installed) -> Iterator[int]:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    ready, loops = threading.Event(), list[tuple[asyncio.AbstractEventLoop, asyncio.Event]]()

    async def run() -> None:
        stop = asyncio.Event()
        loops.append((asyncio.get_running_loop(), stop))
        await answering(made, listener, SystemClock(), ready.set, stop)

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    try:
        assert ready.wait(30)
        yield port
    finally:
        loop, stop = loops[0]
        loop.call_soon_threadsafe(stop.set)
        thread.join(30)
        listener.close()
        assert not thread.is_alive()
