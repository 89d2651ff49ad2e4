"""The sample's real process, as the supervisor and the dialer treat it."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.client import HTTPConnection
from typing import Any

import pytest

from bartizan.isolation.memory import sealed

SECRET = b"tower-abcdefgh2345"


class Process:
    """A running sample and the supervisor's end of its channel."""

    def __init__(self, python: str = sys.executable) -> None:
        self.channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.channel.settimeout(60)
        self.process = subprocess.Popen(  # our own module
            [python, "-I", "-m", "bartizan.sample.serve", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stderr=subprocess.PIPE,
            env={},
            cwd="/",
        )
        theirs.close()

    def boot(self, secret: bytes = SECRET, **fields: object) -> bytes:
        """Boot it and return what it says; empty once it is gone."""
        fd = sealed(secret)
        socket.send_fds(self.channel, [json.dumps({"do": "boot", **fields}).encode()], [fd])
        os.close(fd)
        return self.channel.recv(1024)

    def connect(self) -> socket.socket:
        """Return one end of a new connection."""
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self.channel, [b'{"do":"connection"}'], [theirs.fileno()])
        ours.settimeout(60)
        return ours

    def http(self) -> HTTPConnection:
        """Return a new connection for an HTTP client."""
        connection = HTTPConnection("sample")
        connection.sock = self.connect()
        return connection

    def post(self, path: str, body: object) -> tuple[int, Any]:
        """Return status and JSON of one request on a connection of its own."""
        connection = self.http()
        connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        told = json.loads(answer.read())
        connection.close()
        return answer.status, told

    def end(self) -> int:
        """Close the channel and return the exit status."""
        self.channel.close()
        assert self.process.stderr is not None
        self.process.stderr.close()
        return self.process.wait(30)


@pytest.fixture(scope="session")
def sample() -> Iterator[Process]:
    process = Process()
    assert process.boot() == b'{"do":"ready"}'
    yield process
    assert process.end() == 0


@pytest.fixture
def start() -> Iterator[Callable[..., Process]]:
    with ExitStack() as stack:

        def make(**fields: str) -> Process:
            process = Process(**fields)
            stack.callback(process.end)
            return process

        yield make
