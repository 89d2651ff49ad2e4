"""Both engines behind one blocking face, so that one suite holds for both."""

import asyncio
import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol

from typing_extensions import override

from bartizan.clock import MICROSECOND, Nanoseconds
from bartizan.crypto.secret import Secret
from bartizan.crypto.tls import client_context
from bartizan.crypto.tls_transport import TlsProtocol
from bartizan.store.gauge import Answer, Ask
from bartizan.store.memory_limits import MemoryLimits
from bartizan.store.valkey import Connect, Valkey
from bartizan.store.valkey_limits import SCRIPTS, ValkeyLimits
from tests.ports import free_port
from tests.valkey import PASSWORD, papers, serving

USER = "bartizan"
RIGHTS = "resetchannels ~bartizan:{limits}:* +script|load +evalsha +time +hmget +hset +pexpire +get +set +zadd +zrem +zrangebyscore"
"""What the user of a limiter needs, and no more; as docs/configuration.md says."""
ACL = ("--user", USER, "on", f">{PASSWORD}", *RIGHTS.split(), "--user", "default", "off")
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


def by_socket(path: Path) -> Connect:
    """Return what connects to a server by its unix socket."""

    async def connect(factory: Callable[[], asyncio.Protocol], _refused: object) -> asyncio.BaseTransport:
        return (await asyncio.get_running_loop().create_unix_connection(factory, str(path)))[0]

    return connect


def by_tls(port: int, authority: Path, own: tuple[Path, Path] | None) -> Connect:
    """Return what connects to a server on this machine by TLS, as a worker does.

    Args:
        port: of the server.
        authority: who may certify it.
        own: certificate and key that it is shown.
    """
    pair = (own[0].read_bytes(), own[1].read_bytes()) if own is not None else None
    context = client_context(authority.read_bytes(), own=pair)

    async def connect(
        factory: Callable[[], asyncio.Protocol], refused: Callable[[str], None]
    ) -> asyncio.BaseTransport:
        def outer() -> asyncio.Protocol:
            return TlsProtocol(factory, context, server_hostname="localhost", on_refused=refused)

        return (await asyncio.get_running_loop().create_connection(outer, "127.0.0.1", port))[0]

    return connect


async def connected(
    way: Path | Connect,
    password: Secret | None = None,
    user: str = "",
    scripts: tuple[str, ...] = SCRIPTS,
    presence: Callable[[bool], object] = bool,
) -> Valkey:
    """Return a connection to a server, once it is up; `presence` is told when it comes up and goes."""
    up = asyncio.Event()

    def told(is_up: bool) -> None:  # noqa: FBT001  # a callback
        presence(is_up)
        if is_up:
            up.set()

    connect = by_socket(way) if isinstance(way, Path) else way
    valkey = Valkey(
        connect,
        scripts,
        password=password,
        user=user,
        presence=told,
    )
    async with asyncio.timeout(20):
        await up.wait()
    return valkey


@contextmanager
def shared(name: str, folder: Path) -> Iterator[Shared]:
    """Yield the engine on a server of its own.

    Args:
        name: of `valkey.engines`.
        folder: for certificates.
    """
    kind, over, _ = name.partition(" over TLS")
    with ExitStack() as stack:
        loop = asyncio.new_event_loop()
        stack.callback(loop.close)
        if over:
            found, port = papers(folder), free_port()
            stack.enter_context(serving(*ACL, kind=kind, port=port, shown=found))
            way, words = (
                by_tls(port, found.authority, (found.own, found.own_key)),
                (Secret(PASSWORD.encode()), USER),
            )
            valkey = loop.run_until_complete(connected(way, *words))
        else:
            valkey = loop.run_until_complete(connected(stack.enter_context(serving(kind=kind))))
        stack.callback(lambda: loop.run_until_complete(asyncio.sleep(0)))
        stack.callback(valkey.close)
        yield Shared(loop, valkey)
