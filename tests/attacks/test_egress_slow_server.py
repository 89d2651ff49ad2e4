"""A server that answers a byte at a time, so that whoever waits for it waits for ever."""

import contextlib
import socket
import threading
import time

import pytest

from bartizan.egress.faults import UpstreamUnreachable
from bartizan.egress.http import Client
from tests.egress.scene import LOCAL, listening

LIMIT = 0.4


@pytest.mark.parametrize(
    "said", [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n"]
)
def test_a_dripping_answer_is_given_up_within_its_limit(said: bytes) -> None:
    gone = threading.Event()

    def drip(line: socket.socket) -> None:
        line.sendall(said)
        with contextlib.suppress(OSError):
            while not gone.wait(0.02):
                line.sendall(b"a")

    begun = time.monotonic()
    with listening(drip) as port:
        try:
            with pytest.raises(UpstreamUnreachable, match="no answer in time"):
                Client.plain("localhost", port, allowed=LOCAL, timeout_s=LIMIT).request("GET", "/")
        finally:
            gone.set()
    assert time.monotonic() - begun < 10 * LIMIT
