"""The gateway's upstream in its tests: reads requests with h11, which shares nothing with the gateway's parser.

What it could not read as exactly one request stands in `faults`.
"""

import asyncio
from collections.abc import Awaitable, Callable

import h11
import msgspec

ANSWER = (
    b'{"id":"c","choices":[{"message":{"role":"assistant","content":"hello"}}],'
    b'"usage":{"prompt_tokens":3,"completion_tokens":5,"total_tokens":8}}'
)
OK = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nServer: secretive/1.0\r\n"
    b"Content-Length: %d\r\n\r\n%b" % (len(ANSWER), ANSWER)
)


Script = Callable[["Received", asyncio.StreamWriter], Awaitable[None]]


class Received(msgspec.Struct):
    """One request, as h11 read it."""

    method: bytes
    target: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes

    def header(self, name: bytes) -> bytes | None:
        found = [value for key, value in self.headers if key == name]
        assert len(found) < 2
        return found[0] if found else None


async def say_ok(_received: Received, writer: asyncio.StreamWriter) -> None:
    writer.write(OK)


class Upstream:
    """A service: answers by script, remembers what it received and what it could not read."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.faults: list[str] = []
        self.connections = 0
        self.script: Script = say_ok
        self.gone = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._serve(reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            self.gone.set()
            writer.transport.abort()

    def end(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = h11.Connection(h11.SERVER)
        while True:
            received = await self._next(connection, reader)
            if received is None:
                return
            self.received.append(received)
            answer = asyncio.ensure_future(self.script(received, writer))
            try:
                while not answer.done():
                    await asyncio.wait([answer], timeout=0.01)
                    if reader.at_eof():
                        return
                answer.result()
            finally:
                answer.cancel()
            if writer.is_closing():
                return
            connection = _fresh(connection)

    async def _next(self, connection: h11.Connection, reader: asyncio.StreamReader) -> Received | None:
        head: h11.Request | None = None
        body = b""
        while True:
            try:
                event = await next_event(connection, reader)
            except h11.RemoteProtocolError as fault:
                self.faults.append(str(fault))
                return None
            if isinstance(event, h11.Request):
                head = event
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage) and head is not None:
                return Received(head.method, head.target, list(head.headers), body)
            elif isinstance(event, h11.ConnectionClosed):
                return None


async def next_event(connection: h11.Connection, reader: asyncio.StreamReader) -> object:
    """Return what comes next on a connection, in either direction."""
    while (event := connection.next_event()) is h11.NEED_DATA:
        connection.receive_data(await reader.read(65536))
    return event


def _fresh(connection: h11.Connection) -> h11.Connection:
    rest, _ = connection.trailing_data
    new = h11.Connection(h11.SERVER)
    if rest:
        new.receive_data(rest)
    return new
