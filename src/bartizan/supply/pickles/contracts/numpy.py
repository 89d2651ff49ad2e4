"""Contracts of NumPy's arrays, scalars and types.

Rules of this file: NumPy's `__setstate__` is C that trusts what it is given, so a state is taken only where every number in it
follows from the others: a type whose fields lie outside of it, or that changes under an array, would be a way to write memory.
Source: NumPy, numpy/_core/src/multiarray/{descriptor,methods,scalarapi}.c; numpy/_core/numeric.py (_frombuffer).
"""

import math
import re
from typing import Final

import msgspec

from bartizan.supply.pickles.values import (
    Blob,
    Contract,
    Global,
    Made,
    Refused,
    Table,
    is_count,
    is_octets,
    length,
)

Arguments = tuple[object, ...]
_TYPE: Final = re.compile(r"([?biufcSUVOMm])(0|[1-9][0-9]{0,9})")
_SIZES: Final = {"b": {1}, "i": {1, 2, 4, 8}, "u": {1, 2, 4, 8}, "f": {2, 4, 8, 12, 16}, "c": {8, 16, 24, 32}, "O": {4, 8}, "M": {8}, "m": {8}}  # fmt: skip
_ORDERS: Final = frozenset("<>|=")
_UNITS: Final = frozenset(
    {b"Y", b"M", b"W", b"D", b"h", b"m", b"s", b"ms", b"us", b"ns", b"ps", b"fs", b"as", b"generic"}
)
_STRUCTURE: Final = frozenset({16, 24, 144, 152})
"""Flags of a type with fields, none of which is an object: NPY_USE_GETITEM, with NPY_NEEDS_INIT or NPY_ALIGNED_STRUCT or both."""
_LETTER: Final = 4
_OBJECT: Final = 63
_MOST_DIMENSIONS: Final = 64
_LARGEST: Final = 1 << 62


class Dtype(msgspec.Struct, frozen=True):
    """A type of NumPy's elements.

    Attributes:
        kind: letter of the array protocol: `f`; `V` for octets and for fields.
        size: octets of an element.
        order: `<`, `>`, or `|` where there is none.
        fields: (name, type, offset); empty where it has none.
        unit: of a time, with its count: `ns`, 1.
        based: whether `dtype` made a copy, which alone may take a state.
    """

    kind: str
    size: int
    order: str = "<"
    fields: tuple[tuple[str, "Dtype", int], ...] = ()
    unit: tuple[str, int] | None = None
    based: bool = True


class Array(msgspec.Struct, frozen=True):
    """An array, or a scalar where its shape is None.

    Attributes:
        dtype: of its elements.
        shape: elements along each axis.
        fortran: whether the first axis runs fastest.
        data: the octets; a list of values where the elements are objects.
    """

    dtype: Dtype
    shape: tuple[int, ...] | None
    fortran: bool
    data: object


def dtype_named(text: str) -> Dtype | None:
    """Return the type that an array protocol's string without its order names: `f4`; None where it is none that is known."""
    found = _TYPE.fullmatch(text)
    if found is None:
        return None
    kind, count = found[1], int(found[2])
    if kind in _SIZES and count not in _SIZES[kind]:
        return None
    return Dtype(kind, count * _LETTER if kind == "U" else count, "|" if kind in "bSVO" else "<")


def _dtype(of: Global, arguments: Arguments) -> object:
    match arguments:
        case (str() as text, int() as align, int() as copy) if align in {0, 1} and copy in {0, 1}:
            found = dtype_named("O8" if text == "O" else text)
            if found is not None and not align:
                based = bool(copy)
                return Made(of, arguments, detail=Dtype(found.kind, found.size, found.order, based=based))
        case _:
            pass
    raise Refused("is called with other than the name of a plain type")


def _dtype_state(one: Made, state: object) -> None:
    found = one.detail
    if not isinstance(found, Dtype) or not found.based or one.state is not None:
        raise Refused("takes a second state, or is shared by the whole process")
    match state:
        case (
            3 | 4,
            str() | bytes() as order,
            None,
            names,
            fields,
            int() as size,
            int() as align,
            int() as flags,
            *rest,
        ):
            one.detail = _stated(found, order, (names, fields), (size, align, flags), rest)
            one.state = state
            return
        case _:
            pass
    raise Refused("has a state that NumPy does not write for it")


def _stated(
    found: Dtype,
    order: str | bytes,
    named: tuple[object, object],
    numbers: tuple[int, int, int],
    rest: list[object],
) -> Dtype:
    byte_order = order if isinstance(order, str) else order.decode("latin-1")
    unit = _unit(found, rest)
    if byte_order not in _ORDERS:
        raise Refused("has an order of octets that there is not")
    if named != (None, None):
        return Dtype("V", found.size, "|", _fields(found, named, numbers))
    if numbers != _plain(found):
        raise Refused("has a size or flags that are not its type's")
    return Dtype(found.kind, found.size, byte_order, unit=unit)


def _plain(found: Dtype) -> tuple[int, int, int]:
    """Return size, alignment and flags as NumPy writes them for a type without fields."""
    if found.kind in "SV":
        return found.size, 1, 0
    if found.kind == "U":
        return found.size, _LETTER, 8
    return -1, -1, _OBJECT if found.kind == "O" else 0


def _unit(found: Dtype, rest: list[object]) -> tuple[str, int] | None:
    match rest:
        case [] if found.kind not in "Mm":
            return None
        case [(None | Table(pairs=[]), (bytes() as unit, int() as count, 1, 1 | 0))] if found.kind in "Mm":
            if unit in _UNITS and 0 < count < 1 << 31:
                return unit.decode(), count
        case _:
            pass
    raise Refused("has a unit or metadata that NumPy does not write for it")


