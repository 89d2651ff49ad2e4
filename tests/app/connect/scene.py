"""A proxy of `bartizan connect` in a thread, in front of a gateway that answers as a test tells it; real sockets."""

import asyncio
import contextlib
import re
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from OpenSSL import SSL

from bartizan.app.bearing import Token
from bartizan.app.connect.line import Gateway
from bartizan.app.connect.serve import Proxy, Terms, listener
from bartizan.clock import SECOND, Clock, Nanoseconds, SystemClock
from bartizan.crypto.secret import Secret
from tests.egress.scene import listening

KEY = "local-key-of-a-test"
OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"
REFUSED = b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n"
Answer = Callable[["Asked", socket.socket], None]


@dataclass(frozen=True)
class Asked:
    """A request as the gateway got it: which one it was from 0, its head, and its body without framing."""

    number: int
    head: bytes
    body: bytes

    @property
    def token(self) -> str:
        found = re.search(rb"\r\nauthorization: (?:Bearer|DPoP) (\S+)\r\n", self.head + b"\r\n")
        return found[1].decode() if found else ""


@dataclass
class Scene:
    """A proxy, what the gateway behind it was asked, and how many tokens were fetched."""

    port: int
    asked: list[Asked] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)
    connections: int = 0

    def request(
        self, target: str = "/v1/models", *fields: str, method: str = "GET", body: bytes = b"", key: str = KEY
    ) -> bytes:
        """Return the octets of a request with the key and a length."""
        length = (f"content-length: {len(body)}",) if method == "POST" else ()
        own = (f"host: 127.0.0.1:{self.port}", f"authorization: Bearer {key}", *length, *fields)
        return "\r\n".join([f"{method} {target} HTTP/1.1", *own, "", ""]).encode() + body

    def say(self, octets: bytes) -> bytes:
        """Send octets on a new connection and return everything that comes back until it closes or is cut."""
        with self.line() as line:
            line.sendall(octets)
            return everything(line)

    def ask(self, *words: str, method: str = "GET", body: bytes = b"", key: str = KEY) -> bytes:
        """Send one request that asks for the connection's end, and return what came back."""
        return self.say(
            self.request(*(words or ("/v1/models",)), "connection: close", method=method, body=body, key=key)
        )

    def line(self) -> socket.socket:
        line = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        line.settimeout(60)
        return line


def everything(line: socket.socket) -> bytes:
    """Return what comes on a connection until it ends, however it ends."""
    received = b""
    with contextlib.suppress(OSError):
        while data := line.recv(65536):
            received += data
    return received


def status(answer: bytes) -> int:
    """Return the status of an answer; 0 where none came."""
    return int(answer[9:12] or b"0")


def say_ok(_: Asked, line: socket.socket) -> None:
    line.sendall(OK)


@contextlib.contextmanager
def proxied(
    answer: Answer = say_ok,
    *,
    key: str | None = KEY,
    life_s: int = 600,
    fetch: Callable[[], str] | None = None,
    context: SSL.Context | None = None,
    bound: bool = False,
) -> Iterator[Scene]:
    """Run a proxy for the length of a block.

    Args:
        answer: answers each request on its connection.
        key: what clients must present.
        life_s: of the tokens, which are numbered from 1.
        fetch: returns a token; raises where there is none.
        context: of TLS to the gateway; plain HTTP without.
        bound: whether the tokens are bound to a key.
    """
    scene = Scene(0)

    def talk(line: socket.socket) -> None:
        scene.connections += 1
        rest = b""
        while True:
            head, rest = _head(line, rest)
            body, rest = _body(line, head, rest)
            scene.asked.append(asked := Asked(len(scene.asked), head, body))
            answer(asked, line)

    def token(clock: Clock) -> Token:
        value = fetch() if fetch else f"token-{len(scene.fetched) + 1}"
        scene.fetched.append(value)
        return Token(value, Nanoseconds(clock.now() + life_s * SECOND), bound)

    with listening(talk) as port:
        gateway = Gateway("127.0.0.1", port, context)
        terms = Terms(gateway, token, None if key is None else Secret(key.encode()), SystemClock())
        with running(Proxy(terms)) as scene.port:
            yield scene


@contextlib.contextmanager
def running(proxy: Proxy) -> Iterator[int]:
    """Run a proxy in a thread for the length of a block; yield its port."""
    made = listener(0)
    port = made.getsockname()[1]
    begun, loop = threading.Event(), asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        await proxy.begin(made)
        begun.set()
        await stop.wait()
        await proxy.end()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        assert begun.wait(60)
        yield port
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(60)
        loop.close()
        assert not thread.is_alive()


def _head(line: socket.socket, data: bytes) -> tuple[bytes, bytes]:
    while b"\r\n\r\n" not in data:
        data += _more(line)
    head, _, rest = data.partition(b"\r\n\r\n")
    return head, rest


def _body(line: socket.socket, head: bytes, data: bytes) -> tuple[bytes, bytes]:
    length = re.search(rb"\r\ncontent-length: (\d+)", head)
    if b"\r\ntransfer-encoding: chunked" in head:
        assert length is None
        body = b""
        while not data.endswith(b"0\r\n\r\n"):
            data += _more(line)
        while data != b"0\r\n\r\n":
            size, _, data = data.partition(b"\r\n")
            body, data = body + data[: int(size, 16)], data[int(size, 16) + 2 :]
        return body, b""
    octets = int(length[1]) if length else 0
    while len(data) < octets:
        data += _more(line)
    return data[:octets], data[octets:]


def _more(line: socket.socket) -> bytes:
    data = line.recv(65536)
    if not data:
        raise ConnectionError
    return data
