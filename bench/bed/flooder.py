"""One flooder: `python -m bench.bed.flooder KIND PORT SECONDS FIRST LAST [--in-front]` floods 127.0.0.1 as a stranger.

It comes from 127.0.FIRST.1 to 127.0.LAST.1, so from as many /24 networks. At its end, by SIGTERM at the latest, it
prints how often it tried.
"""

import contextlib
import itertools
import os
import select
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from OpenSSL import SSL

from bench.bed.load import BODY

_RESET = struct.pack("ii", 1, 0)
_HELD, _KEPT = 1500, 24
"""Connections that a holding flood keeps open, and that an asking one does."""
_TURN_S = 0.01
_BIG = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


def _asks(token: str) -> bytes:
    authorization = f"Authorization: Bearer {token}\r\n" if token else ""
    return _BIG + f"{authorization}Content-Length: {len(BODY)}\r\n\r\n".encode() + BODY


class Line:
    """A connection of a flooder over TLS, driven without ever waiting for the other side."""

    def __init__(self, sock: socket.socket, context: SSL.Context) -> None:
        self.sock = sock
        self._tls = SSL.Connection(context, sock)
        self._tls.set_connect_state()
        self._open = False

    def shake(self) -> bool:
        """Go on with the handshake; return whether it is done. Raises OSError or SSL.Error."""
        if not self._open:
            try:
                self._tls.do_handshake()
            except SSL.WantReadError:
                return False
            self._open = True
        return True

    def send(self, octets: bytes) -> int:
        """Return how many octets went out; 0 where the other side takes none now."""
        try:
            return self._tls.send(octets)
        except (SSL.WantReadError, SSL.WantWriteError):
            return 0

    def read(self) -> bytes:
        """Return what came, or nothing; raises where the connection ended."""
        try:
            return self._tls.recv(65536)
        except SSL.WantReadError:
            return b""


def _context() -> SSL.Context:
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_verify(SSL.VERIFY_NONE)
    return context


def hello() -> bytes:
    """Return the first flight of a hybrid client, to be sent again and again at no cost."""
    client = SSL.Connection(_context(), None)
    client.set_connect_state()
    try:
        client.do_handshake()
    except SSL.WantReadError:
        return client.bio_read(65536)
    raise RuntimeError("a client alone cannot have finished its handshake")


class Flood:
    """What all kinds share: where to, from where, until when, how often."""

    def __init__(self, port: int, seconds: float, sources: Iterator[str]) -> None:
        self.port, self.until, self.sources = port, time.monotonic() + seconds, sources
        self.tried = 0
        self.context = _context()

    def on(self) -> bool:
        """Return whether it goes on."""
        return time.monotonic() < self.until

    def end(self) -> None:
        """Go on no longer."""
        self.until = 0.0

    def connect(self) -> socket.socket:
        """Return a connection that is being made, from the next source."""
        sock = socket.socket()
        sock.setblocking(False)
        try:
            sock.bind((next(self.sources), 0))
            sock.connect_ex(("127.0.0.1", self.port))
        except OSError:
            sock.close()
            raise
        return sock

    def churn(self, first: bytes = b"") -> None:
        """Connect, say at most one thing, and leave with a reset; some at once."""
        while self.on():
            some = []
            for _ in range(32):
                try:
                    some.append(self.connect())
                except OSError:
                    break
            for sock in some:
                with contextlib.suppress(OSError):
                    if first:
                        sock.send(first)
                    self.tried += 1
            if first:
                select.select(some, [], [], _TURN_S)
            for sock in some:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                sock.close()

    def hold(self, first: bytes) -> None:
        """Hold connections open that said so much and no more; replace those that are ended."""
        held: list[socket.socket] = []
        while self.on():
            for _ in range(min(64, _HELD - len(held))):
                sock = self.connect()
                held.append(sock)
                self.tried += 1
                with contextlib.suppress(OSError):
                    sock.send(first)
            time.sleep(_TURN_S)
            held = [sock for sock in held if not _ended(sock)]

    def ask(self, request: bytes) -> None:
        """Ask over and over on kept connections, as fast as answers come."""
        lines: list[Line] = []
        asked: set[Line] = set()
        while self.on():
            while len(lines) < _KEPT:
                lines.append(Line(self.connect(), self.context))
            readable, _, _ = select.select([line.sock for line in lines], [], [], _TURN_S)
            for line in tuple(lines):
                try:
                    if line in asked and line.sock in readable and line.read():
                        asked.discard(line)
                    if line not in asked and line.shake():
                        line.send(request)
                        asked.add(line)
                        self.tried += 1
                except (OSError, SSL.Error):
                    line.sock.close()
                    lines.remove(line)
                    asked.discard(line)

    def pour(self, opening: bytes, piece: bytes, apart_s: float, count: int) -> None:
        """Open requests and send their rest piece by piece, without end."""
        lines: list[Line] = []
        begun: set[Line] = set()
        while self.on():
            lines += [Line(self.connect(), self.context) for _ in range(min(16, count - len(lines)))]
            time.sleep(apart_s)
            for line in tuple(lines):
                try:
                    if line in begun:
                        line.send(piece)
                        self.tried += 1
                    elif line.shake():
                        line.send(opening)
                        begun.add(line)
                except (OSError, SSL.Error):
                    line.sock.close()
                    lines.remove(line)
                    begun.discard(line)

    def burn(self) -> None:
        """Flood nothing: use as much processor time as a flooder does, for comparison."""
        while self.on():
            self.tried += 1


def _ended(sock: socket.socket) -> bool:
    try:
        return not sock.recv(65536)
    except BlockingIOError:
        return False
    except OSError:
        return True


def kinds(token: str) -> dict[str, Callable[[Flood], None]]:
    """Return kind -> what it does.

    Args:
        token: a real one; the flood presents it with another signature.
    """
    part, _, signature = token.rpartition(".")
    forged = f"{part}.{'A' if signature[:1] != 'A' else 'B'}{signature[1:]}"
    chunked = _BIG + b"Transfer-Encoding: chunked\r\n\r\n"
    first = hello()
    return {
        "burn": Flood.burn,
        "no-token": lambda flood: flood.ask(_asks("")),
        "wrong-token": lambda flood: flood.ask(_asks(forged)),
        "churn": Flood.churn,
        "handshakes": lambda flood: flood.churn(first),
        "half-open": lambda flood: flood.hold(b""),
        "half-hello": lambda flood: flood.hold(first[:-1]),
        "slow-heads": lambda flood: flood.pour(_BIG, b"X-Slow: 1\r\n", 0.5, 400),
        "big-bodies": lambda flood: flood.pour(chunked, b"ffff\r\n" + b" " * 65535 + b"\r\n", 0, 16),
    }


def step_back() -> None:
    """Take processor time only where nobody else wants any, on one core: what floods from outside takes none."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    with contextlib.suppress(OSError):  # the kernel may have no groups by session
        Path("/proc/self/autogroup").write_text("19")


def main(words: list[str]) -> None:
    """Flood; the token comes over standard input."""
    if "NOBACK" not in os.environ:
        step_back()
    kind, port, seconds, first, last = words[:5]
    sources = itertools.cycle([f"127.0.{net}.1" for net in range(int(first), int(last) + 1)])
    flood = Flood(int(port), float(seconds), sources)
    signal.signal(signal.SIGTERM, lambda *_: flood.end())
    kinds(sys.stdin.read().strip())[kind](flood)
    print(flood.tried)


if __name__ == "__main__":
    main(sys.argv[1:])
