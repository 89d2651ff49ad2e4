"""Contracts of estimators: each class of a library's table, made without arguments and given attributes that the table knows.

Rules of this file: a class is in a table only where unpickling it runs nothing but its library's own code, which keeps its state as it
is. What a file says of its version chooses a table and no more: whoever writes a file writes that too, so every table must be sound.
Source: scikit-learn, base.py (BaseEstimator.__setstate__); LightGBM, basic.py, XGBoost, core.py, CatBoost, core.py (__setstate__).
"""

from functools import cache
from typing import Final

from bartizan.supply.pickles import tables
from bartizan.supply.pickles.contracts.python import made
from bartizan.supply.pickles.values import Blob, Contract, Global, Made, Refused, Table, is_octets

Arguments = tuple[object, ...]
SAID: Final = "_sklearn_version"
"""Attribute by which scikit-learn says the version that wrote a file."""


@cache
def estimator(module: str, name: str) -> Contract | None:
    """Return the contract of a class, or function, of a library's table; None where it is in none."""
    if tables.kept(module, name) is not None:
        return Contract(new=bare, build=_state, base="object")
    package = module.partition(".")[0]
    return (
        Contract() if any((module, name) in tables.functions(each) for each in (package, "sklearn")) else None
    )


def bare(of: Global, arguments: Arguments) -> object:
    """Return an instance that is made without arguments.

    Raises:
        Refused: there are some.
    """
    if arguments:
        raise Refused("is called with arguments")
    return made(of, ())


def attributes(state: object) -> dict[str, object]:
    """Return the attributes that a state gives.

    Raises:
        Refused: it is none, or has one without a name or twice.
    """
    if not isinstance(state, Table):
        raise Refused("has a state that no pickler gives it")
    found = {key: value for key, value in state.pairs if type(key) is str}
    if len(found) != len(state.pairs):
        raise Refused("has attributes without a name, or one of them twice")
    return found


def keep(one: Made, state: dict[str, object]) -> None:
    """Note attributes as they are now, and let nothing be changed any more but what is within them."""
    one.state, one.sealed = Table(list(state.items())), True


def _state(one: Made, state: object) -> None:
    found = attributes(state)
    unknown = found.keys() - _allowed(one.of, found.get(SAID)) - {SAID}
    if unknown:
        raise Refused("has attributes that no version of its library that is known here gives it")
    native = _NATIVE.get(one.of.module.partition(".")[0])
    if native and not all(each(found[name]) for name, each in native.items() if name in found):
        raise Refused("has a model of its library's own format in another form than it is written")
    keep(one, found)


def _allowed(of: Global, said: object) -> frozenset[str]:
    """Return names of attributes that a class has in the version that a file says, or in any where it says none."""
    by_series = tables.kept(of.module, of.name) or {}
    if said is None:
        return frozenset().union(*by_series.values())
    series = ".".join(said.split(".")[:2]) if type(said) is str else ""
    known = tables.table("sklearn")
    if known is None or series not in known.versions:
        listed = known.known if known else ""
        raise Refused(
            f"is of a version of scikit-learn for which there is no table here ({listed} are known); "
            "load it where that does no harm, and save it with one of these"
        )
    if series not in by_series:
        raise Refused("is of a version of scikit-learn that has no such class")
    return by_series[series]


def _text(value: object) -> bool:
    return (
        value is None
        or type(value) is str
        or (isinstance(value, Blob) and value.kind == "text" and not value.encoded)
    )


def _octets(value: object) -> bool:
    return value is None or is_octets(value)


def _array(value: object) -> bool:
    """Return whether a value is a bytearray, which is the only buffer that XGBoost reads."""
    if isinstance(value, Made):
        return (value.of.module, value.of.name) == ("builtins", "bytearray")
    return value is None or (isinstance(value, Blob) and value.kind == "bytearray")


_NATIVE: Final = {
    "lightgbm": {"_handle": _text, "handle": _text},
    "xgboost": {"handle": _array},
    "catboost": {"__model": _octets},
}  # fmt: skip
"""Library -> attributes that its own code reads while the pickle is loaded."""
