"""Servers on real sockets for the way out: one that says fixed octets, in plain or over TLS, and one on a path."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from typing_extensions import override

from tests.crypto.scene import Notes, client, papers, server, stage

__all__ = ["LOCAL", "OK", "client", "hybrid", "listening", "papers", "saying", "server"]

LOCAL = frozenset({"127.0.0.1", "localhost"})
"""What the tests' clients may reach besides public addresses."""
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

Talk = Callable[[socket.socket], None]


@contextlib.contextmanager
def listening(talk: Talk, path: Path | None = None) -> Iterator[int]:
    """Run `talk` on each connection, in threads, for the length of a block; yield the port (0 on a path)."""
    listener = socket.socket(socket.AF_INET if path is None else socket.AF_UNIX)
    listener.bind(("127.0.0.1", 0) if path is None else str(path))
    listener.listen(16)
    listener.settimeout(0.05)
    stop = threading.Event()
    threads: list[threading.Thread] = []

    def serve(line: socket.socket) -> None:
        line.settimeout(60)
        with line, contextlib.suppress(OSError):
            talk(line)

    def accept() -> None:
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                line, _ = listener.accept()
                threads.append(threading.Thread(target=serve, args=(line,)))
                threads[-1].start()

    acceptor = threading.Thread(target=accept)
    acceptor.start()
    try:
        yield 0 if path is not None else listener.getsockname()[1]
    finally:
        stop.set()
        acceptor.join()
        for thread in threads:
            thread.join(60)
        listener.close()


def saying(*parts: bytes, heard: list[bytes] | None = None) -> Talk:
    """Read a request's head, say these parts, then end."""

    def talk(line: socket.socket) -> None:
        request = b""
        while b"\r\n\r\n" not in request:
            more = line.recv(65_536)
            if not more:
                return
            request += more
        if heard is not None:
            heard.append(request)
        for part in parts:
            line.sendall(part)

    return talk


class _Web(Notes):
    """Answers each request's head with `OK`."""

    @override
    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if b"\r\n\r\n" in self.received:
            self.received.clear()
            self.transport.write(OK)


@contextlib.contextmanager
def hybrid(pq: str = "preferred", inner: type[Notes] = _Web) -> Iterator[int]:
    """Serve HTTP over our own TLS, in a thread with a loop of its own; yield the port."""
    ready: list[int] = []
    begun, stop = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def main() -> None:
        async with stage(inner, context=server("required" if pq == "required" else "preferred")) as found:
            ready.append(found.port)
            begun.set()
            await stop.wait()

    def run() -> None:
        loop.run_until_complete(main())
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        if not begun.wait(60):
            raise TimeoutError("the server did not start")
        yield ready[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(60)
