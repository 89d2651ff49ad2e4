"""One connection to a Valkey or Redis server: commands go out at once, replies come back in their order.

Rules of this file: whoever asks gets an answer or `None` within `PATIENCE`, whatever the server does. A server that is
late, says something else than was asked for, or is gone, is left; its connection is made anew, with growing
pauses, and meanwhile nobody waits. What waits is bounded. Nothing here makes a socket: `connect` brings one.
"""

import asyncio
import hashlib
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, cast

from typing_extensions import override

from bartizan.clock import MILLISECOND, SECOND
from bartizan.crypto.secret import Secret
from bartizan.store.resp import Replies, Reply, ReplyMalformed, ServerRefused, command

PATIENCE: Final = 500 * MILLISECOND
"""How long a reply may take before it comes too late."""
WAITING: Final = 4096
"""Commands that wait for their replies at once."""
_CONNECT_SECONDS: Final = 5.0
_FIRST_PAUSE, _LAST_PAUSE = 0.1, 2.0
_LOOK_SECONDS: Final = PATIENCE / SECOND / 4

Connect = Callable[[Callable[[], asyncio.Protocol], Callable[[str], None]], Awaitable[asyncio.BaseTransport]]
"""(factory of the protocol, what to call where TLS is refused) -> what is below it all, TLS too; raises OSError."""


class Valkey:
    """A connection that is always being kept up.

    Attributes:
        up: whether commands go out.
    """

    __slots__ = (
        "_connect",
        "_greeting",
        "_line",
        "_loop",
        "_presence",
        "_scripts",
        "_task",
        "up",
    )

    def __init__(
        self,
        connect: Connect,
        scripts: tuple[str, ...],
        *,
        password: Secret | None = None,
        user: str = "",
        presence: Callable[[bool], None] = lambda _up: None,
    ) -> None:
        """Begin to connect, on the running loop.

        Args:
            connect: brings a connection.
            scripts: that will be called by their text; the server is told of them first.
            password: of the server, where it wants one.
            user: that the password is for; empty for the server's default one.
            presence: told whenever the connection comes up or is lost.
        """
        self._connect, self._presence = connect, presence
        self._loop = asyncio.get_running_loop()
        self._scripts = {script: hashlib.sha1(script.encode()).hexdigest().encode() for script in scripts}  # noqa: S324  # the protocol's name for a script
        named = (user.encode(),) if user else ()
        credentials = (command(b"AUTH", *named, password.reveal()),) if password is not None else ()
        loads = (command(b"SCRIPT", b"LOAD", script.encode()) for script in scripts)
        self._greeting = (*credentials, *loads)
        self._line: _Line | None = None
        self.up = False
        self._task: asyncio.Task[None] | None = self._loop.create_task(self._keep_up())

    def call(self, script: str, keys: tuple[bytes, ...], words: tuple[bytes, ...]) -> "asyncio.Future[Reply]":
        """Run a script on the server; the future gets its reply, or None where there is none in time."""
        line = self._line
        if line is None or not self.up or len(line.waiting) >= WAITING:
            future: asyncio.Future[Reply] = self._loop.create_future()
            future.set_result(None)
            return future
        return line.send(command(b"EVALSHA", self._scripts[script], b"%d" % len(keys), *keys, *words))

    def close(self) -> None:
        """End the connection and make no other."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
        if self._line is not None:
            self._line.leave()

    async def _keep_up(self) -> None:
        pause = _FIRST_PAUSE
        while True:
            line = self._line = _Line(self._loop)
            try:
                async with asyncio.timeout(_CONNECT_SECONDS):
                    line.stand_on(await self._connect(partial(_itself, line), partial(_left, line)))
                    await line.opened
                    await self._greet(line)
            except (OSError, TimeoutError):
                line.leave()
            else:
                pause = _FIRST_PAUSE
                self.up = True
                self._presence(True)
                await line.gone.wait()
                self.up = False
                self._presence(False)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LAST_PAUSE)

    async def _greet(self, line: "_Line") -> None:
        for words in self._greeting:
            if await line.send(words) is None:
                raise ConnectionError("the server does not take the greeting")


def _itself(line: "_Line") -> "_Line":
    return line


def _left(line: "_Line", _word: str) -> None:
    line.leave()


class _Line(asyncio.Protocol):
    """One connection, from its making to its end.

    Attributes:
        opened: done once it stands, TLS included.
        waiting: who waits for a reply, with the time by which it has to be there.
        gone: set once it has ended.
    """

    __slots__ = ("_below", "_look", "_loop", "_replies", "_transport", "gone", "opened", "waiting")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop, self._replies = loop, Replies()
        self.waiting: deque[tuple[asyncio.Future[Reply], float]] = deque()
        self.gone = asyncio.Event()
        self.opened: asyncio.Future[None] = loop.create_future()
        self._transport: asyncio.Transport | None = None
        self._below: asyncio.Transport | None = None
        self._look: asyncio.TimerHandle | None = None

    def stand_on(self, below: asyncio.BaseTransport) -> None:
        """Take the transport that ends with it, whether or not a handshake above it is ever done."""
        self._below = cast("asyncio.Transport", below)
        if self.gone.is_set():
            self._below.abort()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        if self.opened.done():
            self._transport.abort()
        else:
            self.opened.set_result(None)

    def send(self, octets: bytes) -> "asyncio.Future[Reply]":
        """Send a command; the future gets the reply or None."""
        future: asyncio.Future[Reply] = self._loop.create_future()
        if self._transport is None or self._transport.is_closing() or self.gone.is_set():
            future.set_result(None)
            return future
        self.waiting.append((future, self._loop.time() + PATIENCE / SECOND))
        self._transport.write(octets)
        if self._look is None:
            self._look = self._loop.call_later(_LOOK_SECONDS, self._look_at_clock)
        return future

    def _look_at_clock(self) -> None:
        self._look = None
        if self.waiting and self._loop.time() >= self.waiting[0][1]:
            self.leave()
        elif self.waiting:
            self._look = self._loop.call_later(_LOOK_SECONDS, self._look_at_clock)

    @override
    def data_received(self, data: bytes) -> None:
        try:
            for reply in self._replies.feed(data):
                if isinstance(reply, ServerRefused) or not self.waiting:
                    self.leave()
                    return
                future, _ = self.waiting.popleft()
                if not future.done():
                    future.set_result(reply)
        except ReplyMalformed:
            self.leave()

    def leave(self) -> None:
        """End it; whoever waits gets None."""
        for transport in (self._transport, self._below):
            if transport is not None:
                transport.abort()
        self._end()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._end()

    def _end(self) -> None:
        self.gone.set()
        if not self.opened.done():
            self.opened.set_exception(ConnectionError("there is no connection"))
            self.opened.exception()  # waited for or not
        if self._look is not None:
            self._look.cancel()
            self._look = None
        while self.waiting:
            future, _ = self.waiting.popleft()
            if not future.done():
                future.set_result(None)
