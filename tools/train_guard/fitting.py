"""Fits the numbers of a model: logistic regression over words and pairs of neighbours.

Rules of this file: nothing is drawn by chance and nothing runs beside anything else, so that the same texts give the same
octets. What is fitted is what is served: the words, windows and sums are those of `bartizan.threats.injection`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from bartizan.threats.injection import words_of

START: Final = "^"
WINDOW: Final = 48
"""Words that are learned from together."""
SERVED: Final = (WINDOW, 18)
"""Windows that a long text is scored in: in the wide, words that are spread add up, and the narrow is not thinned."""
NARROW: Final = 1.75
LENGTH: Final = 0.6
"""What narrow windows, and long texts, lose of their sums, as `Header` says."""
WINDOWS: Final = 6
"""Windows of a long text that are learned from."""
USED_BY: Final = 3
"""Windows that a word or a pair must stand in."""
COST: Final = 5.0
"""What an error counts for against the size of the numbers."""
ROUNDS: Final = 80
GRADES: Final = 127
"""Largest number that is kept."""


class Row(NamedTuple):
    """A window of a text: its words and pairs, its size, label and weight."""

    parts: frozenset[str]
    words: int
    attack: bool
    weight: float


class Fitted(NamedTuple):
    """Numbers by word or pair, what one of them is worth, and what is added to each sum."""

    numbers: Mapping[str, int]
    unit: float
    bias: float


def rows_of(text: str, *, attack: bool, weight: float = 1.0) -> list[Row]:
    """Return what is learned from a text: the whole of it, or windows that lie as far apart as they can."""
    words = [START, *words_of(text)]
    starts = [*range(0, max(len(words) - WINDOW, 0) + 1, WINDOW)]
    if len(starts) > WINDOWS:
        starts = [starts[number * (len(starts) - 1) // (WINDOWS - 1)] for number in range(WINDOWS)]
    parts = [words[start : start + WINDOW] for start in starts]
    return [
        Row(_parts(part), max(len(part) - (part[0] == START), 1), attack, weight / len(parts))
        for part in parts
    ]


def _parts(words: Sequence[str]) -> frozenset[str]:
    alone = words[1:] if words[0] == START else words
    return frozenset([*alone, *map(" ".join, pairwise(words))])


def fitted(rows: Sequence[Row]) -> Fitted:
    """Return the numbers that tell attacks from other texts; both weigh the same."""
    used = Counter(each for row in rows for each in row.parts)
    places = {each: place for place, each in enumerate(sorted(e for e, n in used.items() if n >= USED_BY))}
    matrix = _matrix(rows, places)
    labels = np.array([1.0 if row.attack else -1.0 for row in rows])
    weights = np.array([row.weight for row in rows])
    for side in (1.0, -1.0):
        weights[labels == side] *= len(rows) / 2 / weights[labels == side].sum()
    found = _minimum(matrix, labels, weights * COST)
    unit = float(np.abs(found[:-1]).max()) / GRADES
    rounded = np.rint(found[:-1] / unit).astype(int)
    numbers = {each: int(rounded[place]) for each, place in places.items() if rounded[place]}
    return Fitted(numbers, unit, float(found[-1]))


def _matrix(rows: Iterable[Row], places: Mapping[str, int]) -> csr_matrix:
    ends, columns, values = [0], list[int](), list[float]()
    for row in rows:
        mine = sorted(places[each] for each in row.parts if each in places)
        columns += mine
        values += [row.words**-0.5] * len(mine)
        ends.append(len(columns))
    return csr_matrix((values, columns, ends), shape=(len(ends) - 1, len(places)))


def _minimum(matrix: csr_matrix, labels: np.ndarray, weights: np.ndarray) -> np.ndarray:
    turned = matrix.T.tocsr()

    def cost(numbers: np.ndarray) -> tuple[float, np.ndarray]:
        margins = labels * (matrix @ numbers[:-1] + numbers[-1])
        slope = -labels * weights / (1 + np.exp(np.clip(margins, -30, 30)))
        loss = (weights * np.logaddexp(0, -margins)).sum() + numbers[:-1] @ numbers[:-1] / 2
        return float(loss), np.append(turned @ slope + numbers[:-1], slope.sum())

    options = {"maxiter": ROUNDS, "maxcor": 8}
    found: np.ndarray = minimize(
        cost, np.zeros(matrix.shape[1] + 1), jac=True, method="L-BFGS-B", options=options
    ).x
    return found
