"""gzip: what is compressed is judged for itself."""

from bartizan.supply import archive
from bartizan.supply.containers import stream
from bartizan.supply.format import Format, Look, Read
from bartizan.supply.octets import Budget, Octets


def knows(octets: Octets) -> bool:
    """Return whether a file begins as one."""
    return octets.begins(b"\x1f\x8b")


def read(octets: Octets, budget: Budget, look: Look) -> Read:
    """Return what is said of what it holds.

    Raises:
        Damaged, TooShort, Exhausted: it is not to be understood.
    """
    return archive.judged([stream.member(octets, stream.GZIP, budget)], budget, look)


FORMAT = Format("gzip", knows, read, order=82)
