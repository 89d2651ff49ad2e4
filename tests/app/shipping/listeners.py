"""Receivers on real sockets: of syslog by TCP, TLS and UDP, and of requests; and entries to send them."""

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bartizan.app.plan import Connector
from bartizan.ledger.entry import Entry
from bartizan.ledger.event import Event, Outcome
from tests.crypto.scene import files, papers
from tests.posted import Answer, Request, posted

AT = 1_700_000_000_000_000_000


def entries(count: int, first: int = 0) -> list[Entry]:
    """Return entries as the ledger has them."""
    return [
        Entry(
            at, 1, at, Event(AT + at, "access.principal.revoked", "owner", "p-0123456789abcdef", Outcome.DONE)
        )
        for at in range(first, first + count)
    ]


def at(port: int, scheme: str, **more: object) -> Connector:
    """Return a connector to a port of this machine."""
    known: dict[str, object] = {
        "name": "siem",
        "kind": "json",
        "scheme": scheme,
        "host": "127.0.0.1",
        "port": port,
    }
    if scheme.endswith(("+tls", "https")):
        known |= {"tls": True, "host": "localhost", "authorities": papers().ca.decode()}
    return Connector(**(known | {"allowed": (f"127.0.0.1:{port}", f"localhost:{port}")} | more))  # type: ignore[arg-type]


def tls(folder: Path) -> ssl.SSLContext:
    """Return a server's context of Python's own."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files(folder)[1])
    return context


class Syslog:
    """A receiver of octet-counted messages.

    Attributes:
        port: of 127.0.0.1.
        messages: those that it has read, in order.
        dies: given how many octets a connection has brought, says whether the receiver dies now, with what it has not
            read.
    """

    def __init__(self, dies: Callable[[int], bool], context: ssl.SSLContext | None) -> None:
        self.dies, self.messages, self._context = dies, list[bytes](), context
        self.connections = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(0.05)
        self.port = self.listener.getsockname()[1]

    def serve(self, stop: threading.Event) -> None:
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                end, _ = self.listener.accept()
                self.connections += 1
                with end, contextlib.suppress(OSError):
                    self._take(end)

    def _take(self, end: socket.socket) -> None:
        end.settimeout(60)
        if self._context is None:
            self._read(end)
            return
        with self._context.wrap_socket(end, server_side=True) as line:
            self._read(line)

    def _read(self, line: socket.socket) -> None:
        rest, read = b"", 0
        while octets := line.recv(4096):
            rest, read = self._cut(rest + octets), read + len(octets)
            if self.dies(read):
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                line.close()
                return
        if isinstance(line, ssl.SSLSocket):
            line.unwrap()

    def _cut(self, octets: bytes) -> bytes:
        while b" " in octets:
            length, _, rest = octets.partition(b" ")
            if len(rest) < int(length):
                break
            self.messages.append(rest[: int(length)])
            octets = rest[int(length) :]
        return octets


@contextmanager
def syslog(
    dies: Callable[[int], bool] = lambda _: False, context: ssl.SSLContext | None = None
) -> Iterator[Syslog]:
    """Yield a running receiver."""
    receiver, stop = Syslog(dies, context), threading.Event()
    thread = threading.Thread(target=receiver.serve, args=(stop,))
    thread.start()
    try:
        yield receiver
    finally:
        stop.set()
        thread.join()
        receiver.listener.close()


class Web:
    """A receiver of requests.

    Attributes:
        port: of 127.0.0.1.
        requests: path, headers and body of each.
        says: number of the request, from 1 -> status, headers and body of its answer.
    """

    port: int

    def __init__(self, says: Callable[[int], Answer]) -> None:
        self.says, self.requests = says, list[Request]()
        self.came = threading.Condition()

    def take(self, request: Request) -> Answer:
        with self.came:
            self.requests.append(request)
            self.came.notify_all()
            return self.says(len(self.requests))

    def until(self, holds: Callable[["Web"], bool], seconds: float = 60) -> None:
        """Wait until that holds."""
        with self.came:
            assert self.came.wait_for(lambda: holds(self), seconds), len(self.requests)


@contextmanager
def web(
    says: Callable[[int], Answer] = lambda _: (200, {}, b""),
    context: ssl.SSLContext | None = None,
) -> Iterator[Web]:
    """Yield a receiver that answers so to its first, second... request."""
    receiver = Web(says)
    with posted(receiver.take, context) as receiver.port:
        yield receiver
