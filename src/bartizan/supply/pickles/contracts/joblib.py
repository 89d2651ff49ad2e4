"""The contract of joblib's wrapper, which stands in a stream where an array's octets follow.

Source: joblib, joblib/numpy_pickle.py (NumpyArrayWrapper).
"""

from typing import Final

import msgspec

from bartizan.supply.pickles.contracts.numpy import Dtype
from bartizan.supply.pickles.values import Contract, Global, Made, Refused, Table, is_count

_MOST_ALIGNED: Final = 64
_MOST_DIMENSIONS: Final = 64


class Wrapper(msgspec.Struct, frozen=True):
    """What a wrapper says of the array that follows it.

    Attributes:
        dtype, shape: of the array.
        fortran: whether the first axis runs fastest.
        aligned: multiple of octets at which it begins; 0 for none, by joblib before 1.2.
    """

    dtype: Dtype
    shape: tuple[int, ...]
    fortran: bool
    aligned: int


def _wrapper(of: Global, arguments: tuple[object, ...]) -> object:
    if arguments:
        raise Refused("is called with arguments")
    return Made(of)


def _state(one: Made, state: object) -> None:
    if not isinstance(state, Table) or one.state is not None:
        raise Refused("has a state that joblib does not write for it")
    said = {key: value for key, value in state.pairs if type(key) is str}
    if len(said) != len(state.pairs) or not said.keys() <= _KEYS:
        raise Refused("has a state that joblib does not write for it")
    match [said.get(key) for key in ("subclass", "shape", "order", "dtype", "allow_mmap")]:
        case [
            Global(module="numpy", name="ndarray")
            | Global(module="numpy.matrixlib.defmatrix", name="matrix"),
            tuple() as shape,
            "C" | "F" as order,
            Made(detail=Dtype() as dtype) as of,
            bool(),
        ]:
            one.detail = Wrapper(
                dtype, _shape(shape), order == "F", _aligned(said.get("numpy_array_alignment_bytes"))
            )
            one.state, of.sealed = state, True
            return
        case _:
            pass
    raise Refused("has a state that joblib does not write for it")


_KEYS: Final = frozenset({"subclass", "shape", "order", "dtype", "allow_mmap", "numpy_array_alignment_bytes"})


def _shape(shape: tuple[object, ...]) -> tuple[int, ...]:
    if len(shape) > _MOST_DIMENSIONS or not all(map(is_count, shape)):
        raise Refused("has a shape that no array has")
    return tuple(int(str(each)) for each in shape)


def _aligned(value: object) -> int:
    if value is None:
        return 0
    if not is_count(value) or not 0 < int(str(value)) <= _MOST_ALIGNED:
        raise Refused("has an alignment that joblib does not write")
    return int(str(value))


WRAPPER: Final = ("joblib.numpy_pickle", "NumpyArrayWrapper")
MATRIX: Final = ("numpy.matrixlib.defmatrix", "matrix")
"""The other class of arrays that joblib wraps; it may be named as one, and neither made nor called."""
CONTRACTS: Final[dict[tuple[str, str], Contract]] = {
    WRAPPER: Contract(new=_wrapper, build=_state),
    MATRIX: Contract(),
}
