"""The gateway's client in its tests: sends octets as they are, and reads answers with h11."""

import asyncio
from typing import Any

import h11
import msgspec

from tests.gateway.upstream import next_event

GOOD = "good"
CHAT = b'{"model":"m","messages":[{"role":"user","content":"hi"}]}'


def request(
    method: bytes = b"POST",
    path: bytes = b"/v1/chat/completions",
    body: bytes = CHAT,
    *more: bytes,
    bearer: str = GOOD,
    media: bytes = b"application/json",
) -> bytes:
    """Return a request as an honest client sends it, with more header lines if wanted."""
    lines = [b"%b %b HTTP/1.1" % (method, path), b"Host: localhost", *more]
    if bearer:
        lines.append(b"Authorization: Bearer " + bearer.encode())
    if method == b"POST":
        lines += [b"Content-Type: " + media, b"Content-Length: %d" % len(body)]
    return b"\r\n".join(lines) + b"\r\n\r\n" + (body if method == b"POST" else b"")


class Answer(msgspec.Struct):
    """An answer, as h11 read it."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes
    pieces: list[bytes]

    def json(self) -> Any:  # noqa: ANN401 - JSON
        return msgspec.json.decode(self.body)

    @property
    def reason(self) -> str:
        """The word of a refusal, in either form of document."""
        document = self.json()
        if "jsonrpc" in document:
            return str(document["error"]["data"]["reason"])
        word = document["error"]["code"] if "error" in document else document["type"].rsplit(":", 1)[-1]
        return str(word)


class Client:
    """A connection to the gateway that sends octets as they are."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self._rest = b""

    def send(self, octets: bytes) -> None:
        self.writer.write(octets)

    async def answer(self, method: bytes = b"POST") -> Answer:
        """Read one answer, whole; ConnectionError where it is cut or ill-framed."""
        connection = h11.Connection(h11.CLIENT)
        connection.send(h11.Request(method=method, target=b"/", headers=[(b"host", b"x")]))
        connection.send(h11.EndOfMessage())
        if self._rest:
            connection.receive_data(self._rest)
        head: h11.Response | None = None
        pieces: list[bytes] = []
        while True:
            try:
                event = await next_event(connection, self.reader)
            except h11.RemoteProtocolError as fault:
                raise ConnectionError(str(fault)) from fault
            if isinstance(event, h11.Response):
                head = event
            elif isinstance(event, h11.Data):
                pieces.append(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage) and head is not None:
                self._rest = connection.trailing_data[0]
                return Answer(head.status_code, dict(head.headers), b"".join(pieces), pieces)
            elif isinstance(event, h11.ConnectionClosed):
                raise ConnectionError("closed without an answer")

    async def ask(self, octets: bytes, method: bytes = b"POST") -> Answer:
        self.send(octets)
        return await self.answer(method)

    async def closed(self) -> bytes:
        """Return what still came before the gateway closed the connection."""
        try:
            return self._rest + await self.reader.read()
        except ConnectionError:
            return self._rest
