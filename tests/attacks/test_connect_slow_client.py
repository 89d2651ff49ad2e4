"""A program on this machine that opens connections and leaves them, so that the user's own find none."""

import contextlib
import socket
import threading

import pytest

from bartizan.app.connect import client, serve
from bartizan.clock import MILLISECOND
from tests.app.connect.scene import Asked, everything, proxied, status


@pytest.fixture
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HEAD_TIME", "IDLE_TIME", "STALL_TIME", "LINGER_TIME"):
        monkeypatch.setattr(client, name, 150 * MILLISECOND)


@pytest.mark.usefixtures("_hurried")
@pytest.mark.parametrize(
    ("begun", "code"),
    [
        (b"", 0),
        (b"GET /v1/models HTT", 408),
        (b"GET /v1/models HTTP/1.1\r\nhost: 127.0.0.1\r\n", 408),
        (b"POST /v1/x HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\n{", 0),
    ],
)
def test_who_says_nothing_more_is_let_go(begun: bytes, code: int) -> None:
    with proxied(key=None) as scene, scene.line() as line:
        line.sendall(begun)
        assert status(everything(line)) == code
        assert scene.asked == []


@pytest.mark.usefixtures("_hurried")
def test_a_head_that_comes_an_octet_at_a_time_has_no_more_time_than_another() -> None:
    """Each octet used to begin the time anew: a head of 32 KiB could take days."""
    with proxied(key=None) as scene, scene.line() as line, contextlib.suppress(OSError):
        line.settimeout(0.05)
        answer = b""
        while not answer:
            line.sendall(b"G")
            with contextlib.suppress(TimeoutError):
                answer = line.recv(65536)
        assert status(answer) == 408


@pytest.mark.usefixtures("_hurried")
def test_who_takes_nothing_more_is_let_go() -> None:
    endless = b"HTTP/1.1 200 OK\r\ncontent-length: 900000000\r\n\r\n"
    ended = threading.Event()

    def pour(_: Asked, line: socket.socket) -> None:
        with contextlib.suppress(OSError):
            line.sendall(endless)
            while True:
                line.sendall(b"x" * 65536)
        ended.set()

    with proxied(pour) as scene, scene.line() as line:
        line.sendall(scene.request())
        assert ended.wait(60)


def test_no_more_than_so_many_are_served_at_once_and_the_next_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(serve, "MOST", 3)
    with proxied() as scene, contextlib.ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(scene.line())
        for _ in range(2):
            assert status(scene.ask()) == 503
    with proxied() as scene:
        assert status(scene.ask()) == 200


def test_who_only_wants_to_be_told_takes_no_end_of_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "MOST", 2)
    monkeypatch.setattr(client, "LINGER_TIME", 60_000 * MILLISECOND)
    with proxied() as scene, contextlib.ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(scene.line())
        answers = [status(everything(stack.enter_context(scene.line()))) for _ in range(5)]
        assert answers == [503, 503, 0, 0, 0]


def test_heads_and_fields_are_bounded() -> None:
    with proxied() as scene:
        assert status(scene.ask("/v1/models", *(f"x-{n}: y" for n in range(120)))) == 431
        assert status(scene.ask("/v1/models", f"x: {'y' * 40_000}")) == 431
        assert status(scene.say(b"GET /" + b"a" * 40_000)) in {414, 431}
        assert scene.asked == []
