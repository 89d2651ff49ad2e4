"""Pickles that say their protocol, one or several in a row, and joblib's, which hold arrays between instructions."""

from bartizan.supply.format import Format, Look, Read
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.pickles.opcodes import HIGHEST, PROTO
from bartizan.supply.pickles.whole import read_pickles


def knows(octets: Octets) -> bool:
    """Return whether a file begins with an instruction that says a protocol that there is."""
    return len(octets) > 1 and octets.view[0] == PROTO and octets.view[1] <= HIGHEST


def read(octets: Octets, budget: Budget, _look: Look) -> Read:
    """Return what is said of a pickle.

    Raises:
        Exhausted: the budget does not reach.
    """
    return read_pickles(octets.view, budget)


FORMAT = Format("pickle", knows, read, order=60)
