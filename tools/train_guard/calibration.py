"""What a sum means: a curve for each channel, and the score from which on a window is told.

Rules of this file: all of it comes from texts whose sources were held out. Each source counts the same.
"""

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np
from scipy.optimize import minimize

from bartizan.threats.injection import Curve
from bartizan.threats.subject import Channel
from tools.train_guard.holding_out import Held, group

ALLOWED: Final[Mapping[Channel, float]] = {
    Channel.USER: 0.01,
    Channel.TOOL: 0.004,
    Channel.DOCUMENT: 0.004,
    Channel.RESPONSE: 0.004,
}
"""Share of harmless texts that may be told of."""
_FEWEST: Final = 50
"""Texts that a source must have to say something about a share."""
_PLACES: Final = 4


def by_source(held: Iterable[Held], *, attack: bool) -> dict[str, list[float]]:
    """Return the sums of the attacks, or of the other texts, by what they are held out with."""
    found = defaultdict[str, list[float]](list)
    for each in held:
        if each.text.attack == attack:
            found[group(each.text)].append(each.total)
    return {name: totals for name, totals in found.items() if len(totals) >= _FEWEST}


def threshold(harmless: Mapping[str, Sequence[float]], share: float) -> float:
    """Return the sum above which so large a share of harmless texts is, each source counting the same."""
    totals = np.concatenate([np.array(each) for each in harmless.values()])
    weights = np.concatenate(
        [np.full(len(each), 1 / len(each) / len(harmless)) for each in harmless.values()]
    )
    order = np.argsort(-totals, kind="stable")
    above = np.cumsum(weights[order])
    return float(totals[order][int(np.searchsorted(above, share))])


def curve(
    attacks: Mapping[str, Sequence[float]], harmless: Mapping[str, Sequence[float]], share: float
) -> Curve:
    """Return a curve by Platt's method, as if there were as many attacks as other texts."""
    sides = [(1.0, attacks), (-1.0, harmless)]
    rows = [
        (side * total, side, 1 / len(totals) / len(sources))
        for side, sources in sides
        for totals in sources.values()
        for total in totals
    ]
    margins, signs, weights = np.array(rows).T

    def cost(line: np.ndarray) -> float:
        return float((weights * np.logaddexp(0, -(margins * line[0] + signs * line[1]))).sum())

    slope, shift = minimize(cost, np.array([1.0, 0.0]), method="L-BFGS-B").x
    told = 1 / (1 + np.exp(-(slope * threshold(harmless, share) + shift)))
    return Curve(round(float(slope), _PLACES), round(float(shift), _PLACES), round(float(told), _PLACES))


def joined(texts: Sequence[str], letters: int, count: int) -> list[str]:
    """Return texts of so many letters, each out of several that stand one after another."""
    drawn = random.Random(len(texts))  # noqa: S311 - an order, no secret
    made = list[str]()
    for _ in range(count):
        text = ""
        while len(text) < letters:
            text += drawn.choice(texts) + "\n\n"
        made.append(text[:letters])
    return made
