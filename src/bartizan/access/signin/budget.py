"""From suspicions to alerts: the rarest of each stream, so many that a day has as many alerts as its budget.

Rules of this file: pure, and bounded. What is rare is learnt from the last two weeks, stream by stream, from the highest
weight of each suspect and day; so a suspect counts once a day however often it tries. Each stream has an equal share of the
budget, and what a stream does not use goes to the others. What weighs the same is told of together, or not at all. What was
told more or less than the budget is made up for in the days after. Against who wants to be usual: a day on which a stream
has several times its usual number of suspects teaches nothing, so that a flood does not raise what it takes to be told of;
no flood of one stream takes an alert from another, and of one stream that has had its part, what is heavier than all of
today is told of still; and the correction that keeps the budget moves within narrow bounds.
Source: conformal anomaly detection (Laxhammar and Falkman 2010): the rank among what is ordinary is the measure; its
correction by what was told so far: adaptive conformal inference (Gibbs and Candes 2021).
"""

from collections.abc import Iterable, Mapping, Sequence
from math import ceil, exp2, log2
from statistics import median
from typing import Final

import msgspec

from bartizan.access.signin.suspicion import SURE, Suspicion
from bartizan.clock import DAY

LEARNING: Final = 7
"""Days without alerts, but for what breaks a protocol, and for what is beyond any habit."""
_BLATANT: Final = 40.0
"""Bits from which what one source does is told of while still learning: no habit of anybody explains it."""
WINDOW: Final = 14
"""Days that teach what is ordinary."""
_FULL, _FULL_LEAST = 3, 3
"""A day with more suspects than so many times the usual, and so many more, teaches nothing."""
_MOST: Final = 512
"""Suspects of one stream and day that are remembered; the lightest give way."""
_LEAST_CORRECTION, _MOST_CORRECTION = 0.5, 2.5
_UNSETTLED: Final = 3
"""The first days, on which nobody has habits yet, so that there is less to suspect; they teach nothing."""
_SETTLING: Final = 4.0
"""Days after the learning in which what it left halves: habits settle for longer, and twice as much seems strange at first."""
_MOST_OWED, _REPAID = 5, 5
"""Days' budgets that are remembered as owed at most, and in how many days it is made up for."""
_MOST_SPENT: Final = 3
"""Days' budgets that one day's alerts count as at most: who makes many at once lowers the rest by no more."""
_RAREST: Final = 1 / 64
"""The smallest share that is told from none."""

Weights = Mapping[str, float]
"""Suspect -> its highest weight of a day."""


class Budget(msgspec.Struct, frozen=True):
    """What is ordinary, and how many alerts there were.

    Attributes:
        perday: alerts that a day is to have.
        first, day: the first day and the current one; -1 before any.
        today: stream -> suspects of the day.
        past: the last `WINDOW` days before it, each stream -> weights, heaviest first.
        above: stream -> the weight that an alert must exceed; a stream that is not there always alerts.
        sent: stream and suspect of the alerts of today.
        spent: stream -> weights of its alerts today.
        owed: how many alerts fewer than its budget there were since the learning ended; negative for more.
        withheld: suspicions of today that were over a stream's own bound.
    """

    perday: float
    first: int = -1
    day: int = -1
    today: Mapping[str, Weights] = {}
    past: tuple[Mapping[str, tuple[float, ...]], ...] = ()
    above: Mapping[str, float] = {}
    sent: frozenset[tuple[str, str]] = frozenset()
    spent: Mapping[str, tuple[float, ...]] = {}
    owed: float = 0.0
    withheld: int = 0

    @property
    def alerts(self) -> int:
        """How many there were today."""
        return sum(map(len, self.spent.values()))

    @property
    def learning(self) -> bool:
        """Whether it is too early to tell what is out of the ordinary."""
        return self.day - self.first < LEARNING


def turn(state: Budget, day: int) -> Budget:
    """Return the state on a day: the days before it have ended, also those on which nothing was suspected."""
    if state.day < 0:
        return msgspec.structs.replace(state, first=day, day=day)
    while state.day < day:
        state = _next(state, day)
    return state


