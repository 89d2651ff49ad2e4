"""Models of LightGBM, XGBoost and CatBoost within their pickles, read by the readers of these formats.

Source: LightGBM 4.7, Booster.__setstate__; XGBoost 3.2, Booster.__setstate__; CatBoost 1.2, _CatBoostBase.__setstate__.
"""

from typing import Final

from bartizan.supply.format import Damaged, Format, Look, Read
from bartizan.supply.formats import catboost, lightgbm
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.parsers.telling import told
from bartizan.supply.parsers.ubjson import members
from bartizan.supply.pickles.contracts.estimators import attributes
from bartizan.supply.pickles.numbers import octets
from bartizan.supply.pickles.values import Blob, Made, Refused, Table
from bartizan.supply.subject import UNKNOWN, ModelFile, Standing

_SERIALIZED: Final = frozenset({"Config", "Model"})


def _knows(held: Octets) -> bool:
    return held.begins(b"{L")


def _serialized(held: Octets, budget: Budget, _look: Look) -> Read:
    """Return what is said of XGBoost's UBJSON with its configuration before it, which files alone do not have."""

    def walk(_: object) -> None:
        if members(held, budget) != _SERIALIZED:
            raise Damaged("part-missing", "it is UBJSON, but no model of XGBoost")

    return told(walk)


_HELD: Final[dict[str, tuple[Format, tuple[str, ...]]]] = {
    "lightgbm": (lightgbm.FORMAT, ("_handle", "handle")),
    "xgboost": (Format("xgboost", _knows, _serialized), ("handle",)),
    "catboost": (catboost.FORMAT, ("__model",)),
}
"""Library -> format of its models within pickles, and attributes that hold one."""


def whole(view: memoryview, budget: Budget, one: Made) -> None:
    """Check the model that a booster holds in its library's own format.

    Raises:
        Refused: it is not inert.
        Exhausted: the budget does not reach.
    """
    held = _HELD.get(one.of.module.partition(".")[0])
    if held is None or not isinstance(one.state, Table):
        return
    found = attributes(one.state)
    for name in held[1]:
        if found.get(name) is not None:
            _read(held[0], Octets(_octets(view, found[name])), budget)


def _octets(view: memoryview, value: object) -> bytes | memoryview:
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    if isinstance(value, Blob) and value.kind == "text" and not value.encoded:
        return view[value.start : value.start + value.size]
    return octets(view, value)


def _read(form: Format, held: Octets, budget: Budget) -> None:
    if not form.knows(held):
        raise Refused(f"has a model that is none of {form.name}'s own format")
    reasons = form.read(held, budget, _NOTHING).reasons
    if reasons:
        raise Refused(f"has a model of its own format, and {reasons[0].what}")


def _nothing(_octets: Octets, _budget: Budget) -> ModelFile:
    return ModelFile(UNKNOWN, Standing.UNKNOWN)


_NOTHING: Final[Look] = _nothing
