"""The limits of one worker's requests beyond their number: tokens, places, money; and those that are shared.

Rules of this file: every limit of a request is asked for at once, so that all are held or none. Budgets are by the UTC
calendar. What is held is renewed as long as the request is under way. Who shares limits knows networks by what they
are, since each worker has names of its own for them. Where nobody said whether something is held, it is given back
once somebody answers again: who got nothing pays nothing.
"""

import asyncio
import calendar
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Final, Protocol, TypeAlias

import msgspec

from bartizan.app.plan import Meter, Price
from bartizan.clock import DAY, MINUTE, SECOND, Clock, Nanoseconds
from bartizan.gateway.holds import Alert, Expected, Overdrawn, Reserved
from bartizan.store.gauge import (
    Answer,
    Ask,
    Budget,
    Exceeded,
    Gauge,
    Granted,
    Places,
    Rate,
    Unanswered,
    requests_at_once,
)
from bartizan.store.memory_limits import LEASE, MemoryLimits

MOST_ALERTS: Final = 256
"""Alerts that wait to be written; each budget has three a period."""
MOST_DOUBTFUL: Final = 4096
"""Requests of which nobody said whether something is held for them, that are remembered; of more, the latest."""
_RENEWED_EVERY: Final = LEASE // 3
_LAST_WORDS_SECONDS: Final = 1.0
_ANY_MODEL: Final = "*"
_TOKENS_PRICED: Final = 1_000_000
_MONTH: Final = "month"
PERIODS: Final = {"day": DAY, _MONTH: 28 * DAY}
"""The shortest that a period may be: what is certainly in the same one."""
_AT_ONCE: Final = frozenset({"requests", "principal"})
"""What is paid at the beginning; the rest is held until the end."""
Asked: TypeAlias = Reserved | Overdrawn | None


class SharedLimits(Protocol):
    """Who counts for several workers (`store.valkey_limits.ValkeyLimits`)."""

    @property
    def up(self) -> bool:
        """Whether it answers."""
        ...

    def ask(self, lease: str, asks: tuple[Ask, ...]) -> "asyncio.Future[Answer]":
        """Return the answer to come."""
        ...

    def settle(
        self, lease: str, asks: tuple[Ask, ...], units: tuple[int, ...]
    ) -> "asyncio.Future[tuple[int, ...]]":
        """Return the thresholds to come."""
        ...

    def renew(self, lease: str, asks: tuple[Ask, ...]) -> object:
        """Hold on to what is held."""
        ...


class Rule(msgspec.Struct):
    """One amount of a meter, and the gauge that it is for now.

    Attributes:
        party: what is counted: `requests`, `tokens`, `concurrent`, `spend`; `principal` for the requests of one
            principal to one service.
        name: in `RateLimit` fields.
        per: what it is told apart by.
        key: what every key of it begins with.
        most: how much, a minute, at once or a period; money in millionths.
        period: `day` or `month`, of money.
        gauge: what limits it, of money in the current period; `now_key`: what keys begin with.
    """

    party: str
    name: str
    per: str
    key: str
    most: int
    period: str
    gauge: Gauge
    now_key: str

    def gauge_at(self, now: Nanoseconds) -> Gauge:
        """Return what limits it now; a budget of a period that is over gives way to the next one's."""
        gauge = self.gauge
        if isinstance(gauge, Budget) and not gauge.ends - PERIODS[self.period] <= now < gauge.ends:
            gauge = self.gauge = Budget(self.most, period_end(self.period, now))
            self.now_key = f"{self.key} {period_name(self.period, now)}"
        return gauge


class Held(msgspec.Struct):
    """What one request holds, or may hold, and since when that is certain for another `LEASE`."""

    lease: str
    expected: Expected
    asks: tuple[Ask, ...]
    rules: tuple[Rule, ...]
    renewed: Nanoseconds


