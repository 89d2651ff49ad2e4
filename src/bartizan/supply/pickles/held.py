"""What stands within estimators once all is read: values that they may hold, and indices that lie within.

Rules of this file: it is asked last, since a list that an estimator holds may be filled after it has it. Within an estimator stand
numbers, texts, arrays, containers, estimators and what these are made of; what can be called stands there only by a list.
"""

from collections.abc import Iterator
from typing import Final

from bartizan.supply.octets import Budget
from bartizan.supply.pickles.bounds import within
from bartizan.supply.pickles.contracts.numpy import Array
from bartizan.supply.pickles.contracts.scipy import stands
from bartizan.supply.pickles.ensembles import fitting
from bartizan.supply.pickles.native import whole
from bartizan.supply.pickles.values import Blob, Global, Made, Refused, Table, shown
from bartizan.supply.subject import Reason, Standing

_LIBRARIES: Final = frozenset({"_loss", "catboost", "lightgbm", "scipy", "sklearn", "xgboost"})
_DATA: Final = frozenset(
    {
        *_LIBRARIES,
        "_codecs",
        "builtins",
        "collections",
        "datetime",
        "decimal",
        "fractions",
        "functools",
        "numpy",
        "pathlib",
        "uuid",
    }
)
"""Libraries whose instances an estimator may hold, each by its contract."""
_PLAIN: Final = (bool, int, float, str, bytes, Blob, type(None))


def holding(globals_: frozenset[tuple[str, str]]) -> bool:
    """Return whether a pickle that names these can hold an estimator."""
    return any(module.partition(".")[0] in _LIBRARIES for module, _ in globals_)


def unsound(root: object, view: memoryview, budget: Budget) -> Reason | None:
    """Return why what a pickle builds is no sound estimator, or holds none.

    Args:
        root: without cycles.
        view: the whole file.
        budget: of the file.
    Raises:
        Exhausted: the budget does not reach.
    """
    left, seen = [(root, False)], set[tuple[int, bool]]()
    while left:
        one, inside = left.pop()
        if isinstance(one, _PLAIN) or (id(one), inside) in seen:
            continue
        seen.add((id(one), inside))
        budget.spend(1)
        inside = inside or (isinstance(one, Made) and one.of.module.partition(".")[0] in _LIBRARIES)
        if inside:
            try:
                _check(one, view, budget)
            except Refused as fault:
                return Reason("estimator-refused", f"{shown(one)} {fault}", Standing.UNKNOWN)
        left.extend((each, inside) for each in _held(one))
    return None


def _check(one: object, view: memoryview, budget: Budget) -> None:
    if isinstance(one, Global):
        if not stands(one):
            raise Refused("stands within an estimator, where it could be called")
    elif isinstance(one, Made):
        if one.of.module.partition(".")[0] not in _DATA:
            raise Refused("stands within an estimator, which holds none")
        within(view, budget, one)
        fitting(view, budget, one)
        whole(view, budget, one)
    elif not isinstance(one, list | tuple | Table):
        raise Refused("stands within an estimator, which holds none")


def _held(one: object) -> Iterator[object]:
    """Yield what stands within a value; what a call was given alone, such as a class, does not stand there."""
    if isinstance(one, list | tuple):
        yield from one
    elif isinstance(one, Table):
        yield from (each for pair in one.pairs for each in pair)
    elif isinstance(one, Made):
        named = one.of.contract is not None and one.of.contract.base == "tuple"
        yield from (each for each in one.arguments if named or not isinstance(each, Global))
        yield from one.items
        yield from (
            one.state
            if isinstance(one.state, tuple) and not isinstance(one.detail, Array)
            else (one.state,)
            if isinstance(one.state, Table)
            else ()
        )
        if isinstance(one.detail, Array) and isinstance(one.detail.data, list):
            yield from one.detail.data
