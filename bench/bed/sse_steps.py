"""A stream event by event: the service says the next one once the client has what came of the last, so that it can be counted.

In one thread: client and service are two sockets, with a platform between them.
"""

import json
import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from bench.bed.load import STREAM_BODY, Entry, LoadFailed, connect, request

_PATIENCE_S = 20.0
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
_COMMENT = b": here\n\n"


@dataclass(frozen=True, slots=True)
class Held:
    """What a client saw of a stream.

    Attributes:
        most: letters that the service had said and the client had not, at most, each event being on its way alone.
        chunks: events with a piece of text.
        whole: whether every letter came, in order.
        cpu_us: processor time of the platform, an event.
    """

    most: int
    chunks: int
    whole: bool
    cpu_us: float


class Service:
    """The service: a socket that a platform calls."""

    def __init__(self) -> None:
        """Listen on a free port."""
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(_PATIENCE_S)
        self.port = int(self._server.getsockname()[1])

    def __enter__(self) -> Self:
        """Return it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Listen no more."""
        self._server.close()

    def asked(self) -> socket.socket:
        """Return the connection on which a request came, once all of it is there.

        Raises:
            TimeoutError: none came.
        """
        sock = self._server.accept()[0]
        sock.settimeout(_PATIENCE_S)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        told = b""
        while (found := re.search(rb"content-length: *(\d+)", told, re.IGNORECASE)) is None or len(
            told.partition(b"\r\n\r\n")[2]
        ) < int(found.group(1)):
            told += sock.recv(65536)
        return sock


def stepped(service: Service, entry: Entry, pieces: Sequence[str], spent: Callable[[], int]) -> Held:
    """Return how a stream comes through: its head with a comment, which has to come alone, then each of these pieces of text.

    Args:
        service: that says them.
        entry: of the platform in front of it.
        pieces: of one choice's text.
        spent: processor time of the platform so far, nanoseconds.
    Raises:
        LoadFailed: an event never came, or something else did.
    """
    with connect(entry) as client:
        client.settimeout(_PATIENCE_S)
        client.sendall(request(entry.calls[0], STREAM_BODY))
        reading = _Reading(client)
        with service.asked() as sock:
            sock.sendall(_HEAD + _chunk(_COMMENT))
            reading.until(lambda: reading.commented)
            before, most, sent = spent(), 0, 0
            for number, piece in enumerate(pieces, 1):
                sock.sendall(_chunk(event({"content": piece}, None)))
                sent += len(piece)
                reading.until(lambda: reading.events >= number)  # noqa: B023 - asked within this round
                most = max(most, sent - len(reading.text))
            cost = (spent() - before) / len(pieces) / 1000
            sock.sendall(_chunk(event({}, "stop") + b"data: [DONE]\n\n") + b"0\r\n\r\n")
            reading.until(lambda: reading.done)
    return Held(most, len(pieces), reading.text == "".join(pieces), cost)


def _chunk(octets: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(octets), octets)


def event(delta: dict[str, str], finish: str | None) -> bytes:
    """Return an event with a piece of one choice's text, or with why it ended."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    document = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "sample",
        "choices": [choice],
    }
    return b"data: " + json.dumps(document).encode() + b"\n\n"


class _Reading:
    """What a client has read.

    Attributes:
        text: of all events.
        events: that had data.
        commented, done: whether a comment, and the last words, have come.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock, self._rest, self._begun = sock, b"", False
        self.text, self.events, self.commented, self.done = "", 0, False, False

    def until(self, there: Callable[[], bool]) -> None:
        """Read until it is there.

        Raises:
            LoadFailed: it does not come.
        """
        while not there():
            octets = self._some()
            if not self._begun and not octets.startswith(b"HTTP/1.1 200"):
                raise LoadFailed(f"a stream was answered {octets[:300]!r}")
            self._begun = True
            *whole, self._rest = (self._rest + octets).split(b"\n\n")
            for each in whole:
                self._take(each)

    def _some(self) -> bytes:
        try:
            octets = self._sock.recv(65536)
        except TimeoutError:
            octets = b""
        if not octets:
            raise LoadFailed(f"a stream stopped after {self.events} events: {self._rest[-300:]!r}")
        return octets

    def _take(self, event: bytes) -> None:
        self.commented = self.commented or re.search(rb"^:", event, re.MULTILINE) is not None
        self.done = self.done or b"data: [DONE]" in event
        found = re.search(rb"^data: (\{.*\})$", event, re.MULTILINE)
        if found:
            self.events += 1
            self.text += json.loads(found.group(1))["choices"][0]["delta"].get("content", "")
