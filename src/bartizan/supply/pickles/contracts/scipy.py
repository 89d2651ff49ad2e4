"""Contracts of SciPy's sparse matrices and splines, and of functions that stand for themselves in estimators.

Rules of this file: distributions of scipy.stats are not here: their `__setstate__` runs a text of the state as code. A function is
here only where it computes from arrays alone, and no contract lets it be called.
Source: SciPy 1.17, sparse/_compressed.py, interpolate/_bsplines.py; NumPy's list of universal functions; CPython, functools.partial.
"""

from typing import Final

from bartizan.supply.pickles.contracts.estimators import attributes, bare, estimator, keep
from bartizan.supply.pickles.values import Contract, Global, Made, Refused, Table

Arguments = tuple[object, ...]
_SPARSE: Final = frozenset(
    {"_shape", "maxprint", "indices", "indptr", "data", "_has_sorted_indices", "_has_canonical_format"}
)
_SPLINE: Final = frozenset({"t", "c", "_t", "_c", "k", "extrapolate", "axis", "_asarray"})
_UFUNCS: Final = """
abs absolute arccosh arcsinh arctan cbrt ceil clip cos cosh exp exp2 expm1 fabs floor isnan log log10 log1p log2 max maximum mean median min minimum
negative reciprocal rint round sign sin sinh sqrt square std sum tan tanh trunc
"""
FUNCTIONS: Final = frozenset(
    (module, name)
    for module in ("numpy", "numpy._core._multiarray_umath", "numpy.core._multiarray_umath")
    for name in _UFUNCS.split()
)
"""What NumPy has that a parameter may name."""


def _with(names: frozenset[str]) -> Contract:
    def build(one: Made, state: object) -> None:
        found = attributes(state)
        if not found.keys() <= names:
            raise Refused("has attributes that no version of its library that is known here gives it")
        keep(one, found)

    return Contract(new=bare, build=build, base="object")


def _partial(of: Global, arguments: Arguments) -> object:
    match arguments:
        case (Global() as function,) if stands(function):
            return Made(of, arguments)
        case _:
            pass
    raise Refused("is made of other than a function that only computes")


def _partial_state(one: Made, state: object) -> None:
    match state:
        case (Global() as function, (), Table() as named, None) if one.state is None and stands(function):
            attributes(named)
            one.state, one.sealed = (function, Table(list(named.pairs))), True
            return
        case _:
            pass
    raise Refused("has arguments that no estimator gives it")


def stands(one: Global) -> bool:
    """Return whether a global may stand for itself within an estimator: a plain type, or what only computes."""
    if (one.module, one.name) in FUNCTIONS | TYPES:
        return True
    found = estimator(one.module, one.name)
    return found is not None and (found.build is None or one.module == _SPLITTERS)


_SPLITTERS: Final = "sklearn.model_selection._split"
"""Classes of its table may stand for themselves: one that splits repeatedly makes them, and they only compute."""
_BUILTINS: Final = (
    "bool",
    "bytes",
    "complex",
    "dict",
    "float",
    "int",
    "list",
    "object",
    "set",
    "str",
    "tuple",
)
_NUMBERS: Final = """
bool bool_ int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 longdouble complex64 complex128 str_ bytes_ object_
"""
TYPES: Final = frozenset(
    {
        *(("builtins", name) for name in _BUILTINS),
        *(("numpy", name) for name in _NUMBERS.split()),
        ("numpy", "ndarray"),
    }
)
"""Types that a parameter may name: `dtype=numpy.float32`."""
_MATRICES: Final = ("csr", "csc")
SPARSE: Final = frozenset(
    (f"scipy.sparse.{module}", f"{name}_{kind}")
    for name in _MATRICES
    for kind in ("matrix", "array")
    for module in (f"_{name}", name)
)
SPLINE: Final = ("scipy.interpolate._bsplines", "BSpline")
CONTRACTS: Final[dict[tuple[str, str], Contract]] = {
    **{each: _with(_SPARSE) for each in sorted(SPARSE)},
    SPLINE: _with(_SPLINE),
    ("functools", "partial"): Contract(call=_partial, build=_partial_state),
    **{each: Contract() for each in sorted(FUNCTIONS)},
}
