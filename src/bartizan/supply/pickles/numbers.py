"""The numbers within an array that a pickle builds, read where they stand.

Rules of this file: what an array says of itself was held against its octets before; here they are only read.
"""

import struct
from collections.abc import Sequence
from typing import Final

from bartizan.supply.octets import Budget
from bartizan.supply.pickles.contracts.numpy import Array, Dtype
from bartizan.supply.pickles.values import Blob, Made, Refused

_CODES: Final = {
    "b1": "B",
    "i1": "b",
    "u1": "B",
    "i2": "h",
    "u2": "H",
    "i4": "i",
    "u4": "I",
    "i8": "q",
    "u8": "Q",
    "f4": "f",
    "f8": "d",
}


def octets(view: memoryview, data: object) -> bytes | memoryview:
    """Return what octets a value stands for.

    Raises:
        Refused: it is written in a way in which they do not stand in the file as they are.
    """
    if isinstance(data, Made) and (data.of.module, data.of.name) == ("builtins", "bytearray"):
        return octets(view, data.arguments[0]) if data.arguments else b""
    if isinstance(data, bytes):
        return data
    if isinstance(data, Blob) and data.kind in {"bytes", "bytearray"}:
        return view[data.start : data.start + data.size]
    if isinstance(data, Blob) and data.encoded:
        return str(view[data.start : data.start + data.size], "utf-8", "surrogatepass").encode("latin-1")
    raise Refused("has octets that are written as no version of Python 3 writes them")


def array(value: object) -> Array:
    """Return the array that a value is.

    Raises:
        Refused: it is none.
    """
    found = value.detail if isinstance(value, Made) else None
    if not isinstance(found, Array) or found.shape is None:
        raise Refused("has something else where an array belongs")
    return found


def numbers(view: memoryview, budget: Budget, value: object, field: str = "") -> Sequence[int]:
    """Return the numbers of an array in the order in which they stand, or those of one field of its elements.

    Raises:
        Refused: it is no array of numbers, or has no such field.
        Exhausted: the budget does not reach.
    """
    found = array(value)
    inner, offset, whole = _placed(found.dtype, field)
    code = _CODES.get(f"{inner.kind}{inner.size}")
    if code is None or isinstance(found.data, list):
        raise Refused("has an array of something else where numbers belong")
    held = octets(view, found.data)
    budget.spend(len(held) // max(whole, 1))
    order = ">" if inner.order == ">" else "<"
    one = struct.Struct(f"{order}{offset}x{code}{whole - offset - inner.size}x")
    return [each for (each,) in one.iter_unpack(held)]


def _placed(dtype: Dtype, field: str) -> tuple[Dtype, int, int]:
    """Return a field's type, its offset, and the octets of a whole element."""
    if not field:
        return dtype, 0, dtype.size
    for name, inner, offset in dtype.fields:
        if name == field:
            return inner, offset, dtype.size
    raise Refused("has elements without a field that they must have")
