"""Contracts of NumPy's generators of random numbers and of its masked arrays, which estimators keep.

Rules of this file: a generator's place in its row is an index that C does not check, so it must lie within.
Source: NumPy 2, numpy/random/_pickle.py, _mt19937.pyx, _pcg64.pyx, bit_generator.pyx (state, __setstate__); numpy/ma/core.py (_mareconstruct).
"""

import math
from typing import Final

from bartizan.supply.pickles.contracts.numpy import Array, Dtype, array_of, octets_of
from bartizan.supply.pickles.values import Contract, Global, Made, Refused, Table

Arguments = tuple[object, ...]
_ROW: Final = 624
_WIDE: Final = 1 << 128
_LEAST_POOL: Final = 4
_WORD: Final = 1 << 32


def _said(state: object) -> dict[str, object]:
    if not isinstance(state, Table):
        raise Refused("has a state that NumPy does not write for it")
    found = {key: value for key, value in state.pairs if type(key) is str}
    if len(found) != len(state.pairs):
        raise Refused("has a state that NumPy does not write for it")
    return found


def _words(value: object, count: int) -> bool:
    found = value.detail if isinstance(value, Made) else None
    return (
        isinstance(found, Array)
        and found.shape == (count,)
        and (found.dtype.kind, found.dtype.size) == ("u", 4)
    )


def _is(value: object, below: int) -> bool:
    return type(value) is int and 0 <= value < below


def _drawn(name: str, state: object) -> None:
    """Raise where the state of a generator is none that it can be in."""
    found = _said(state)
    inner = _said(found.get("state"))
    if found.get("bit_generator") != name or not found.keys() <= _KEYS:
        raise Refused("has a state that NumPy does not write for it")
    if name == "MT19937":
        sound = inner.keys() == {"key", "pos"} and _words(inner["key"], _ROW) and _is(inner["pos"], _ROW + 1)
    else:
        sound = inner.keys() == {"state", "inc"} and _is(inner["state"], _WIDE) and _is(inner["inc"], _WIDE)
    plain = all(
        type(found.get(each, 0)) in {int, float} for each in ("has_gauss", "gauss", "has_uint32", "uinteger")
    )
    if not sound or not plain:
        raise Refused("has a state that it cannot be in")


_KEYS: Final = frozenset({"bit_generator", "state", "has_gauss", "gauss", "has_uint32", "uinteger"})


def _bits_state(one: Made, state: object) -> None:
    match state:
        case (Table() as inner, None | Made(of=Global(name="SeedSequence"))):
            _drawn(one.of.name, inner)
        case Table():
            _drawn(one.of.name, state)
        case _:
            raise Refused("has a state that NumPy does not write for it")
    one.state, one.sealed = state, True


_BITS: Final = Contract(build=_bits_state)
_GENERATORS: Final = {"MT19937": "numpy.random._mt19937", "PCG64": "numpy.random._pcg64"}


def _bits(_of: Global, arguments: Arguments) -> object:
    match arguments:
        case (Global(contract=Contract(build=build)) as class_,) if build is _bits_state:
            return Made(class_)
        case (str() as name,) if name in _GENERATORS:
            return Made(Global(_GENERATORS[name], name, _BITS))
        case _:
            pass
    raise Refused("is called with other than a generator that is known")


def _over(of: Global, arguments: Arguments) -> object:
    match arguments:
        case (Made(of=Global(name=name)),) | (str() as name,) if name in _GENERATORS:
            return Made(of, arguments)
        case _:
            pass
    raise Refused("is called with other than a generator that is known")


def _over_state(one: Made, state: object) -> None:
    (inner,) = one.arguments
    _drawn(inner.of.name if isinstance(inner, Made) else str(inner), state)
    one.state, one.sealed = state, True


def _seed(_of: Global, arguments: Arguments) -> object:
    match arguments:
        case (Global(name="SeedSequence") as class_, int(), None):
            return Made(class_)
        case _:
            pass
    raise Refused("is called with other than NumPy writes")


def _seed_state(one: Made, state: object) -> None:
    match state:
        case (
            int() | None | list() | tuple() | Made(),
            int() as spawned,
            pool,
            int() as size,
            tuple() as key,
        ):
            sound = _is(spawned, _WORD) and _LEAST_POOL <= size < _WORD and _words(pool, size)
            if sound and all(_is(each, _WORD) for each in key):
                one.state, one.sealed = state, True
                return
        case _:
            pass
    raise Refused("has a state that NumPy does not write for it")


def _masked(_of: Global, arguments: Arguments) -> object:
    match arguments:
        case (
            Global(module="numpy.ma" | "numpy.ma.core", name="MaskedArray") as class_,
            Global(module="numpy", name="ndarray"),
            (0,),
            "b" | b"b",
        ):
            return Made(class_)
        case _:
            pass
    raise Refused("makes something other than an empty array")


def _masked_state(one: Made, state: object) -> None:
    match state:
        case (
            1,
            tuple() as shape,
            Made(detail=Dtype(fields=())) as of,
            bool() | 0 | 1 as fortran,
            data,
            mask,
            filled,
        ):
            one.detail = found = array_of(of, shape, data, fortran=bool(fortran))
            if octets_of(mask) != math.prod(found.shape or ()) or not isinstance(
                filled, str | int | float | Made | None
            ):
                raise Refused("has a mask or a filling that its shape does not have")
            one.items, one.sealed, one.state = [filled], True, state
            return
        case _:
            pass
    raise Refused("has a state that NumPy does not write for it")


_MASKED: Final = Contract(build=_masked_state)
CONTRACTS: Final[dict[tuple[str, str], Contract]] = {
    **{(module, name): _BITS for name, module in _GENERATORS.items()},
    ("numpy.random._pickle", "__bit_generator_ctor"): Contract(call=_bits),
    ("numpy.random._pickle", "__randomstate_ctor"): Contract(call=_over, build=_over_state),
    ("numpy.random._pickle", "__generator_ctor"): Contract(call=_over, build=_over_state),
    ("numpy.random.bit_generator", "SeedSequence"): Contract(build=_seed_state),
    ("numpy.random.bit_generator", "__pyx_unpickle_SeedSequence"): Contract(call=_seed),
    ("numpy.ma.core", "_mareconstruct"): Contract(call=_masked),
    ("numpy.ma", "MaskedArray"): _MASKED,
    ("numpy.ma.core", "MaskedArray"): _MASKED,
}