def _next(state: Budget, day: int) -> Budget:
    if day - state.day > WINDOW:  # nothing for longer than anything is remembered
        return Budget(state.perday, state.first, day)
    ended = {stream: tuple(sorted(each.values(), reverse=True)) for stream, each in state.today.items()}
    past = (*state.past, ended)[-WINDOW:] if state.day - state.first >= _UNSETTLED else ()
    spent = min(float(state.alerts), _MOST_SPENT * state.perday)
    limit = _MOST_OWED * state.perday
    owed = 0.0 if state.learning else max(-limit, min(limit, state.owed + state.perday - spent))
    above = thresholds(past, state.perday * _correction(owed / state.perday, state.day + 1 - state.first))
    return Budget(state.perday, state.first, state.day + 1, past=past, above=above, owed=owed)


def _correction(owed: float, age: int) -> float:
    """Return how many times its budget a day is to have, by the days' budgets that are owed, and days since the first."""
    strange = 1 + exp2(-max(0, age - LEARNING) / _SETTLING)
    return max(_LEAST_CORRECTION, min(_MOST_CORRECTION, (1 + owed / _REPAID) / strange))


def step(state: Budget, found: Suspicion) -> tuple[Budget, tuple[Suspicion, ...]]:
    """Return the state after a suspicion, and the alert if it is one."""
    state = turn(state, found.at // DAY)
    suspects = state.today.get(found.stream, {})
    if found.weight > suspects.get(found.about, 0.0):
        heard = {**suspects, found.about: found.weight}
        if len(heard) > _MOST:
            del heard[min(heard, key=lambda each: heard[each])]
        state = msgspec.structs.replace(state, today={**state.today, found.stream: heard})
    if (found.stream, found.about) in state.sent or not _is_rare(state, found):
        return state, ()
    spent = state.spent.get(found.stream, ())
    if len(spent) >= max(1, ceil(state.perday)) and found.weight <= max(spent):
        return msgspec.structs.replace(state, withheld=state.withheld + 1), ()
    spending = {**state.spent, found.stream: (*spent, found.weight)}
    return msgspec.structs.replace(state, spent=spending, sent=state.sent | {(found.stream, found.about)}), (
        found,
    )


def _is_rare(state: Budget, found: Suspicion) -> bool:
    if state.learning:
        return found.kind in SURE or (found.stream.endswith(".source") and found.weight > _BLATANT)
    return found.weight > state.above.get(found.stream, 0.0)


def thresholds(past: Iterable[Mapping[str, tuple[float, ...]]], perday: float) -> Mapping[str, float]:
    """Return for each stream the weight to be exceeded, so that all together exceed it `perday` times a day.

    Args:
        past: days, each stream -> weights.
        perday: alerts that a day is to have.
    """
    days = list(past)
    pooled = {stream: _ordinary(stream, days) for day in days for stream in day}
    shares = fair({stream: len(weights) for stream, weights in pooled.items()}, perday * len(days))
    return {stream: exceeded(weights, shares[stream]) for stream, weights in pooled.items()}


def exceeded(weights: Sequence[float], times: float) -> float:
    """Return the weight that as many others like these exceed so many times on average.

    The k-th heaviest of n is exceeded k times by n others, not k - 1 times. A share below one asks for more than the heaviest:
    a bit for each halving, since weights are bits.

    Args:
        weights: at least one, heaviest first.
        times: more than there are weights lets everything through.
    """
    if times >= len(weights):
        return 0.0
    if times < 1:
        return weights[0] + log2(1 / max(times, _RAREST))
    place = int(times)
    heavier, lighter = weights[place - 1], weights[place]
    if heavier > lighter:
        return heavier - (heavier - lighter) * (times - place)
    first, after = weights.index(heavier), len(weights) - weights[::-1].index(heavier)
    if after - times >= times - first:  # nearer to none of those that weigh the same than to all
        return heavier
    return weights[after] if after < len(weights) else 0.0


def _ordinary(stream: str, days: Sequence[Mapping[str, tuple[float, ...]]]) -> list[float]:
    """Return the weights of a stream, heaviest first, without those of days that are too full to be ordinary."""
    weights = [day.get(stream, ()) for day in days]
    full = _FULL * median(map(len, weights)) + _FULL_LEAST
    return sorted((each for day in weights if len(day) <= full for each in day), reverse=True)


def fair(wanted: Mapping[str, int], whole: float) -> Mapping[str, float]:
    """Return how much each gets of a whole: equal shares, and what one does not want goes to the others."""
    shares: dict[str, float] = {}
    left = whole
    for place, (name, most) in enumerate(sorted(wanted.items(), key=lambda item: (item[1], item[0]))):
        share = left / (len(wanted) - place)
        shares[name] = min(float(most), share)
        left -= shares[name]
    return shares
