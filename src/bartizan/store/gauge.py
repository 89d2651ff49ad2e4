"""What is limited, and the arithmetic of it: rates, places and budgets, as pure functions.

Rules of this file: a request that is on its way *holds* what it is expected to cost, and pays what it did cost at
its end. What is held does not drain away with time and what was paid does, so that whoever holds much for long
and then costs little gains nothing by it. With `debt + held <= most` after each admission, what is paid in any
span is at most `most` and what the rate brings in that span; and settling is adding, so its order does not matter.
Source: ITU-T I.371 (the generic cell rate algorithm, as a continuous-state leaky bucket).
"""

from typing import Final

import msgspec

from bartizan.clock import DAY, MICROSECOND, SECOND, Nanoseconds

THRESHOLDS: Final = (100, 80, 50)
"""Per cent of a budget that are told of, each once."""
NEVER: Final = Nanoseconds(-1)
"""The wait for what costs more than there ever is."""
OWED: Final = Nanoseconds(31 * DAY)
"""The most that a rate is ever owed: a service that claims to have counted more closes nobody out for longer."""
PAID: Final = 2**52
"""The most that a budget counts as paid, in its millionths; four times the largest one that can be configured."""
SOON: Final = Nanoseconds(SECOND)
"""The wait where others' requests have to end first: nobody knows when they do."""
_BURST_SHARE: Final = 10


class Rate(msgspec.Struct, frozen=True):
    """So many units over time, and so many ahead of it; what was paid drains away.

    Attributes:
        interval: between two units at the sustained rate, nanoseconds, from 1.
        burst: units that may come at once, from 1.
    """

    interval: Nanoseconds
    burst: int


def requests_at_once(per_minute: int) -> int:
    """Return how many of a minute's requests may come at once: a tenth."""
    return max(1, per_minute // _BURST_SHARE)


class Places(msgspec.Struct, frozen=True):
    """So many at once; nothing is paid.

    Attributes:
        most: how many, from 1.
    """

    most: int


class Budget(msgspec.Struct, frozen=True):
    """So much until an instant; what was paid stays paid. The next period has a key of its own.

    Attributes:
        most: in millionths of the currency, from 1.
        ends: UTC nanoseconds.
    """

    most: int
    ends: Nanoseconds


Gauge = Rate | Places | Budget


class Ask(msgspec.Struct, frozen=True):
    """One of the limits that a request has to keep.

    Attributes:
        key: whose; use one gauge for one key.
        gauge: what is limited.
        units: what the request is expected to cost, from 0.
        held: whether that is settled at its end; else it is paid at once.
    """

    key: str
    gauge: Gauge
    units: int = 1
    held: bool = True


class Granted(msgspec.Struct, frozen=True):
    """Every limit is kept, and what the request is expected to cost is held or paid.

    Attributes:
        left: of each limit, the units that are left.
        fresh: of each limit, nanoseconds until all of it is there again as far as that is known.
        told: of each limit, the threshold that its budget reached just now, or 0.
    """

    left: tuple[int, ...]
    fresh: tuple[Nanoseconds, ...]
    told: tuple[int, ...]


class Exceeded(msgspec.Struct, frozen=True):
    """Nothing is held or paid: at least one limit is not kept.

    Attributes:
        at: which, by its place; of several, the one that has to be waited for longest.
        wait: nanoseconds until it may be kept, or `NEVER`.
        told: of each limit, the threshold that its budget reached just now, or 0.
    """

    at: int
    wait: Nanoseconds
    told: tuple[int, ...]


class Unanswered(msgspec.Struct, frozen=True):
    """Nobody knows: who counts does not answer."""


Answer = Granted | Exceeded | Unanswered


def amount(gauge: Gauge, units: int) -> int:
    """Return units in the measure of a gauge's level: nanoseconds of a rate, else the units themselves."""
    return units * gauge.interval if isinstance(gauge, Rate) else units


def most(gauge: Gauge) -> int:
    """Return the most that debt and holds may come to, in the measure of the level."""
    return gauge.burst * gauge.interval if isinstance(gauge, Rate) else gauge.most


def debt(gauge: Gauge, level: int, now: Nanoseconds) -> int:
    """Return what is still owed.

    Args:
        gauge: what is limited.
        level: of a rate, the instant at which all is drained away (theoretical arrival time); of a budget,
            what was paid.
        now: the instant of asking.
    """
    return max(0, level - now) if isinstance(gauge, Rate) else level


def paid(gauge: Gauge, level: int, now: Nanoseconds, cost: int) -> int:
    """Return the level after a payment, in its measure; never more than `OWED` and `PAID` let it be."""
    if isinstance(gauge, Rate):
        return min(max(level, now) + cost, max(level, now + OWED))
    return min(level + cost, PAID) if isinstance(gauge, Budget) else 0


def wait(gauge: Gauge, owed: int, held: int, cost: int, now: Nanoseconds) -> Nanoseconds:
    """Return how long this much more has to wait, 0 where it need not, `NEVER` where it is too much for ever.

    Args:
        gauge: what is limited.
        owed: from `debt`.
        held: by requests that are on their way, in the measure of the level.
        cost: of the request that asks, in the same.
        now: the instant of asking.
    """
    allowed = most(gauge)
    excess = owed + held + cost - allowed
    if excess <= 0:
        return Nanoseconds(0)
    if cost > allowed:
        return NEVER
    if isinstance(gauge, Rate) and excess <= owed:
        return Nanoseconds(excess)
    if isinstance(gauge, Budget) and owed + cost > allowed:
        return Nanoseconds(max(MICROSECOND, gauge.ends - now))
    return SOON


def reached(gauge: Gauge, level: int, told: int, *, refused: bool = False) -> int:
    """Return the highest threshold of a budget that is reached and was not told of yet, or 0.

    Args:
        gauge: what is limited; only budgets have thresholds.
        level: what was paid.
        told: the highest threshold that was told of.
        refused: whether it has just kept a request waiting for its end: then it is used up.
    """
    if not isinstance(gauge, Budget):
        return 0
    for threshold in THRESHOLDS:
        if (refused or level * 100 >= gauge.most * threshold) and threshold > told:
            return threshold
    return 0


def worst(waits: list[Nanoseconds]) -> int:
    """Return the place of the longest wait; `NEVER` is the longest."""
    return max(range(len(waits)), key=lambda at: (waits[at] == NEVER, waits[at]))
