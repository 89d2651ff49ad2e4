"""Fits the numbers of the model of names: regression over what is seen of each word that may be one.

Rules of this file: nothing is drawn by chance and nothing runs beside anything else, so that the same texts give the same octets. What is
fitted is what is served: words and what is seen of them are those of `bartizan.text.names`.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from bartizan.text.names.labels import Label
from bartizan.text.names.model import LABELS
from tools.train_names.rows import Row

USED_BY: Final = 3
"""Words of which a thing must be seen."""
COST: Final = 1.0
"""What an error counts for against the size of the numbers."""
ROUNDS: Final = 70
GRADES: Final = 127
"""Largest number that is kept."""
_ORDER: Final = (Label.NONE, *LABELS)


def fitted(rows: Sequence[Row]) -> dict[str, tuple[int, int, int]]:
    """Return the numbers of each label above those of `NONE`, for all that is seen."""
    used = Counter(each for row in rows for each in row.seen)
    places = {each: place for place, each in enumerate(sorted(e for e, n in used.items() if n >= USED_BY))}
    columns, ends = list[int](), [0]
    for row in rows:
        columns += [places[each] for each in row.seen if each in places]
        ends.append(len(columns))
    matrix = csr_matrix((np.ones(len(columns), np.float32), columns, ends), shape=(len(rows), len(places)))
    targets = np.array([_ORDER.index(row.label) for row in rows])
    weights = np.array([row.weight for row in rows])
    found = _minimum(matrix, targets, weights * COST)
    above = found[:, 1:] - found[:, :1]
    unit = float(np.abs(above).max()) / GRADES
    rounded = np.rint(above / unit).astype(int)
    return {
        each: (int(rounded[place, 0]), int(rounded[place, 1]), int(rounded[place, 2]))
        for each, place in places.items()
        if rounded[place].any()
    }


def _minimum(matrix: csr_matrix, targets: np.ndarray, weights: np.ndarray) -> np.ndarray:
    turned, shape = matrix.T.tocsr(), (matrix.shape[1], len(_ORDER))
    hot = np.zeros((len(targets), len(_ORDER)))
    hot[np.arange(len(targets)), targets] = 1

    def cost(flat: np.ndarray) -> tuple[float, np.ndarray]:
        numbers = flat.reshape(shape)
        sums = matrix @ numbers
        sums -= sums.max(axis=1, keepdims=True)
        shares = np.exp(sums)
        total = shares.sum(axis=1, keepdims=True)
        loss = (weights * (np.log(total[:, 0]) - (sums * hot).sum(axis=1))).sum() + flat @ flat / 2
        slope = turned @ ((shares / total - hot) * weights[:, None]) + numbers
        return float(loss), slope.ravel()

    options = {"maxiter": ROUNDS, "maxcor": 6}
    found: np.ndarray = minimize(
        cost, np.zeros(shape[0] * shape[1]), jac=True, method="L-BFGS-B", options=options
    ).x
    return found.reshape(shape)
