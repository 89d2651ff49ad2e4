"""Requests share a connection as long as the server lets them, and none is lost when it does not."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bartizan.egress.faults import EgressFault
from bartizan.egress.http import Client
from bartizan.egress.session import Session

STAYS = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
ENDS = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"
SPLIT = STAYS + STAYS


@contextmanager
def serving(*connections: tuple[bytes, ...]) -> Iterator[tuple[int, list[int]]]:
    """Serve so many connections, each with these answers, then hang up; yield the port, and how many there were."""
    listener = socket.create_server(("127.0.0.1", 0))
    seen: list[int] = []

    def serve() -> None:
        for answers in connections:
            with listener.accept()[0] as peer:
                seen.append(0)
                for answer in answers:
                    if not peer.recv(65536):
                        break
                    seen[-1] += 1
                    peer.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1], seen
    finally:
        thread.join(60)
        listener.close()


def session(port: int) -> Session:
    return Session(Client.plain("127.0.0.1", port, allowed=frozenset({"127.0.0.1"}), timeout_s=10))


def ask(made: Session) -> bytes:
    return made.request("POST", "/", (), b"x", most=100).body


def test_requests_share_a_connection() -> None:
    with serving((STAYS, STAYS, STAYS)) as (port, seen):
        made = session(port)
        assert [ask(made) for _ in range(3)] == [b"ok"] * 3
        made.close()
    assert seen == [3]


def test_a_server_that_closes_gets_another_connection() -> None:
    with serving((ENDS,), (ENDS,)) as (port, seen):
        made = session(port)
        assert [ask(made) for _ in range(2)] == [b"ok"] * 2
    assert seen == [1, 1]


def test_one_that_hung_up_meanwhile_is_asked_once_more() -> None:
    with serving((STAYS,), (STAYS,)) as (port, seen):
        made = session(port)
        assert [ask(made) for _ in range(2)] == [b"ok"] * 2
        made.close()
    assert seen == [1, 1]


def test_a_new_connection_that_fails_is_not_tried_again() -> None:
    with serving(()) as (port, seen):
        made = session(port)
        with pytest.raises(EgressFault):
            ask(made)
    assert seen == [0]


def test_an_answer_that_nobody_asked_for_is_taken_for_no_other_request() -> None:
    with serving((SPLIT,), (ENDS,)) as (port, seen):
        made = session(port)
        assert ask(made) == b"ok"
        assert made._line is None  # what came behind the answer is dropped with its connection
        assert ask(made) == b"ok"
    assert seen == [1, 1]
