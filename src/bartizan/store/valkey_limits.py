"""Limits that several workers and machines share, kept by a Valkey or Redis server.

Rules of this file: one call, one script, for all limits of a request: all are held or none. Where the server does not
answer the answer is `Unanswered`, never a guess. Keys hold digests, so that the server learns nobody's name.
"""

import asyncio
import hashlib
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, Final

from bartizan.clock import MICROSECOND, Nanoseconds
from bartizan.store.gauge import NEVER, Answer, Ask, Budget, Exceeded, Granted, Places, Rate, Unanswered
from bartizan.store.limits_script import ASK, RENEW, SETTLE
from bartizan.store.memory_limits import LEASE, fresh_in
from bartizan.store.resp import Reply
from bartizan.store.valkey import Valkey

SCRIPTS: Final = (ASK, SETTLE, RENEW)
_KIND: Final = {Rate: b"r", Places: b"p", Budget: b"b"}
_LIFE: Final = b"%d" % (LEASE // MICROSECOND)
_DIGEST: Final = 16
_UNANSWERED: Final = Unanswered()


class OnServer:
    """What is counted on one server."""

    __slots__ = ("_moment", "_valkey")

    def __init__(self, valkey: Valkey, moment: Callable[[], int] = lambda: 0) -> None:
        """Ask this server, which was told of the scripts.

        Args:
            valkey: the connection.
            moment: returns the microsecond to count with; by default 0, which is the server's own.
        """
        self._valkey, self._moment = valkey, moment

    @property
    def up(self) -> bool:
        """Whether the server takes questions now."""
        return self._valkey.up


class ValkeyLimits(OnServer):
    """The same as `MemoryLimits`, with answers that have to be waited for; needs `SCRIPTS`."""

    __slots__ = ()

    def ask(self, lease: str, asks: tuple[Ask, ...]) -> "asyncio.Future[Answer]":
        """Return the answer to come: whether a request keeps all of these limits; as of `MemoryLimits.ask`."""
        reply = self._valkey.call(ASK, *self._words(lease, asks, (0,) * len(asks)))
        return then(reply, lambda said: _answer(asks, said))

    def settle(
        self, lease: str, asks: tuple[Ask, ...], units: tuple[int, ...]
    ) -> "asyncio.Future[tuple[int, ...]]":
        """End what a request holds and pay what it did cost; the thresholds that were reached by it are to come.

        Where the server does not answer they are none; the lease then runs out and is paid as expected.
        """
        reply = self._valkey.call(SETTLE, *self._words(lease, asks, units))
        return then(reply, lambda said: tuple(numbers(said, len(asks)) or (0,) * len(asks)))

    def renew(self, lease: str, asks: tuple[Ask, ...]) -> "asyncio.Future[Reply]":
        """Hold on for another `LEASE` to what a request holds; the future says when that is done."""
        return self._valkey.call(RENEW, *self._words(lease, asks, (0,) * len(asks)))

    def _words(
        self, lease: str, asks: tuple[Ask, ...], units: tuple[int, ...]
    ) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
        keys = tuple(key for ask in asks for key in _keys(ask.key))
        told = tuple(word for ask, spent in zip(asks, units, strict=True) for word in _words_of(ask, spent))
        return keys, (lease.encode(), b"%d" % self._moment(), _LIFE, *told)


def name_of(key: str) -> bytes:
    """Return what the server knows a key by; the braces keep all together where there are several servers."""
    said = key.encode("utf-8", "surrogatepass")  # no text of a client's may fail here
    return b"bartizan:{limits}:" + hashlib.blake2b(said, digest_size=_DIGEST).hexdigest().encode()


@lru_cache(maxsize=16_384)
def _keys(key: str) -> tuple[bytes, bytes]:
    """Return the names of a limit's two keys."""
    name = name_of(key)
    return name, name + b":held"


def _words_of(ask: Ask, spent: int) -> Iterator[bytes]:
    gauge = ask.gauge
    yield _KIND[type(gauge)]
    yield b"%d" % _cost(ask, ask.units)
    yield b"%d" % (_cost(ask, gauge.burst) if isinstance(gauge, Rate) else gauge.most)
    yield b"%d" % (gauge.ends // MICROSECOND if isinstance(gauge, Budget) else 0)
    yield b"1" if ask.held else b"0"
    yield b"%d" % _cost(ask, spent)


def _cost(ask: Ask, units: int) -> int:
    """Return a cost, or all that there is, in the server's measure, rounded up: of a rate, microseconds."""
    return -(-units * ask.gauge.interval // MICROSECOND) if isinstance(ask.gauge, Rate) else units


def _answer(asks: tuple[Ask, ...], said: Reply) -> Answer:
    found = numbers(said, len(asks) + 2)
    if found is None or not 0 <= found[0] <= len(asks):
        return _UNANSWERED
    place, when, *rest = found
    if place:
        wait = NEVER if when < 0 else Nanoseconds(when * MICROSECOND)
        return Exceeded(place - 1, wait, tuple(rest))
    now = Nanoseconds(when * MICROSECOND)
    left, fresh = [], []
    for ask, taken in zip(asks, rest, strict=True):
        scale = MICROSECOND if isinstance(ask.gauge, Rate) else 1
        left.append(_left(ask, taken * scale))
        fresh.append(fresh_in(ask, taken * scale, now))
    return Granted(tuple(left), tuple(fresh), (0,) * len(asks))


def _left(ask: Ask, taken: int) -> int:
    gauge = ask.gauge
    if isinstance(gauge, Rate):
        return max(0, gauge.burst * gauge.interval - taken) // gauge.interval
    return max(0, gauge.most - taken)


def numbers(said: Reply, length: int) -> list[int] | None:
    """Return a reply that is a list of so many numbers, or None."""
    if not isinstance(said, list) or len(said) != length:
        return None
    found = [number for number in said if isinstance(number, int)]
    return found if len(found) == length else None


def then(reply: "asyncio.Future[Reply]", read: Callable[[Reply], object]) -> "asyncio.Future[Any]":
    """Return a future of what is read out of a reply."""
    answer: asyncio.Future[Any] = reply.get_loop().create_future()

    def answered(done: "asyncio.Future[Reply]") -> None:
        if not answer.done():
            answer.set_result(read(None if done.cancelled() else done.result()))

    reply.add_done_callback(answered)
    return answer
