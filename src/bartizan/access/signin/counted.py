"""Counting distinct names in a fixed room: linear counting over one whole number.

Source: Whang, Vander-Zanden and Taylor 1990. Names are random pseudonyms, which nobody who is counted chooses.
"""

from math import log
from typing import Final
from zlib import crc32

BITS: Final = 1024
"""Places of one count; up to some 4,000 names are told apart."""


def mark(name: str) -> int:
    """Return the place of a name, as a number with one bit set."""
    return 1 << (crc32(name.encode()) % BITS)


def distinct(marks: int) -> float:
    """Return about how many names have left these marks."""
    empty = BITS - marks.bit_count()
    return BITS * log(BITS / max(empty, 1))


def excess(seen: float, expected: float) -> float:
    """Return how surprising it is, in bits, to see so many where so many are expected; 0 for fewer.

    The large-deviation rate of a Poisson count.
    """
    if seen <= expected:
        return 0.0
    return (seen * log(seen / expected) - (seen - expected)) / log(2)
