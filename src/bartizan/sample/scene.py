"""The sample's other parts: services that it plays behind a throw-away platform, some of them hostile.

Rules of this file: it listens on 127.0.0.1 alone and for one drill; whoever reaches it learns nothing, for nothing real is
played. It remembers what came, so that an attack is judged by what reached a service and not by an answer. What is
answered is the part's (`parts.py`), octet for octet, because some parts frame their answers as no server should.
"""

import contextlib
import socket
import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import Final

import h11
import msgspec

MOST_REMEMBERED: Final = 4096
"""Requests that are remembered; of more, the oldest are forgotten."""
MOST_CONNECTIONS: Final = 256
"""Connections at once; another one is closed unanswered."""
_LARGEST: Final = 1 << 20
_READ: Final = 64 << 10


class Asked(msgspec.Struct, frozen=True):
    """A request as it came.

    Attributes:
        method, path: of the request line, the query included.
        fields: names in lower case; of a repeated one, the last.
        body: at most 1 MiB.
    """

    method: str
    path: str
    fields: Mapping[str, str]
    body: bytes


class Answer(msgspec.Struct, frozen=True):
    """What a part answers.

    Attributes:
        octets: as they go out; none for no answer.
        keeps: whether the connection stays open afterwards, for another request or in silence.
    """

    octets: bytes
    keeps: bool = True


class Scene:
    """A listener on a free port of 127.0.0.1, until it is closed; then no connection is left behind.

    Attributes:
        port: where it listens.
    """

    def __init__(self, play: Callable[[Asked], Answer]) -> None:
        """Listen and answer.

        Args:
            play: what answers; it must not raise.
        """
        self._play = play
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._asked: deque[Asked] = deque(maxlen=MOST_REMEMBERED)
        self._over = False
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def asked(self, service: str) -> tuple[Asked, ...]:
        """Return the requests that came for a service, whose paths begin with its name, in order."""
        with self._lock:
            return tuple(one for one in self._asked if one.path.startswith(f"/{service}/"))

    def close(self) -> None:
        """End every connection and the listener."""
        with self._lock:
            self._over = True
            still = tuple(self._open)
        for sock in (self._listener, *still):
            with contextlib.suppress(OSError):  # the other side was faster
                sock.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:  # it was shut
                return
            with self._lock:
                full = self._over or len(self._open) >= MOST_CONNECTIONS
                if not full:
                    self._open.add(sock)
            if full:
                sock.close()
            else:
                threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        try:
            with contextlib.suppress(OSError, h11.RemoteProtocolError):  # nobody to tell
                while self._exchange(sock):
                    pass
        finally:
            with self._lock:
                self._open.discard(sock)
            sock.close()

    def _exchange(self, sock: socket.socket) -> bool:
        """Read one request and answer it; return whether the connection goes on."""
        asked = _read(sock)
        if asked is None:
            return False
        with self._lock:
            self._asked.append(asked)
        answer = self._play(asked)
        sock.sendall(answer.octets)
        return answer.keeps


def _read(sock: socket.socket) -> Asked | None:
    """Return the next request; None where the connection ended, or a body is too large."""
    reader = h11.Connection(h11.SERVER)
    head: h11.Request | None = None
    body = bytearray()
    while len(body) <= _LARGEST:
        event = reader.next_event()
        if event is h11.NEED_DATA:
            reader.receive_data(sock.recv(_READ))
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage) and head is not None:
            fields = {name.decode("ascii"): value.decode("latin-1") for name, value in head.headers}
            return Asked(head.method.decode("ascii"), head.target.decode("latin-1"), fields, bytes(body))
        else:
            return None
    return None
