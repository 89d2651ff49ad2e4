"""Another Workload API, over a real socket: an honest one, or one that says what it is told to."""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import RequestReceived
from h2.exceptions import H2Error

from bartizan.app.workload_wire import FETCH_BUNDLES, FETCH_KEYS

Say = Callable[[socket.socket, H2Connection, dict[str, int]], None]
"""Told the connection once both calls were made, by their number; ends with it."""


def field(number: int, content: bytes) -> bytes:
    def whole(value: int) -> bytes:
        octets = bytearray()
        while value > 0x7F:
            octets.append(value & 0x7F | 0x80)
            value >>= 7
        return bytes([*octets, value])

    return whole(number << 3 | 2) + whole(len(content)) + content


def entry(number: int, domain: str, content: bytes) -> bytes:
    """Return one bundle as a response has it."""
    return field(number, field(1, domain.encode()) + field(2, content))


def framed(message: bytes, *, compressed: int = 0, length: int | None = None) -> bytes:
    return struct.pack(">BI", compressed, len(message) if length is None else length) + message


class Server:
    """Takes connections until it is closed."""

    def __init__(self, path: Path, say: Say) -> None:
        self.path, self.say, self.taken = path, say, 0
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._ends: list[socket.socket] = []
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while not self._closed.is_set():
            try:
                end, _ = self._listener.accept()
            except OSError:
                return
            self.taken += 1
            self._ends.append(end)
            threading.Thread(target=self._converse, args=(end,), daemon=True).start()

    def _converse(self, end: socket.socket) -> None:
        with end, contextlib.suppress(OSError, H2Error):
            h2 = H2Connection(H2Configuration(client_side=False, header_encoding=False))
            h2.initiate_connection()
            end.sendall(h2.data_to_send())
            calls: dict[str, int] = {}
            while len(calls) < 2:
                octets = end.recv(65_536)
                if not octets:
                    return
                for event in h2.receive_data(octets):
                    if isinstance(event, RequestReceived) and event.headers is not None:
                        path = dict(event.headers)[b":path"].decode()
                        calls[path] = event.stream_id or 0
                end.sendall(h2.data_to_send())
            self.say(end, h2, calls)
            stay(end, h2)

    def close(self) -> None:
        self._closed.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for end in self._ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._thread.join(60)


def stay(end: socket.socket, h2: H2Connection) -> None:
    """Answer what HTTP/2 itself asks, until the client goes."""
    while True:
        octets = end.recv(65_536)
        if not octets:
            return
        h2.receive_data(octets)
        end.sendall(h2.data_to_send())


def answer(end: socket.socket, h2: H2Connection, number: int, octets: bytes) -> None:
    """Send octets as data of a call, as far as the client takes them."""
    while octets:
        room = min(h2.local_flow_control_window(number), h2.max_outbound_frame_size)
        if not room:
            received = end.recv(65_536)
            if not received:
                raise OSError("the client is gone")
            h2.receive_data(received)
            end.sendall(h2.data_to_send())
            continue
        h2.send_data(number, octets[:room])
        octets = octets[room:]
        end.sendall(h2.data_to_send())


def begin(h2: H2Connection, number: int, *more: tuple[str, str]) -> None:
    h2.send_headers(number, [(":status", "200"), ("content-type", "application/grpc"), *more])


def saying(x509: bytes, jwt: bytes) -> Say:
    """Return a server that answers both calls with one message each."""

    def say(end: socket.socket, h2: H2Connection, calls: dict[str, int]) -> None:
        for path, message in ((FETCH_BUNDLES, x509), (FETCH_KEYS, jwt)):
            begin(h2, calls[path])
            answer(end, h2, calls[path], framed(message))

    return say


@contextlib.contextmanager
def served(path: Path, say: Say) -> Iterator[Server]:
    server = Server(path, say)
    try:
        yield server
    finally:
        server.close()
