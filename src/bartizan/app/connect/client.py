"""A local client's connection, as octets: read under a clock, written under a clock, ended when the client goes.

Rules of this file: whoever sends or takes nothing for too long is let go; what is read ahead is bounded. When a client
leaves, the task that serves it is cancelled, and with it whatever it was doing at the gateway.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final, cast

from typing_extensions import override

from bartizan.clock import SECOND
from bartizan.gateway.bounds import (
    HEAD_OCTETS,
    HEAD_TIME,
    IDLE_TIME,
    LINGER_OCTETS,
    LINGER_TIME,
    STALL_TIME,
)
from bartizan.gateway.diagnosis import partial_fault
from bartizan.gateway.faults import refusal
from bartizan.gateway.request import END

READ: Final = 65_536
"""Octets that are read at once; twice as many wait at most."""
Serve = Callable[["Client"], Coroutine[Any, Any, None]]


class ClientStalled(ConnectionError):
    """The client sends nothing more, or takes nothing more."""


class Client:
    """One connection of a local client.

    Attributes:
        rest: octets that were read and not yet used.
    """

    __slots__ = ("_reader", "_writer", "rest")

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take both directions."""
        self._reader, self._writer = reader, writer
        self.rest = b""

    async def head(self) -> bytes:
        """Return the octets of the next request's head; empty where the client leaves before the first.

        Raises:
            Refusal: it is too long, too slow, or wrong already.
        """
        try:
            if not self.rest:
                async with asyncio.timeout(IDLE_TIME / SECOND):
                    self.rest = await self._reader.read(READ)
            async with asyncio.timeout(HEAD_TIME / SECOND):  # of the whole head, however its octets come
                return await self._head()
        except TimeoutError:
            if self.rest:
                raise refusal("head-timeout") from None
            return b""

    async def _head(self) -> bytes:
        seen = 0
        while (end := self.rest.find(END, max(seen - 3, 0))) < 0:
            fault = partial_fault(self.rest, seen)
            if fault:
                raise refusal(fault)
            seen = len(self.rest)
            more = await self._reader.read(READ) if self.rest else b""
            if not more:
                self.rest = b""
                return b""
            self.rest += more
        if end > HEAD_OCTETS:
            raise refusal("head-too-long")
        head, self.rest = self.rest[:end], self.rest[end + len(END) :]
        return head

    async def more(self) -> bytes:
        """Return the next octets of a body.

        Raises:
            ClientStalled: none came in time, or the client has left.
        """
        if self.rest:
            rest, self.rest = self.rest, b""
            return rest
        try:
            async with asyncio.timeout(STALL_TIME / SECOND):
                data = await self._reader.read(READ)
        except TimeoutError:
            data = b""
        if not data:
            raise ClientStalled
        return data

    async def write(self, octets: bytes) -> None:
        """Send octets; return once the client keeps up.

        Raises:
            ClientStalled: it takes nothing for too long.
            ConnectionError: it has left.
        """
        self._writer.write(octets)
        try:
            async with asyncio.timeout(STALL_TIME / SECOND):
                await self._writer.drain()
        except TimeoutError:
            raise ClientStalled from None

    async def linger(self) -> None:
        """Say no more, but read on for a moment: closing over unread octets would take the answer away."""
        if self._writer.can_write_eof():
            self._writer.write_eof()
        left = LINGER_OCTETS
        try:
            async with asyncio.timeout(LINGER_TIME / SECOND):
                while left > 0 and (data := await self._reader.read(READ)):
                    left -= len(data)
        except TimeoutError:
            return

    def close(self) -> None:
        """Close once everything is sent."""
        self._writer.close()

    def cut(self) -> None:
        """End at once, so that nobody takes what was sent for whole."""
        self._writer.transport.abort()


class Accepted(asyncio.StreamReaderProtocol):
    """The protocol of an accepted connection: serves it in a task, which ends with it."""

    def __init__(self, serve: Serve, tasks: "set[asyncio.Task[None]]") -> None:
        """Serve with this, and stand in this set while doing so."""
        self._own = asyncio.StreamReader(limit=READ)
        super().__init__(self._own)
        self._serve, self._tasks = serve, tasks
        self._work: asyncio.Task[None] | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        loop = asyncio.get_running_loop()
        writer = asyncio.StreamWriter(cast("asyncio.Transport", transport), self, self._own, loop)
        work = loop.create_task(self._serve(Client(self._own, writer)))
        self._work = work
        self._tasks.add(work)
        work.add_done_callback(self._done)

    @override
    def eof_received(self) -> bool:
        super().eof_received()
        self._end()
        return False

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._end()

    def _end(self) -> None:
        if self._work is not None:
            self._work.cancel()

    def _done(self, work: "asyncio.Task[None]") -> None:
        self._tasks.discard(work)
        if not work.cancelled() and work.exception() is not None:
            asyncio.get_running_loop().call_exception_handler(
                {"message": "a connection was not served to its end", "exception": work.exception()}
            )
