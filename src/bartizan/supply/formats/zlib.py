"""zlib: what is compressed is judged for itself."""

from typing import Final

from bartizan.supply import archive
from bartizan.supply.containers import stream
from bartizan.supply.format import Format, Look, Read
from bartizan.supply.octets import Budget, Octets

_LEVELS: Final = frozenset({b"\x01", b"\x5e", b"\x9c", b"\xda"})


def knows(octets: Octets) -> bool:
    """Return whether a file begins as one."""
    return octets.begins(b"x") and bytes(octets.view[1:2]) in _LEVELS


def read(octets: Octets, budget: Budget, look: Look) -> Read:
    """Return what is said of what it holds.

    Raises:
        Damaged, TooShort, Exhausted: it is not to be understood.
    """
    return archive.judged([stream.member(octets, stream.ZLIB, budget)], budget, look)


FORMAT = Format("zlib", knows, read, order=86)
