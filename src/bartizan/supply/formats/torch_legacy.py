"""Files of PyTorch before version 1.6."""

from bartizan.supply.format import Format, Look, Read
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.pickles.legacy import MAGIC, read_legacy


def knows(octets: Octets) -> bool:
    """Return whether a file begins with PyTorch's magic number, as a pickle of its own."""
    return octets.begins(MAGIC)


def read(octets: Octets, budget: Budget, _look: Look) -> Read:
    """Return what is said of such a file.

    Raises:
        Exhausted: the budget does not reach.
    """
    return Read(read_legacy(octets.view, budget).reasons)


FORMAT = Format("torch-legacy", knows, read, order=20, kind_of=("pickle",))
