"""What is said of slow clients, before a gateway that is a script on a socket."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec
import pytest

from bartizan.drill import trickle
from bartizan.drill.attack import GotThrough, Held, Outcome, Undecided
from bartizan.drill.door import Door
from bartizan.drill.target import Scene
from bartizan.drill.trickle import opening, trickled
from tests.drill.scene import Record

SERVED = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"
LATE = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
BEGUN = b"GET / HTTP/1.1\r\nx-slow: "


@contextmanager
def gateway(slow: Callable[[socket.socket], None]) -> Iterator[Door]:
    """Serve requests whose heads are whole; give the others to a script."""
    over = threading.Event()

    def serve(sock: socket.socket) -> None:
        with sock:
            said = b""
            while b"\r\n\r\n" not in said and BEGUN not in said:
                said += sock.recv(4096)
            if BEGUN in said:
                slow(sock)
            else:
                sock.sendall(SERVED)
                over.wait(60)

    def accept() -> None:
        while not over.is_set():
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(sock,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=accept)
        thread.start()
        yield Door("127.0.0.1", listener.getsockname()[1], b"", "honest")
        over.set()
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def tell(slow: Callable[[socket.socket], None]) -> Outcome:
    with gateway(slow) as door:
        target = Record().target()
        scene = Scene(msgspec.structs.replace(target.platform, door=door), lambda _service: ())
        return trickled(msgspec.structs.replace(target, scene=lambda: scene), BEGUN, "heads")


def late(sock: socket.socket) -> None:
    sock.sendall(LATE)


def patient(sock: socket.socket) -> None:
    while sock.recv(4096):
        pass


def silent(_sock: socket.socket) -> None:
    """End without a word."""


@pytest.mark.parametrize(
    ("slow", "kind", "rounds"), [(late, Held, 500), (patient, GotThrough, 4), (silent, Undecided, 500)]
)
def test_slow_clients_are_held_only_where_they_are_ended_and_told(
    slow: Callable[[socket.socket], None], kind: type[Outcome], rounds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trickle, "_ROUNDS", rounds)
    monkeypatch.setattr(trickle, "_GLANCE_S", 0.02)
    assert isinstance(tell(slow), kind)


def test_a_body_that_never_ends_begins_like_any_other() -> None:
    octets = opening(Door("localhost", 1, b"", "honest"), "token", 4096)
    head, _, body = octets.partition(b"\r\n\r\n")
    assert b"content-length: 4096" in head
    assert body == b'{"a":"'
