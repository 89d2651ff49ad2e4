"""LZMA without a container: what is compressed is judged for itself."""

from typing import Final

from bartizan.supply import archive
from bartizan.supply.containers import stream
from bartizan.supply.format import Format, Look, Read
from bartizan.supply.octets import Budget, Octets

_HEADER: Final = 13
_NONE: Final = (1 << 64) - 1
_LARGEST: Final = 1 << 48


def knows(octets: Octets) -> bool:
    """Return whether a file begins as one."""
    return octets.begins(b"]\0\0") and _size_fits(octets)


def _size_fits(octets: Octets) -> bool:
    """Return whether a size is given that a file may have, or none."""
    size = int.from_bytes(octets.view[5:13], "little")
    return len(octets) > _HEADER and (size == _NONE or size < _LARGEST)


def read(octets: Octets, budget: Budget, look: Look) -> Read:
    """Return what is said of what it holds.

    Raises:
        Damaged, TooShort, Exhausted: it is not to be understood.
    """
    return archive.judged([stream.member(octets, stream.LZMA, budget)], budget, look)


FORMAT = Format("lzma", knows, read, order=86)
