"""Both engines behind one blocking face, so that one suite holds for both."""

import asyncio
import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from typing_extensions import override

from bartizan.clock import MICROSECOND, Nanoseconds
from bartizan.store.gauge import Answer, Ask
from bartizan.store.memory_limits import MemoryLimits
from bartizan.store.valkey import Valkey
from bartizan.store.valkey_limits import SCRIPTS, ValkeyLimits

_names = itertools.count()


class Engine(Protocol):
    """An engine whose keys nobody else uses until `fresh` is called again."""

    def fresh(self) -> None: ...
    def ask(self, lease: str, now: Nanoseconds, asks: tuple[Ask, ...]) -> Answer: ...
    def settle(
        self, lease: str, now: Nanoseconds, asks: tuple[Ask, ...], units: tuple[int, ...]
    ) -> tuple[int, ...]: ...
    def renew(self, lease: str, now: Nanoseconds, asks: tuple[Ask, ...]) -> None: ...


class Memory(Engine):
    def __init__(self) -> None:
        self.fresh()

    @override
    def fresh(self) -> None:
        self.limits = MemoryLimits()

    @override
    def ask(self, lease: str, now: Nanoseconds, asks: tuple[Ask, ...]) -> Answer:
        return self.limits.ask(lease, now, asks)

    @override
    def settle(
        self, lease: str, now: Nanoseconds, asks: tuple[Ask, ...], units: tuple[int, ...]
    ) -> tuple[int, ...]:
        return self.limits.settle(lease, now, asks, units)

    @override
    def renew(self, lease: str, now: Nanoseconds, asks: tuple[Ask, ...]) -> None:
        self.limits.renew(lease, now, asks)


class Shared(Engine):
    """The server's engine; a lease's keys get a prefix of their own for each `fresh`."""

    def __init__(self, loop: asyncio.AbstractEventLoop, valkey: Valkey) -> None:
        self._loop, self.now = loop, Nanoseconds(0)
        self.limits = ValkeyLimits(valkey, lambda: self.now // MICROSECOND)
        self.fresh()

    @override
    def fresh(self) -> None:
        self._prefix = f"{next(_names)} "

    def _own(self, asks: tuple[Ask, ...]) -> tuple[Ask, ...]:
        return tuple(Ask(self._prefix + ask.key, ask.gauge, ask.units, ask.held) for ask in asks)

    @override
    def ask(self, lease: str, now: Nanoseconds, asks: tuple[Ask, ...]) -> Answer:
        self.now = now
        return self._loop.run_until_complete(self.limits.ask(lease, self._own(asks)))

    @override
    def settle(
        self, lease: str, now: Nanoseconds, asks: tuple[Ask, ...], units: tuple[int, ...]
    ) -> tuple[int, ...]:
        self.now = now
        return self._loop.run_until_complete(self.limits.settle(lease, self._own(asks), units))

    @override
    def renew(self, lease: str, now: Nanoseconds, asks: tuple[Ask, ...]) -> None:
        self.now = now
        self._loop.run_until_complete(self.limits.renew(lease, self._own(asks)))


async def connected(path: Path) -> Valkey:
    """Return a connection to a server by its unix socket, once it is up."""
    loop, up = asyncio.get_running_loop(), asyncio.Event()

    async def connect(factory: Callable[[], asyncio.Protocol], _refused: object) -> None:
        await loop.create_unix_connection(factory, str(path))

    valkey = Valkey(connect, SCRIPTS, presence=lambda is_up: up.set() if is_up else up.clear())
    async with asyncio.timeout(20):
        await up.wait()
    return valkey


@contextmanager
def shared(path: Path) -> Iterator[Shared]:
    """Yield the engine on a running server."""
    loop = asyncio.new_event_loop()
    valkey = loop.run_until_complete(connected(path))
    try:
        yield Shared(loop, valkey)
    finally:
        valkey.close()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()
