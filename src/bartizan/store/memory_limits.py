"""Limits in the memory of one process.

Rules of this file: an account is forgotten only when forgetting it changes no answer, that is once it owes nothing
and nothing is held. When every remembered account still owes, a new one is refused: a flood of keys cannot
wash out the key that floods. A hold that is neither settled nor renewed is paid as it was expected.
"""

import heapq
from typing import Final

from bartizan.clock import SECOND, Nanoseconds
from bartizan.store.gauge import (
    NEVER,
    SOON,
    Answer,
    Ask,
    Budget,
    Exceeded,
    Gauge,
    Granted,
    Places,
    Rate,
    amount,
    debt,
    most,
    paid,
    reached,
    wait,
    worst,
)

LEASE: Final = Nanoseconds(60 * SECOND)
"""How long something is held for a request that nobody renews: its process has ended."""
_SWEEP: Final = 16
"""Entries that one call looks at, at most, to make room for one account."""


class Account:
    """What one key owes.

    Attributes:
        gauge: what is limited.
        level: as of `gauge.debt`.
        ends: instant from which it owes nothing, apart from what is held.
        held: the sum of the holds.
        told: the highest threshold that was told of.
        holds: lease -> amount and end, the one that ends first in front.
    """

    __slots__ = ("ends", "gauge", "held", "holds", "level", "told")

    def __init__(self, gauge: Gauge) -> None:
        """Owe nothing."""
        self.gauge = gauge
        self.level = self.held = self.told = 0
        self.ends = Nanoseconds(0)
        self.holds: dict[str, tuple[int, Nanoseconds]] = {}

    def pay(self, now: Nanoseconds, cost: int) -> None:
        """Pay so much."""
        self.level = paid(self.gauge, self.level, now, cost)
        if isinstance(self.gauge, Rate):
            self.ends = Nanoseconds(self.level)
        elif isinstance(self.gauge, Budget):
            self.ends = self.gauge.ends

    def hold(self, lease: str, cost: int, until: Nanoseconds) -> None:
        """Hold so much."""
        self.holds[lease] = (cost, until)
        self.held += cost

    def expire(self, now: Nanoseconds) -> None:
        """Pay for what is held by nobody any more."""
        while self.holds:
            lease = next(iter(self.holds))
            cost, until = self.holds[lease]
            if until > now:
                return
            del self.holds[lease]
            self.held -= cost
            self.pay(now, cost)

    def tell(self, waits: Nanoseconds = SOON) -> int:
        """Return the threshold that was reached just now, or 0; it is told of once.

        Args:
            waits: how long a request has to wait for this account.
        """
        threshold = reached(self.gauge, self.level, self.told, refused=waits not in (0, SOON, NEVER))
        self.told = max(self.told, threshold)
        return threshold

    def free(self) -> Nanoseconds:
        """Return an instant before which it may not be forgotten."""
        return max((self.ends, *(until for _, until in self.holds.values())))


