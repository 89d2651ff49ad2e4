"""Where a process's memory comes from, so far as it lasts: large pieces are not to leave holes.

Source: mallopt(3), M_MMAP_THRESHOLD.
"""

import contextlib
import ctypes

_THRESHOLD = -3


def keep_apart(octets: int) -> None:
    """Give every piece of memory of this size or more pages of its own, which go back whole once it is freed.

    glibc does so at first, and raises the size with each such piece that is freed. From then on large lists lie among
    small things that outlive them, and a process that makes such lists again and again slowly grows. Where the C
    library has no such setting, nothing is done.
    """
    with contextlib.suppress(AttributeError):
        ctypes.CDLL(None).mallopt(_THRESHOLD, octets)
