"""Contracts of scikit-learn's classes in C: trees of decisions, trees of neighbours, distances and losses.

Rules of this file: their states go into memory as they are, so what is here says only of what types they are; whether every index in
them lies within is asked once all is read (`bounds`).
Source: scikit-learn 1.5 to 1.9, tree/_tree.pyx, neighbors/_binary_tree.pxi.tp, metrics/_dist_metrics.pyx.tp, _loss/_loss.pyx.tp,
linear_model/_sgd_fast.pyx.tp (__reduce__, __setstate__), utils/_bunch.py.
"""

from typing import Final

from bartizan.supply.pickles.contracts.estimators import attributes, bare, keep
from bartizan.supply.pickles.contracts.numpy import Array
from bartizan.supply.pickles.contracts.python import taking
from bartizan.supply.pickles.values import Contract, Global, Made, Refused, Table

Arguments = tuple[object, ...]
TREE: Final = ("sklearn.tree._tree", "Tree")
_TREE_KEYS: Final = frozenset({"max_depth", "node_count", "nodes", "values"})
_LOSSES: Final = """
HalfSquaredError AbsoluteError PinballLoss HuberLoss HalfPoissonLoss HalfGammaLoss HalfTweedieLoss HalfTweedieLossIdentity HalfBinomialLoss
HalfMultinomialLoss ExponentialLoss
"""
_LOSING: Final = frozenset({
    "sklearn._loss.loss", "sklearn.ensemble._gb", "sklearn.ensemble._hist_gradient_boosting.gradient_boosting", "sklearn.linear_model._glm.glm",
    "sklearn.linear_model._stochastic_gradient",
})  # fmt: skip
"""What imports the losses. Before 1.9 they call their module `_loss`, which stands for it once it is imported, and for any other before."""
_STEPS: Final = (
    "Hinge SquaredHinge ModifiedHuber Log EpsilonInsensitive SquaredEpsilonInsensitive Huber SquaredLoss"
)
_DISTANCES: Final = """
Euclidean Manhattan Chebyshev Minkowski Canberra BrayCurtis Hamming Jaccard Dice RogersTanimoto RussellRao SokalMichener SokalSneath Haversine
"""
_METRICS: Final = "sklearn.metrics._dist_metrics"
NEIGHBOURS: Final = {"sklearn.neighbors._kd_tree": "KDTree", "sklearn.neighbors._ball_tree": "BallTree"}
_PARTS: Final = 13


def array(value: object, kind: str, *shape: int | None) -> bool:
    """Return whether a value is an array in C's order of this type (`f8`) and shape; None for an axis of any length."""
    found = value.detail if isinstance(value, Made) else None
    if not isinstance(found, Array) or found.shape is None or len(found.shape) != len(shape):
        return False
    sound = f"{found.dtype.kind}{found.dtype.size}" == kind and not (found.fortran and len(shape) > 1)
    return sound and all(due is None or due == each for due, each in zip(shape, found.shape, strict=True))


def _tree(of: Global, arguments: Arguments) -> object:
    match arguments:
        case (int() as features, classes, int() as outputs) if features > 0 and outputs > 0:
            if array(classes, "i8", outputs):
                return Made(of, arguments)
        case _:
            pass
    raise Refused("is called with other than numbers of features, classes and outputs")


def _tree_state(one: Made, state: object) -> None:
    found = attributes(state)
    numbers = all(type(found.get(each)) is int for each in ("max_depth", "node_count"))
    outputs = one.arguments[2]
    if found.keys() != _TREE_KEYS or not numbers or not isinstance(outputs, int):
        raise Refused("has a state that no tree has")
    if not array(found["values"], "f8", None, outputs, None) or not isinstance(found["nodes"], Made):
        raise Refused("has nodes or values of another form than trees have")
    keep(one, found)


