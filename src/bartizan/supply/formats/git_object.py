"""A loose object of git: one stream of zlib with a kind and a size before what it holds. To git it is data until somebody checks it out.

Rules of this file: it holds as many octets as it says, and nothing follows. What it holds is scanned where it is checked out. Read as anything
else that zlib compresses, it begins with the name of its kind, at which an unpickler stops before it comes to a name that can be there.
Source: git, Documentation/gitrepository-layout.txt; loose-object format of git's object-file.c.
"""

import re
import zlib
from typing import Final

from bartizan.supply.format import Damaged, Format, Look, Read
from bartizan.supply.octets import Budget, Octets, TooShort

_ZLIB: Final = b"\x78"
_HEAD: Final = re.compile(rb"(?:blob|tree|commit|tag) (0|[1-9][0-9]{0,17})\0")
_LOOKED_AT: Final = 256
_LONGEST_HEAD: Final = 32
_PIECE: Final = 1 << 16


def knows(octets: Octets) -> bool:
    """Return whether a file begins as one, once it is expanded."""
    return octets.begins(_ZLIB) and _head(octets) is not None


def _head(octets: Octets) -> re.Match[bytes] | None:
    try:
        begin = zlib.decompressobj().decompress(octets.view[:_LOOKED_AT], _LONGEST_HEAD)
    except zlib.error:
        return None
    return _HEAD.match(begin)


def read(octets: Octets, budget: Budget, look: Look) -> Read:
    """Return nothing against it.

    Raises:
        Damaged, TooShort: it is not whole, or not one.
        Exhausted: the budget does not reach.
    """
    del look
    head = _head(octets)
    if head is None:
        raise _damaged("it begins as none", 0)
    left, at, inflating = head.end() + int(head[1]), 0, zlib.decompressobj()
    budget.expand(left)
    try:
        while not inflating.eof:
            given = octets.view[at : at + _PIECE]
            if not given:
                raise TooShort("object")
            budget.spend(len(given) >> 6)
            left -= len(inflating.decompress(given, left + 1))
            if left < 0:
                raise _damaged("it is larger than it says", at)
            at += len(given) - len(inflating.unconsumed_tail) - len(inflating.unused_data)
    except zlib.error:
        raise _damaged("what is compressed is damaged", at) from None
    if left or at != len(octets):
        raise _damaged("it is smaller than it says, or octets follow it", at)
    return Read()


def _damaged(what: str, offset: int) -> Damaged:
    return Damaged(
        "git-damaged", f"it is no whole object of git's: {what}; fetch the repository anew", offset
    )


FORMAT: Final = Format("git-object", knows, read, order=44, kind_of=("zlib",))
