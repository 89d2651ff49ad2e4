"""A file of plain pickles: what `pickle.load` and joblib make of it.

Rules of this file: a row of pickles is what several `pickle.dump` to one file leave; all must be inert, and the last ends the file.
"""

from bartizan.supply.format import Read
from bartizan.supply.octets import Budget
from bartizan.supply.pickles.arrays import read_joblib, wrapped
from bartizan.supply.pickles.legacy import Within
from bartizan.supply.pickles.machine import Loader
from bartizan.supply.pickles.reading import after, read

MOST_IN_A_ROW = 10_000
"""Pickles that one file may hold one after the other."""


def read_pickles(view: memoryview, budget: Budget) -> Read:
    """Return what is said of a file of pickles.

    Raises:
        Exhausted: the budget does not reach.
    """
    loader = Loader(loaded=Within(view, budget).loaded)
    found = read(view, budget, loader=loader)
    if wrapped(found):
        return Read(read_joblib(view, budget, found).reasons, "joblib")
    reasons, count = list(found.reasons), 1
    while found.whole and found.end < len(view):
        if count == MOST_IN_A_ROW:
            reasons.append(after(found.end))
            break
        found = read(view, budget, found.end, loader)
        reasons += found.reasons
        count += 1
    return Read(tuple(dict.fromkeys(reasons)))