class Metering:
    """The meters of one worker."""

    def __init__(
        self,
        meters: tuple[Meter, ...],
        prices: tuple[Price, ...],
        clock: Clock,
        shared: SharedLimits | None = None,
        network: Callable[[str], str] = str,
    ) -> None:
        """Start with nothing held.

        Args:
            meters: every limit.
            prices: of models.
            clock: tells the calendar, and the time of this worker's own counts.
            shared: who counts for several workers; None where this worker counts alone.
            network: pseudonym of an address -> what others know its network by.
        """
        self._rules = tuple((meter, rule) for meter in meters for rule in _rules(meter))
        self._prices: Mapping[tuple[str, str], Price] = {(p.service, p.model): p for p in prices}
        self._clock, self._shared, self._own = clock, shared, MemoryLimits()
        self._network = network
        self._of: dict[tuple[str, str], tuple[Rule, ...]] = {}
        self._open: dict[str, Held] = {}
        self._doubtful: deque[Held] = deque(maxlen=MOST_DOUBTFUL)
        self._settling: set[asyncio.Future[tuple[int, ...]]] = set()
        self._alerts: list[Alert] = []
        self._looked = Nanoseconds(0)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to count."""
        return not self._rules

    @property
    def remembered(self) -> int:
        """How many keys are remembered in this process."""
        return len(self._own)

    # ---- the gateway's questions ---------------------------------------------------------------------------
    def reserve(self, expected: Expected, now: Nanoseconds) -> "Asked | asyncio.Future[Asked]":
        """Hold what a request is expected to take; None where nothing limits it, a future where others count."""
        rules = self._rules_of(expected.service, expected.route)
        if not rules:
            return None
        asks = tuple(self._ask(rule, expected, now) for rule in rules)
        held = Held(expected.lease, expected, asks, rules, now)
        if self._shared is not None:
            return self._await(self._shared.ask(held.lease, asks), held)
        answer = self._own.ask(held.lease, now, asks)
        return self._reserved(held, answer) if isinstance(answer, Granted) else self._overdrawn(answer, held)

    def settle(self, reserved: Reserved, tokens: int, answered: int) -> None:
        """End what a request holds and pay for so many tokens of it and of its answer."""
        held = reserved.held
        if not isinstance(held, Held):
            raise TypeError("this was reserved by somebody else")
        if self._open.pop(held.lease, None) is None:  # it has ended before, and ends once
            return
        units = tuple(self._amount(rule, held.expected, tokens, answered) for rule in held.rules)
        if self._shared is None:
            self._tell(held, self._own.settle(held.lease, self._clock.now(), held.asks, units))
            return
        settled = self._shared.settle(held.lease, held.asks, units)
        self._settling.add(settled)
        settled.add_done_callback(lambda done: self._settled(held, done))

    async def settled(self) -> None:
        """Return once whoever counts has taken every settlement, or has had a second for it."""
        if self._settling:
            await asyncio.wait(self._settling, timeout=_LAST_WORDS_SECONDS)

    def alerts(self) -> tuple[Alert, ...]:
        """Return the thresholds that were reached since the last call."""
        alerts, self._alerts = tuple(self._alerts), []
        return alerts

    def renew(self) -> None:
        """Hold on to what requests under way hold; to be called at least every few seconds."""
        now = self._clock.now()
        if now - self._looked < SECOND:
            return
        self._looked = now
        for held in self._open.values():
            if now - held.renewed < _RENEWED_EVERY:
                continue
            held.renewed = now
            if self._shared is None:
                self._own.renew(held.lease, now, held.asks)
            else:
                self._shared.renew(held.lease, held.asks)
        self._give_back(now)

    # ---- its parts -----------------------------------------------------------------------------------------
    def _give_back(self, now: Nanoseconds) -> None:
        """Give back what is perhaps held, once whoever counts answers again and must have seen the question."""
        shared, doubtful = self._shared, self._doubtful
        while shared is not None and shared.up and doubtful and now - doubtful[0].renewed >= SECOND:
            held = doubtful.popleft()
            given = shared.settle(held.lease, held.asks, (0,) * len(held.asks))
            self._settling.add(given)
            given.add_done_callback(self._settling.discard)

    def _rules_of(self, service: str, route: str) -> tuple[Rule, ...]:
        """Return the rules that a route has."""
        found = self._of.get((service, route))
        if found is None:
            found = tuple(rule for meter, rule in self._rules if _counts(meter, service, route))
            self._of[service, route] = found
        return found

    def _ask(self, rule: Rule, expected: Expected, now: Nanoseconds) -> Ask:
        units = self._amount(rule, expected, expected.input, expected.output)
        gauge = rule.gauge_at(now)
        whose = _APART[rule.per](expected)
        if self._shared is not None and rule.per == "address":
            whose = self._network(whose)
        return Ask(f"{rule.now_key} {whose}", gauge, units, rule.party not in _AT_ONCE)

    def _amount(self, rule: Rule, expected: Expected, tokens: int, answered: int) -> int:
        if rule.party == "tokens":
            return tokens + answered
        return self._cost(expected, tokens, answered) if rule.party == "spend" else 1

    def _cost(self, expected: Expected, tokens: int, answered: int) -> int:
        """Return what so many tokens cost, in millionths, rounded up; nothing where the service has no price."""
        price = self._prices.get((expected.service, expected.model)) or self._prices.get(
            (expected.service, _ANY_MODEL)
        )
        return 0 if price is None else -(-(tokens * price.input + answered * price.output) // _TOKENS_PRICED)

    def _await(self, coming: "asyncio.Future[Answer]", held: Held) -> "asyncio.Future[Asked]":
        asked: asyncio.Future[Asked] = coming.get_loop().create_future()

        def answered(done: "asyncio.Future[Answer]") -> None:
            answer = done.result()
            if isinstance(answer, Granted):
                asked.set_result(self._reserved(held, answer))
            else:
                asked.set_result(self._overdrawn(answer, held))

        coming.add_done_callback(answered)
        return asked

    def _reserved(self, held: Held, granted: Granted) -> Reserved:
        self._open[held.lease] = held
        fields = _tightest(held.asks, held.rules, granted)
        return Reserved(held.expected.input, held.expected.output, fields, held)

    def _overdrawn(self, answer: Exceeded | Unanswered, held: Held) -> Overdrawn:
        if isinstance(answer, Unanswered):
            held.renewed = self._clock.now()
            self._doubtful.append(held)
            return Overdrawn("", SECOND)
        self._tell(held, answer.told)
        rule = held.rules[answer.at]
        return Overdrawn(rule.party, answer.wait, _fields(held.asks[answer.at], rule, 0, max(0, answer.wait)))

    def _settled(self, held: Held, done: "asyncio.Future[tuple[int, ...]]") -> None:
        self._settling.discard(done)
        self._tell(held, done.result())

    def _tell(self, held: Held, told: tuple[int, ...]) -> None:
        for rule, percent in zip(held.rules, told, strict=True):
            if percent and len(self._alerts) < MOST_ALERTS:
                actor = held.expected.pseudonym if rule.per in {"principal", "client"} else "platform"
                self._alerts.append(Alert(actor, held.expected.service, rule.per, rule.period, percent))


def _rules(meter: Meter) -> Iterable[Rule]:
    """Yield the amounts that a meter has."""
    base = f"{meter.per} {','.join(sorted(meter.services))} {','.join(sorted(meter.routes))}"
    prefix = "" if meter.own else f"{meter.per}-"
    rows = (
        ("principal" if meter.own else "requests", "requests", meter.requests_per_minute, ""),
        ("tokens", "tokens", meter.tokens_per_minute, ""),
        ("concurrent", "concurrent", meter.concurrent, ""),
        ("spend", "day", meter.spend_per_day, "day"),
        ("spend", "month", meter.spend_per_month, _MONTH),
    )
    for party, name, most, period in rows:
        if most:
            key = f"{name} {base}"
            yield Rule(party, prefix + name, meter.per, key, most, period, _gauge(party, most), key)


def _gauge(party: str, most: int) -> Gauge:
    if party == "spend":
        return Budget(most, Nanoseconds(0))
    if party == "concurrent":
        return Places(most)
    burst = most if party == "tokens" else requests_at_once(most)
    return Rate(Nanoseconds(-(-MINUTE // most)), burst)


def _counts(meter: Meter, service: str, route: str) -> bool:
    return (not meter.services or service in meter.services) and (not meter.routes or route in meter.routes)


_APART: Final[Mapping[str, Callable[[Expected], str]]] = {
    "principal": lambda expected: expected.principal,
    "client": lambda expected: expected.client,
    "service": lambda expected: expected.service,
    "route": lambda expected: f"{expected.service} {expected.route}",
    "address": lambda expected: expected.address,
}


def period_name(period: str, now: Nanoseconds) -> str:
    """Return the name of the day or month of an instant (`2026-05-01`, `2026-05`), UTC."""
    day = datetime.fromtimestamp(now // SECOND, UTC).date().isoformat()
    return day[:7] if period == _MONTH else day


def period_end(period: str, now: Nanoseconds) -> Nanoseconds:
    """Return the instant at which the day or month of an instant ends, UTC nanoseconds."""
    if period != _MONTH:
        return Nanoseconds((now // DAY + 1) * DAY)
    at = datetime.fromtimestamp(now // SECOND, UTC)
    days = calendar.monthrange(at.year, at.month)[1] - at.day + 1
    return Nanoseconds((now // DAY + days) * DAY)


def _tightest(asks: tuple[Ask, ...], rules: tuple[Rule, ...], granted: Granted) -> bytes:
    """Return the RateLimit lines of the limit that the least is left of; budgets are the operator's business."""
    shares = [
        (left * 1_000_000 // _whole(asks[place].gauge), place)
        for place, (left, rule) in enumerate(zip(granted.left, rules, strict=True))
        if not rule.period
    ]
    if not shares:
        return b""
    place = min(shares)[1]
    return _fields(asks[place], rules[place], granted.left[place], granted.fresh[place])


def _whole(gauge: Gauge) -> int:
    return gauge.burst if isinstance(gauge, Rate) else gauge.most


def _fields(ask: Ask, rule: Rule, left: int, fresh: int) -> bytes:
    """Return both RateLimit lines. Source: draft-ietf-httpapi-ratelimit-headers-10."""
    if isinstance(ask.gauge, Budget):
        return b""
    if isinstance(ask.gauge, Places):
        unit, after = ';qu="concurrent-requests"', ""
    else:
        unit, after = ";w=60" if rule.party != "tokens" else ';w=60;qu="tokens"', f";t={-(-fresh // SECOND)}"
    policy = f'ratelimit-policy: "{rule.name}";q={rule.most}{unit}\r\n'
    return f'{policy}ratelimit: "{rule.name}";r={left}{after}\r\n'.encode()
