"""What a sum means: a curve for each channel, and the score from which on a window is told.

Rules of this file: all of it comes from texts whose sources were held out. Each source counts the same.
"""

import math
import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np
from scipy.optimize import minimize

from bartizan.threats.injection import Curve
from bartizan.threats.subject import Channel
from tools.train_guard.curation import group
from tools.train_guard.fitting import LENGTH, WINDOW
from tools.train_guard.holding_out import Held

ALLOWED: Final = 0.01
ALLOWED_DOCUMENTS: Final = 0.001
"""Share of harmless texts, and of harmless documents, that may be told."""
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
    attacks: Mapping[str, Sequence[float]], harmless: Mapping[str, Sequence[float]], least: float
) -> Curve:
    """Return a curve by Platt's method, as if there were as many attacks as other texts.

    Args:
        attacks, harmless: sums by source, each of which counts the same.
        least: the sum from which on a window is told.
    """
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
    told = 1 / (1 + np.exp(-(slope * least + shift)))
    return Curve(round(float(slope), _PLACES), round(float(shift), _PLACES), round(float(told), _PLACES))


def curves(held: Sequence[Held]) -> Mapping[Channel, Curve]:
    """Return the curve of each channel; no document is told that would not be as the words of a user."""
    attacks, harmless, long = by_source(held, attack=True), by_source(held, attack=False), documents(held)
    user = threshold(harmless, ALLOWED)
    other = curve(attacks, long, max(user, threshold(long, ALLOWED_DOCUMENTS)))
    return {
        Channel.USER: curve(attacks, harmless, user),
        Channel.TOOL: other,
        Channel.DOCUMENT: other,
        Channel.RESPONSE: other,
    }


def documents(held: Iterable[Held]) -> dict[str, list[float]]:
    """Return the sums of harmless documents by source: several texts one after another, of which the highest counts."""
    made = defaultdict[str, list[float]](list)
    texts = defaultdict[str, list[Held]](list)
    for each in held:
        if not each.text.attack and group(each.text) in _LIKE_DOCUMENTS:
            texts[group(each.text)].append(each)
    for source, mine in texts.items():
        drawn = random.Random(source)  # noqa: S311 - an order, no secret
        for _ in range(_DOCUMENTS):
            parts = list[Held]()
            while sum(len(each.text.said) for each in parts) < _LETTERS:
                parts.append(drawn.choice(mine))
            made[source].append(max(each.total for each in parts) - _LOST)
    return made


_LIKE_DOCUMENTS: Final = frozenset({"gpteacher", "presidio-research", "self-instruct"})
"""What has texts that are no requests to a model in the way of attacks."""
_DOCUMENTS: Final = 2_000
_LETTERS: Final = 4_096
_LOST: Final = LENGTH * math.log(_LETTERS / 6 / WINDOW)
"""What a document of so many letters loses for its length; six letters are a word and its blank."""
