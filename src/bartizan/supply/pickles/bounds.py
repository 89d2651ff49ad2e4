"""Whether every index that C code would follow lies within: trees of decisions and of neighbours, sparse matrices, splines.

Rules of this file: scikit-learn and SciPy check types and shapes when they load, and no index, neither then nor later; an index out of
bounds is read, or written, wherever it points. A child stands behind its parent, so that nothing runs for ever either.
Source: scikit-learn 1.9, tree/_tree.pyx (__setstate__, _apply_dense, _decision_path_dense), ensemble/_hist_gradient_boosting/
_predictor.pyx, neighbors/_binary_tree.pxi.tp; SciPy 1.17, sparse/sparsetools/csr.h, interpolate/_bspl.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final

from bartizan.supply.octets import Budget
from bartizan.supply.pickles.contracts.cython import NEIGHBOURS, TREE, array
from bartizan.supply.pickles.contracts.estimators import attributes
from bartizan.supply.pickles.contracts.scipy import SPARSE, SPLINE
from bartizan.supply.pickles.numbers import array as arrayed
from bartizan.supply.pickles.numbers import numbers
from bartizan.supply.pickles.values import Made, Refused

Check = Callable[[memoryview, Budget, Made], None]
PREDICTOR: Final = ("sklearn.ensemble._hist_gradient_boosting.predictor", "TreePredictor")
_LEAF: Final = -1
_KINDS: Final = {
    "KDTree": "f8",
    "KDTree64": "f8",
    "KDTree32": "f4",
    "BallTree": "f8",
    "BallTree64": "f8",
    "BallTree32": "f4",
}


def within(view: memoryview, budget: Budget, one: Made) -> None:
    """Check the indices of one object, where it is of a class that has some.

    Raises:
        Refused: one lies outside of what it is an index of.
        Exhausted: the budget does not reach.
    """
    check = _CHECKS.get((one.of.module, one.of.name))
    if check is not None:
        check(view, budget, one)


def _tree(view: memoryview, budget: Budget, one: Made) -> None:
    features, classes, outputs = one.arguments
    found = attributes(one.state)
    nodes = arrayed(found["nodes"])
    count = nodes.shape[0] if nodes.shape else 0
    left, right, feature = (
        numbers(view, budget, found["nodes"], name) for name in ("left_child", "right_child", "feature")
    )
    widest = max(numbers(view, budget, classes), default=0)
    if (
        not array(found["values"], "f8", count, int(str(outputs)), widest)
        or count < 1
        or found["node_count"] != count
    ):
        raise Refused("has more or fewer nodes or values than it says")
    deepest = _deepest(left, right, feature, int(str(features)))
    if not deepest <= int(str(found["max_depth"])) <= count:
        raise Refused("is deeper than it says, or says far more than it is")


def _deepest(left: Sequence[int], right: Sequence[int], feature: Sequence[int], features: int) -> int:
    """Return how many steps the longest path has."""
    depth = [0] * len(left)
    for at, (one, other, of) in enumerate(zip(left, right, feature, strict=True)):
        if one == _LEAF:
            continue
        if not (at < one < len(left) and at < other < len(left) and 0 <= of < features):
            raise Refused("has a node whose children or feature lie outside of it")
        depth[one] = max(depth[one], depth[at] + 1)
        depth[other] = max(depth[other], depth[at] + 1)
    return max(depth)


def _predictor(view: memoryview, budget: Budget, one: Made) -> None:
    found = attributes(one.state)
    nodes, raw = found.get("nodes"), found.get("raw_left_cat_bitsets")
    columns = [
        numbers(view, budget, nodes, name)
        for name in ("is_leaf", "left", "right", "feature_idx", "is_categorical", "bitset_idx")
    ]
    sets = arrayed(raw).shape or ()
    if len(arrayed(nodes).shape or ()) != 1 or not columns[0] or not array(raw, "u4", None, 8):
        raise Refused("has nodes or sets of categories of another form than it has")
    for at, (leaf, left, right, feature, chosen, which) in enumerate(zip(*columns, strict=True)):
        if leaf == 1:
            continue
        if leaf or not (at < left < len(columns[0]) and at < right < len(columns[0]) and feature >= 0):
            raise Refused("has a node whose children or feature lie outside of it")
        if chosen and which >= sets[0]:
            raise Refused("has a node whose set of categories lies outside of it")


def _neighbours(view: memoryview, budget: Budget, one: Made) -> None:
    if not isinstance(one.state, tuple) or len(one.state) != 13:  # noqa: PLR2004 - as __getstate__ has it
        raise Refused("has no state")
    data, order, nodes, bounds = one.state[:4]
    shape, kind = arrayed(data).shape or (), _KINDS[one.of.name]
    if len(shape) != 2 or not array(data, kind, *shape) or not array(order, "i8", shape[0]):  # noqa: PLR2004 - points, dimensions
        raise Refused("has points or an order of them of another form than it has")
    sides = 2 if one.of.name.startswith("KD") else 1
    count = (arrayed(nodes).shape or (0,))[0]
    weights = one.state[12]
    sized = array(bounds, kind, sides, count, shape[1]) and (
        weights is None or array(weights, kind, shape[0])
    )
    if not sized or (_named(one.state[11]).startswith("Haversine") and shape[1] != 2):  # noqa: PLR2004 - latitude, longitude
        raise Refused("has bounds, weights or dimensions that do not go together")
    if not all(0 <= each < shape[0] for each in numbers(view, budget, order)):
        raise Refused("has a place in its order that lies outside of its points")
    _levels(one.state[4:7], count)
    _nodes([numbers(view, budget, nodes, name) for name in ("idx_start", "idx_end", "is_leaf")], shape[0])


def _named(metric: object) -> str:
    return metric.of.name if isinstance(metric, Made) else ""


def _levels(said: Sequence[object], count: int) -> None:
    leaf, levels, nodes = (int(str(each)) for each in said)
    if leaf < 1 or not 1 <= levels < 60 or nodes != count or count != (1 << levels) - 1:  # noqa: PLR2004 - as many nodes no memory holds
        raise Refused("has more or fewer nodes than its levels have")


def _nodes(columns: Sequence[Sequence[int]], points: int) -> None:
    count = len(columns[0])
    for at, (start, end, leaf) in enumerate(zip(*columns, strict=True)):
        if not 0 <= start <= end <= points or (not leaf and 2 * at + 2 >= count):
            raise Refused("has a node whose points or children lie outside of it")


def _sparse(view: memoryview, budget: Budget, one: Made) -> None:
    found = attributes(one.state)
    shape = found.get("_shape")
    match shape:
        case (int() as rows, int() as columns) if min(rows, columns) >= 0:
            major, minor = (rows, columns) if one.of.name.startswith("csr") else (columns, rows)
        case _:
            raise Refused("has no shape of rows and columns")
    starts, places, data = (arrayed(found.get(name)) for name in ("indptr", "indices", "data"))
    row = numbers(view, budget, found["indptr"])
    kinds = {f"{each.dtype.kind}{each.dtype.size}" for each in (starts, places)}
    if len(row) != major + 1 or len(kinds) != 1 or not kinds <= {"i4", "i8"} or len(starts.shape or ()) != 1:
        raise Refused("has rows of another form than it has")
    rising = all(before <= after for before, after in pairwise(row))
    count = (data.shape or (0,))[0]
    if (
        row[0] != 0
        or not rising
        or row[-1] > count
        or data.shape != places.shape
        or len(data.shape or ()) != 1
    ):
        raise Refused("has rows that lie outside of it")
    if not all(0 <= each < minor for each in numbers(view, budget, found["indices"])):
        raise Refused("has an index that lies outside of it")


def _spline(view: memoryview, budget: Budget, one: Made) -> None:
    del view, budget
    found = attributes(one.state)
    knots, held, degree = found.get("_t", found.get("t")), found.get("_c", found.get("c")), found.get("k")
    count = (arrayed(knots).shape or (0,))[0]
    parts = arrayed(held).shape or (0,)
    if type(degree) is not int or not array(knots, "f8", None) or not 0 <= degree <= count:
        raise Refused("has knots or a degree that no spline has")
    if count < 2 * degree + 2 or parts[0] < count - degree - 1 or not array(held, "f8", *parts):
        raise Refused("has fewer coefficients than its knots need")


_CHECKS: Final[dict[tuple[str, str], Check]] = {
    TREE: _tree,
    PREDICTOR: _predictor,
    **{
        (module, f"{name}{width}"): _neighbours
        for module, name in NEIGHBOURS.items()
        for width in ("", "32", "64")
    },
    **dict.fromkeys(sorted(SPARSE), _sparse),
    SPLINE: _spline,
}
