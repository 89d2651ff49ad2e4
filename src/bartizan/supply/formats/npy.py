"""NumPy's npy: a header in one form, then octets, or a pickle where the elements are objects.

Rules of this file: a header is read by its grammar and never evaluated; what NumPy does not write is not understood.
Source: NumPy, numpy/lib/_format_impl.py (format versions 1.0 to 3.0).
"""

import math
import re
from typing import Final

from bartizan.supply.format import Damaged, Format, Look, Read
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.pickles.contracts.numpy import dtype_named
from bartizan.supply.pickles.legacy import Within
from bartizan.supply.pickles.machine import Loader
from bartizan.supply.pickles.reading import after
from bartizan.supply.pickles.reading import read as read_pickle
from bartizan.supply.subject import Reason

_MAGIC: Final = b"\x93NUMPY"
_LENGTHS: Final = {1: 2, 2: 4, 3: 4}
"""Version -> octets of the header's length."""
_LONGEST: Final = 10_000
"""Octets of a header that NumPy reads unless it is told to trust the file."""
_KIND: Final = r"'[<>|=]([?biufcSUVOMm][0-9]{0,10})(?:\[[0-9]{0,9}[a-z]{1,7}\])?'"
_NUMBERS: Final = r"\((?:[0-9]{1,19}L?, ?)*(?:[0-9]{1,19}L?,?)?\)"
_FIELD: Final = rf"\('[^'\\\n]{{0,256}}', {_KIND}(?:, ({_NUMBERS}))?\)"
_HEADER: Final = re.compile(
    rf"\{{'descr': (?:{_KIND}|\[((?:{_FIELD}(?:, )?)+)\]), 'fortran_order': (?:False|True), 'shape': ({_NUMBERS}), ?\}} *\n"
)
_ONE_FIELD: Final = re.compile(_FIELD)
_OBJECT: Final = "O"
_MOST_IN_A_ROW: Final = 100_000
"""Arrays that one file may hold one after the other."""
_COST: Final = 64


def knows(octets: Octets) -> bool:
    """Return whether a file begins as one."""
    return octets.begins(_MAGIC)


def read(octets: Octets, budget: Budget, _look: Look) -> Read:
    """Return what is said of an array, or of several that one file holds one after the other, as `numpy.save` to an open file leaves.

    Raises:
        Damaged, TooShort, Exhausted: the array is not to be understood.
    """
    reasons, at = _array(octets, budget)
    for _ in range(_MOST_IN_A_ROW):
        if reasons or at == len(octets) or not octets.begins(_MAGIC, at):
            break
        budget.spend(_COST)
        reasons, count = _array(octets.part(at, len(octets) - at), budget)
        at += count
    return Read(reasons if reasons or at == len(octets) else (after(at),))


def _array(octets: Octets, budget: Budget) -> tuple[tuple[Reason, ...], int]:
    """Return what is said of the array that octets begin with, and how many octets it has."""
    version, minor = octets.take(len(_MAGIC), 2)
    width = _LENGTHS.get(version)
    if width is None or minor:
        raise _damaged("its version is none that is known", len(_MAGIC))
    begin = len(_MAGIC) + 2 + width
    length = int.from_bytes(octets.take(len(_MAGIC) + 2, width), "little")
    if length > _LONGEST:
        raise _damaged("its header is longer than NumPy reads", begin)
    size, count = _header(octets.take(begin, length), begin)
    start = begin + length
    if size is None:
        found = read_pickle(octets.view, budget, start, Loader(loaded=Within(octets.view, budget).loaded))
        return found.reasons, found.end
    end = start + size * count
    if end > len(octets):
        raise _damaged("it is cut off", len(octets))
    return (), end


def _header(text: bytes, offset: int) -> tuple[int | None, int]:
    """Return octets of an element, None where it is an object, and the number of elements."""
    try:
        found = _HEADER.fullmatch(text.decode("utf-8"))
    except UnicodeDecodeError:
        found = None
    if found is None:
        raise _damaged("its header is not written as NumPy writes it", offset)
    plain, fields, shape = found[1], found[2], found[found.re.groups]
    count = math.prod(_numbers(shape))
    if plain is not None:
        return (None if plain.startswith(_OBJECT) else _size(plain, offset)), count
    parts = [(one[1], _numbers(one[2] or "()")) for one in _ONE_FIELD.finditer(fields)]
    if any(kind.startswith(_OBJECT) for kind, _ in parts):
        return None, count
    return sum(_size(kind, offset) * math.prod(within) for kind, within in parts), count


def _numbers(text: str) -> list[int]:
    return [int(each) for each in re.findall(r"[0-9]+", text)]


def _size(kind: str, offset: int) -> int:
    found = dtype_named(kind)
    if found is None:
        raise _damaged("its type is none that is known", offset)
    return found.size


def _damaged(what: str, offset: int) -> Damaged:
    sentence = f"it is no whole array of NumPy: {what}; save it anew"
    return Damaged("npy-damaged", sentence, offset)


FORMAT = Format("npy", knows, read)
