"""How often strangers of each network asked, as all workers know it that share a server.

Rules of this file: a worker lets a stranger pass, or not, by what it knows; nobody waits for a server. What it let pass it
tells in bulk, once a second, and takes over what all together have counted. So W workers let strangers of a network
have, in any time, what one would, and for each worker one burst and two seconds' worth more, which is owed then. What is
kept is bounded; the networks that asked most are told first.
"""

import asyncio
import heapq
from collections.abc import Callable
from functools import partial
from typing import Final, Protocol

from bartizan.clock import SECOND, Nanoseconds
from bartizan.store.gauge import Rate
from bartizan.store.limits import MemoryLimiter
from bartizan.store.valkey_sums import MOST, Debts

EVERY: Final = Nanoseconds(SECOND)
"""How often sums are told, at most."""
UNTOLD: Final = 4096
"""Addresses whose requests are kept until they are told; those of further ones are this worker's own affair."""


class Sums(Protocol):
    """Who sums up (`store.valkey_sums.ValkeySums`)."""

    @property
    def up(self) -> bool:
        """Whether it answers."""
        ...

    def add(self, sums: tuple[tuple[str, Nanoseconds], ...]) -> "asyncio.Future[Debts]":
        """Return what each network owes, or nothing, in time."""
        ...


class Networks:
    """What one worker has to tell of strangers, and what it hears."""

    __slots__ = ("_limiter", "_network", "_rate", "_sums", "_told", "_untold", "_waiting")

    def __init__(
        self, limiter: MemoryLimiter, rate: Rate, sums: Sums | None, network: Callable[[str], str]
    ) -> None:
        """Have nothing to tell.

        Args:
            limiter: by whose memory strangers pass.
            rate: that each network of theirs has.
            sums: who sums up; None where this worker alone counts.
            network: pseudonym of an address -> its network.
        """
        self._limiter, self._rate, self._sums, self._network = limiter, rate, sums, network
        self._untold: dict[str, int] = {}
        self._told, self._waiting = Nanoseconds(0), False

    def __len__(self) -> int:
        """Return of how many addresses something is to be told."""
        return len(self._untold)

    def count(self, address: str) -> None:
        """Take note that a stranger was let pass.

        Args:
            address: pseudonym of where it came from.
        """
        untold = self._untold
        if self._sums is not None and (address in untold or len(untold) < UNTOLD):
            untold[address] = untold.get(address, 0) + 1

    def exchange(self, now: Nanoseconds) -> None:
        """Tell what is to be told, if it is time; to be called often."""
        sums, untold = self._sums, self._untold
        if sums is None or not untold or self._waiting or not sums.up or now - self._told < EVERY:
            return
        self._told, self._waiting = now, True
        most = heapq.nlargest(MOST, untold, key=untold.__getitem__)
        told = tuple(
            (self._network(each), Nanoseconds(untold.pop(each) * self._rate.interval)) for each in most
        )
        sums.add(told).add_done_callback(partial(self._heard, most, now))

    def _heard(self, addresses: list[str], now: Nanoseconds, done: "asyncio.Future[Debts]") -> None:
        """Take over what all together have counted; an answer that was long on its way only says too little."""
        self._waiting = False
        for address, debt in zip(addresses, done.result(), strict=False):
            self._limiter.owe(address, now, Nanoseconds(now + debt))
