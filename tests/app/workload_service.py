"""What serves workloads, in a thread of the test: a real socket, and a sealer that signs for whoever it is told to."""

import asyncio
import base64
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding
from typing_extensions import override

from bartizan.app import messages as m
from bartizan.app.listeners import listen_unix
from bartizan.app.workloads import Asking, Service
from bartizan.clock import SystemClock
from bartizan.crypto.svid import sign_svid
from bartizan.crypto.x509 import make_authority

CLOCK = SystemClock()
AUTHORITY, KEY = make_authority("client", (), CLOCK.now())
BUNDLE = AUTHORITY.public_bytes(Encoding.DER)
NAME = "app"
URI = f"spiffe://bartizan.local/workload/{NAME}"


def text(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


def signed(request: str) -> m.SvidSigned:
    der = text(sign_svid(AUTHORITY, KEY, request.encode(), URI, CLOCK.now())) if request else ""
    return m.SvidSigned(1, (m.Svid(NAME, der),), text(BUNDLE))


class Sealer(Asking):
    """Signs at once, or refuses."""

    def __init__(self, answers: Callable[[str], m.SvidSigned]) -> None:
        self.answers, self.asked = answers, 0

    @override
    async def ask(self, connection: socket.socket, accepted: int, request: str) -> m.SvidSigned:
        assert connection.fileno() >= 0
        assert accepted > 0
        self.asked += 1
        return self.answers(request)


@contextmanager
def serving(
    folder: Path,
    answers: Callable[[str], m.SvidSigned] = signed,
    uids: tuple[int, ...] = (os.geteuid(),),
    renewed_s: float = 3600.0,
) -> Iterator[tuple[str, Sealer]]:
    """Yield where it is served, and the sealer."""
    path, sealer = folder / "w.sock", Sealer(answers)
    listener, began = listen_unix(path), threading.Event()
    ends: list[Callable[[], object]] = []

    async def serve() -> None:
        ended, loop = asyncio.Event(), asyncio.get_running_loop()
        ends.append(lambda: loop.call_soon_threadsafe(ended.set))
        serving = loop.create_task(Service(uids, sealer, CLOCK, renewed_s).serve(listener))
        began.set()
        await ended.wait()
        serving.cancel()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert began.wait(60)
    try:
        yield str(path), sealer
    finally:
        ends[0]()
        thread.join()
        listener.close()