def _unpickled(of: Global, arguments: Arguments) -> object:
    name = of.name.removeprefix("__pyx_unpickle_")
    match arguments:
        case (Global() as class_, int(), None | () | (float(),)) if (class_.module, class_.name) == (
            of.module,
            name,
        ):
            return Made(class_)
        case _:
            pass
    raise Refused("makes something other than it is called")


def _loss_state(one: Made, state: object) -> None:
    """Take what Cython keeps of a loss beside its class: nothing, or its one number."""
    match state:
        case () | (float(),) if one.state is None and not one.arguments:
            one.state, one.sealed = state, True
            return
        case _:
            pass
    raise Refused("has a state that no loss has")


def _new_metric(of: Global, arguments: Arguments) -> object:
    match arguments:
        case (Global(module=module, contract=Contract(build=build)) as class_,) if (
            module == of.module and build
        ):
            return Made(class_)
        case _:
            pass
    raise Refused("makes an instance of a class that is not made so")


def _metric_state(one: Made, state: object) -> None:
    match state:
        case (float() | int(), vector, matrix) if array(matrix, "f8", 1, 1):
            # Minkowski's takes what is there for weights, one a dimension; the others never look at it
            if not array(vector, "f8", 0 if one.of.name.startswith("Minkowski") else 1):
                raise Refused("has weights, which are not held against its dimensions")
            one.state, one.sealed = state, True
            return
        case _:
            pass
    raise Refused("has a state that no distance without weights has")


def _neighbours_state(one: Made, state: object) -> None:
    if (
        not isinstance(state, tuple)
        or len(state) != _PARTS
        or not all(type(each) is int for each in state[4:11])
    ):
        raise Refused("has a state that no tree of neighbours has")
    metric = state[11]
    if not isinstance(metric, Made) or metric.of.module != _METRICS:
        raise Refused("has a state that no tree of neighbours has")
    one.state, one.sealed = state, True


def _bunch_state(one: Made, state: object) -> None:
    """Take what a Bunch itself passes over."""
    found = attributes(state)
    if not found.keys() <= {"_deprecated_key_to_warnings"} or one.state is not None:
        raise Refused("has attributes that no pickler gives it")
    one.state = Table(list(found.items()))


def _triplet(of: Global, arguments: Arguments) -> object:
    if len(arguments) != 3:  # noqa: PLR2004 - feature, neighbours, estimator
        raise Refused("is made of other than three values")
    return Made(of, arguments)


_NUMBER: Final = taking((float, int), least=0)
_METRIC: Final = Contract(build=_metric_state)
_BUNCH: Final = Contract(new=bare, build=_bunch_state, sets=True, base="dict")
CONTRACTS: Final[dict[tuple[str, str], Contract]] = {
    TREE: Contract(call=_tree, build=_tree_state),
    **{
        (module, f"{word}Cy{name}"): Contract(call=_unpickled, after=after) if word else Contract(call=_NUMBER, build=_loss_state, after=after)
        for module, after in (("sklearn._loss._loss", frozenset[str]()), ("_loss", _LOSING))
        for name in _LOSSES.split()
        for word in ("", "__pyx_unpickle_")
    },
    **{("sklearn.linear_model._sgd_fast", name): Contract(call=_NUMBER) for name in _STEPS.split()},
    (_METRICS, "newObj"): Contract(call=_new_metric),
    **{(_METRICS, f"{name}Distance{width}"): _METRIC for name in _DISTANCES.split() for width in ("", "32", "64")},
    **{(module, "newObj"): Contract(call=_new_metric) for module in NEIGHBOURS},
    **{(module, f"{name}{width}"): Contract(build=_neighbours_state) for module, name in NEIGHBOURS.items() for width in ("", "32", "64")},
    ("sklearn.utils._bunch", "Bunch"): _BUNCH,
    ("sklearn.utils", "Bunch"): _BUNCH,
    ("sklearn.impute._iterative", "_ImputerTriplet"): Contract(new=_triplet, base="tuple"),
}  # fmt: skip