class MemoryLimits:
    """Many limits for many keys; every call is one step that nothing comes between."""

    __slots__ = ("_accounts", "_capacity", "_due")

    def __init__(self, capacity: int = 65_536) -> None:
        """Start empty.

        Args:
            capacity: most keys remembered.
        """
        self._capacity = capacity
        self._accounts: dict[str, Account] = {}
        self._due: list[tuple[Nanoseconds, str]] = []
        """One entry an account, at a time not after `free`; the heap tells whom to forget first."""

    def __len__(self) -> int:
        """Return how many keys are remembered."""
        return len(self._accounts)

    def ask(self, lease: str, now: Nanoseconds, asks: tuple[Ask, ...]) -> Answer:
        """Return whether a request keeps all of these limits; if so it holds or has paid for each of them.

        Args:
            lease: of the request; used for it alone.
            now: the instant of asking, nanoseconds.
            asks: the limits, each key once.
        """
        new = self._make_room(asks, now)
        if new:
            return Exceeded(new - 1, Nanoseconds(max(1, self._due[0][0] - now)), (0,) * len(asks))
        accounts = [self._accounts.get(ask.key) or Account(ask.gauge) for ask in asks]
        waits = [_wait(ask, account, now) for ask, account in zip(asks, accounts, strict=True)]
        if any(waits):
            at = worst(waits)
            told = tuple(account.tell(waits[place]) for place, account in enumerate(accounts))
            return Exceeded(at, waits[at], told)
        until = Nanoseconds(now + LEASE)
        for ask, account in zip(asks, accounts, strict=True):
            cost = amount(ask.gauge, ask.units)
            if ask.held:
                account.hold(lease, cost, until)
            else:
                account.pay(now, cost)
        self._keep(asks, accounts)
        return _granted(asks, accounts, now)

    def settle(
        self, lease: str, now: Nanoseconds, asks: tuple[Ask, ...], units: tuple[int, ...]
    ) -> tuple[int, ...]:
        """End what a request holds and pay what it did cost; return the thresholds that were reached by it.

        Args:
            lease: of the request. Settled once, a second time changes nothing but for what costs more.
            now: the instant of its end.
            asks: as they were asked.
            units: what it did cost, for each of them; what was paid at once stays paid.
        """
        told = []
        for ask, spent in zip(asks, units, strict=True):
            account = self._accounts.get(ask.key) or Account(ask.gauge)
            account.expire(now)
            if ask.held:
                held = account.holds.pop(lease, None)
                cost = amount(ask.gauge, spent)
                if held is None:  # its lease ran out, and it was paid for as expected
                    cost = max(0, cost - amount(ask.gauge, ask.units))
                else:
                    account.held -= held[0]
                account.pay(now, cost)
                self._keep((ask,), [account])
            told.append(account.tell())
        return tuple(told)

    def renew(self, lease: str, now: Nanoseconds, asks: tuple[Ask, ...]) -> None:
        """Hold on for another `LEASE` to what a request holds; take a place again that ran out, for it is in use."""
        until = Nanoseconds(now + LEASE)
        for ask in asks:
            account = self._accounts.get(ask.key) or Account(ask.gauge)
            account.expire(now)
            if lease in account.holds:
                cost, _ = account.holds.pop(lease)
                account.holds[lease] = (cost, until)
            elif ask.held and isinstance(ask.gauge, Places) and not self._make_room((ask,), now):
                account.hold(lease, amount(ask.gauge, ask.units), until)
                self._keep((ask,), [account])

    def _keep(self, asks: tuple[Ask, ...], accounts: list[Account]) -> None:
        for ask, account in zip(asks, accounts, strict=True):
            if ask.key not in self._accounts and account.free():
                self._accounts[ask.key] = account
                heapq.heappush(self._due, (account.free(), ask.key))

    def _make_room(self, asks: tuple[Ask, ...], now: Nanoseconds) -> int:
        """Return 0 once there is room for these keys; else the place, from 1, of one that there is none for."""
        while True:
            new = [at for at, ask in enumerate(asks, 1) if ask.key not in self._accounts]
            if not new or len(self._accounts) + len(new) <= self._capacity:
                return 0
            if not self._forget_one(now):
                return new[-1]

    def _forget_one(self, now: Nanoseconds) -> bool:
        for _ in range(min(_SWEEP, len(self._due))):
            due, key = self._due[0]
            if due > now:
                return False
            account = self._accounts[key]
            account.expire(now)
            if account.free() <= now:
                heapq.heappop(self._due)
                del self._accounts[key]
                return True
            heapq.heapreplace(self._due, (account.free(), key))
        return False


def _wait(ask: Ask, account: Account, now: Nanoseconds) -> Nanoseconds:
    account.expire(now)
    owed = debt(ask.gauge, account.level, now)
    return wait(ask.gauge, owed, account.held, amount(ask.gauge, ask.units), now)


def _granted(asks: tuple[Ask, ...], accounts: list[Account], now: Nanoseconds) -> Granted:
    left, fresh = [], []
    for ask, account in zip(asks, accounts, strict=True):
        gauge = ask.gauge
        taken = debt(gauge, account.level, now) + account.held
        left.append(max(0, most(gauge) - taken) // amount(gauge, 1))
        fresh.append(fresh_in(ask, taken, now))
    return Granted(tuple(left), tuple(fresh), (0,) * len(asks))


def fresh_in(ask: Ask, taken: int, now: Nanoseconds) -> Nanoseconds:
    """Return nanoseconds until all of a limit is there again, as far as that is known.

    Args:
        ask: the limit.
        taken: debt and holds, in the measure of its level.
        now: the instant of asking.
    """
    if isinstance(ask.gauge, Rate):
        return Nanoseconds(taken)
    return Nanoseconds(max(0, ask.gauge.ends - now)) if isinstance(ask.gauge, Budget) else Nanoseconds(0)