def _fields(
    found: Dtype, named: tuple[object, object], numbers: tuple[int, int, int]
) -> tuple[tuple[str, Dtype, int], ...]:
    names, fields = named
    size, align, flags = numbers
    sound = size == found.size and align in {1, 2, 4, 8, 16} and flags in _STRUCTURE and found.kind == "V"
    if not sound or not isinstance(names, tuple) or not isinstance(fields, Table):
        raise Refused("has fields that contradict its size")
    by_name = {key: value for key, value in fields.pairs if type(key) is str}
    if (
        len(by_name) != len(fields.pairs)
        or len(names) != len(by_name)
        or not all(type(one) is str for one in names)
    ):
        raise Refused("has fields without a name, or twice the same")
    return tuple(_field(str(name), by_name.get(str(name)), size) for name in names)


def _field(name: str, value: object, size: int) -> tuple[str, Dtype, int]:
    match value:
        case (Made(detail=Dtype() as inner) as within, int() as offset) if is_count(offset):
            if inner.kind != "O" and offset + inner.size <= size:
                within.sealed = True
                return name, inner, offset
        case _:
            pass
    raise Refused("has a field that lies outside of it, or holds objects")


_NDARRAY: Final = ("numpy", "ndarray")


def _reconstruct(_of: Global, arguments: Arguments) -> object:
    match arguments:
        case (Global(module="numpy", name="ndarray") as class_, (0,), b"b" | "b"):
            return Made(class_)
        case _:
            pass
    raise Refused("makes something other than an empty array")


def _array_state(one: Made, state: object) -> None:
    if one.state is not None:
        raise Refused("is built twice")
    match state:
        case (1, tuple() as shape, Made(detail=Dtype()) as of, bool() as fortran, data):
            one.detail = array_of(of, shape, data, fortran=fortran)
        case (1, tuple() as shape, Made(detail=Dtype()) as of, int() as fortran, data) if fortran in {0, 1}:
            one.detail = array_of(of, shape, data, fortran=bool(fortran))
        case _:
            raise Refused("has a state that NumPy does not write for it")
    one.state = state


def array_of(of: Made, shape: tuple[object, ...], data: object, *, fortran: bool) -> Array:
    """Return an array of that type, shape and data.

    Raises:
        Refused: they do not go together.
    """
    dtype = of.detail
    if not isinstance(dtype, Dtype) or len(shape) > _MOST_DIMENSIONS or not all(map(is_count, shape)):
        raise Refused("has a shape that no array has")
    sizes = tuple(int(str(each)) for each in shape)
    if math.prod(max(each, 1) for each in sizes) * max(dtype.size, 1) >= _LARGEST:
        raise Refused("has a shape that no array has")  # an axis of none lets the others overflow unseen
    of.sealed = True
    if dtype.kind == "O":
        return Array(dtype, sizes, fortran, _objects(data, math.prod(sizes)))
    if octets_of(data) != math.prod(sizes) * dtype.size:
        raise Refused("has more or fewer octets than its shape and type say")
    return Array(dtype, sizes, fortran, data)


def _objects(data: object, count: int) -> list[object]:
    if not isinstance(data, list) or len(data) != count:
        raise Refused("has more or fewer objects than its shape says")
    return list(data)


def octets_of(data: object) -> int:
    """Return how many octets it is, as NumPy takes them; -1 where it takes none of it."""
    if is_octets(data):
        return length(data)
    if isinstance(data, Made) and (data.of.module, data.of.name) == ("builtins", "bytearray"):
        return length(data.arguments[0]) if data.arguments else 0
    return data.length if isinstance(data, Blob) and data.kind in {"bytearray", "string"} else -1


def _scalar(of: Global, arguments: Arguments) -> object:
    match arguments:
        case (Made(detail=Dtype() as dtype) as kind, data):
            if dtype.kind != "O" and octets_of(data) == dtype.size:
                kind.sealed = True
                return Made(of, detail=Array(dtype, None, fortran=False, data=data))
        case _:
            pass
    raise Refused("is made of more or fewer octets than its type has")


def _frombuffer(of: Global, arguments: Arguments) -> object:
    match arguments:
        case (data, Made(detail=Dtype() as dtype) as kind, tuple() as shape, "C" | "F" as order):
            if dtype.kind != "O":
                return Made(of, detail=array_of(kind, shape, data, fortran=order == "F"))
        case _:
            pass
    raise Refused("is made of other than octets, a type, a shape and an order")


_TYPES: Final = """
bool bool_ int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 longdouble complex64 complex128 clongdouble
str_ bytes_ void object_ datetime64 timedelta64
"""
_CORES: Final = ("numpy.core", "numpy._core")
CONTRACTS: Final[dict[tuple[str, str], Contract]] = {
    **{("numpy", name): Contract() for name in _TYPES.split()},
    _NDARRAY: Contract(build=_array_state),
    ("numpy", "dtype"): Contract(call=_dtype, build=_dtype_state, key=True),
    **{(f"{core}.multiarray", "_reconstruct"): Contract(call=_reconstruct) for core in _CORES},
    ("numpy.core._internal", "_reconstruct"): Contract(call=_reconstruct),  # where NumPy before 1.0 had it
    **{(f"{core}.multiarray", "scalar"): Contract(call=_scalar, key=True) for core in _CORES},
    **{(f"{core}.numeric", "_frombuffer"): Contract(call=_frombuffer) for core in _CORES},
}
