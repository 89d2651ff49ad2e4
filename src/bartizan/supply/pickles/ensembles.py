"""Whether an ensemble's trees take just what it hands them: in C, unchecked, once its own input was checked.

Source: scikit-learn 1.9, tree/_classes.py, ensemble/_forest.py, _gb.py, _iforest.py (predict with check_input=False),
_gradient_boosting.pyx (predict_stages), _hist_gradient_boosting/gradient_boosting.py (_predict_iterations).
"""

from collections.abc import Iterator
from typing import Final

from bartizan.supply.octets import Budget
from bartizan.supply.pickles.bounds import PREDICTOR
from bartizan.supply.pickles.contracts.cython import TREE, array
from bartizan.supply.pickles.contracts.estimators import attributes
from bartizan.supply.pickles.numbers import array as arrayed
from bartizan.supply.pickles.numbers import numbers
from bartizan.supply.pickles.values import Made, Refused, Table

_HISTOGRAMS: Final = "sklearn.ensemble._hist_gradient_boosting.gradient_boosting"
_BINS: Final = ("sklearn.ensemble._hist_gradient_boosting.binning", "_BinMapper")


def fitting(view: memoryview, budget: Budget, one: Made) -> None:
    """Check that what an estimator holds takes what it hands on, where it is one of trees.

    Raises:
        Refused: it does not.
        Exhausted: the budget does not reach.
    """
    if not isinstance(one.state, Table) or one.of.module.partition(".")[0] != "sklearn":
        return
    found = attributes(one.state)
    if one.of.module == "sklearn.tree._classes" and "tree_" in found:
        _same(found["tree_"], found.get("n_features_in_"))
    if one.of.module == "sklearn.ensemble._forest" and "estimators_" in found:
        for each in _listed(found["estimators_"]):
            _same(_own(each), found.get("n_features_in_"))
    elif one.of.module == "sklearn.ensemble._gb" and "estimators_" in found:
        _stages(found)
    elif one.of.module == "sklearn.ensemble._iforest" and "estimators_" in found:
        _isolating(found)
    elif one.of.module == _HISTOGRAMS and "_predictors" in found:
        _histograms(view, budget, found)


def _same(tree: object, features: object) -> None:
    if not isinstance(tree, Made) or (tree.of.module, tree.of.name) != TREE:
        raise Refused("has something else where a tree belongs")
    if type(features) is not int or tree.arguments[0] != features:
        raise Refused("has a tree of more or fewer features than it has itself")


def _own(estimator: object) -> object:
    """Return the tree of a tree's estimator."""
    state = estimator.state if isinstance(estimator, Made) else None
    return attributes(state).get("tree_")


def _listed(value: object) -> Iterator[object]:
    if not isinstance(value, list):
        raise Refused("has something else where a list of trees belongs")
    return iter(value)


def _stages(found: dict[str, object]) -> None:
    stages = arrayed(found["estimators_"])
    each_round = found.get("n_trees_per_iteration_")
    if not isinstance(stages.data, list) or len(stages.shape or ()) != 2 or stages.shape[1:] != (each_round,):  # type: ignore[index]  # noqa: PLR2004 - rounds, outputs
        raise Refused("has stages of another form than it has")
    for one in stages.data:
        tree = _own(one)
        _same(tree, found.get("n_features_in_"))
        values = attributes(tree.state)["values"] if isinstance(tree, Made) else None
        if not array(values, "f8", None, 1, 1):
            raise Refused("has a tree of more than one value a node")


def _isolating(found: dict[str, object]) -> None:
    features, chosen = found.get("n_features_in_"), found.get("_max_features")
    trees, columns = list(_listed(found["estimators_"])), list(_listed(found.get("estimators_features_")))
    if len(trees) != len(columns):
        raise Refused("has more or fewer rows of features than trees")
    for one, each in zip(trees, columns, strict=True):
        shape = arrayed(each).shape or ()
        _same(_own(one), features if chosen == features else shape[0] if len(shape) == 1 else None)


def _histograms(view: memoryview, budget: Budget, found: dict[str, object]) -> None:
    features = found.get("n_features_in_")
    categories = _categories(view, budget, found.get("_bin_mapper"))
    for one in (tree for row in _listed(found["_predictors"]) for tree in _listed(row)):
        if (
            not isinstance(one, Made)
            or (one.of.module, one.of.name) != PREDICTOR
            or type(features) is not int
        ):
            raise Refused("has something else where a tree belongs")
        nodes = attributes(one.state)["nodes"]
        columns = [
            numbers(view, budget, nodes, name) for name in ("is_leaf", "feature_idx", "is_categorical")
        ]
        for leaf, feature, chosen in zip(*columns, strict=True):
            if not leaf and (
                feature >= features or (chosen and not (feature < len(categories) and categories[feature]))
            ):
                raise Refused("has a tree whose features lie outside of its own")


def _categories(view: memoryview, budget: Budget, mapper: object) -> list[int]:
    """Return for each feature whether it is one of categories."""
    if not isinstance(mapper, Made) or (mapper.of.module, mapper.of.name) != _BINS:
        raise Refused("has something else where the borders of its bins belong")
    return list(numbers(view, budget, attributes(mapper.state).get("is_categorical_")))
