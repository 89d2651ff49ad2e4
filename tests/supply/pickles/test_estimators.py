"""Estimators that real libraries wrote, each with its own verdict, and what the tables say of them."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.supply.pickles import tables
from bartizan.supply.pickles.contracts import contract
from bartizan.supply.subject import Standing
from tests.supply.formats.made import DATA
from tests.supply.pickles.built import named, text
from tests.supply.pickles.estimated import VERSION, alone, changed, function, instance, judged, whole, written

FILES = sorted(path.name.removesuffix(".zlib") for path in (DATA / "estimators").glob("*.zlib"))
OTHERS = {
    "Birch.p4.pkl": (Standing.UNKNOWN, "cyclic"),
    "random-search.p4.pkl": (Standing.CODE, "code-named"),
}
"""What is not inert: nodes that hold one another, and a distribution, whose state holds code."""


@pytest.mark.parametrize("name", FILES)
def test_an_estimator_of_a_real_library_stands_as_it_is_known_to(name: str) -> None:
    file = judged(written(name))
    standing, word = OTHERS.get(name, (Standing.INERT, ""))
    assert (file.standing, {each.word for each in file.reasons}) == (standing, {word} - {""}), file.reasons


def test_the_files_are_all_there() -> None:
    assert len(FILES) == 48
    assert set(OTHERS) <= set(FILES)


@pytest.mark.parametrize(
    "name", ["DecisionTreeClassifier.p4.pkl", "LogisticRegression.p2.pkl", "ExtraTreesRegressor.joblib"]
)
def test_no_beginning_of_one_is_inert(name: str) -> None:
    octets = written(name)
    for size in range(0, len(octets), max(1, len(octets) // 40)):
        assert judged(octets[:size]).standing is not Standing.INERT


def test_a_file_of_another_release_of_a_known_series_is_read_by_its_table() -> None:
    octets = written("DecisionTreeClassifier.p4.pkl")
    assert judged(changed(octets, b"1.9.1", b"1.9.0")).standing is Standing.INERT
    assert judged(changed(octets, b"1.9.1", b"1.5.2")).standing is Standing.INERT


@pytest.mark.parametrize("version", ["0.9.1", "9.9.9", "1.9rc", "xxxxx"])
def test_a_version_without_a_table_is_not_understood(version: str) -> None:
    file = judged(changed(written("DecisionTreeClassifier.p4.pkl"), b"1.9.1", version.encode()))
    assert file.standing is Standing.UNKNOWN
    assert "1.5, 1.6, 1.7, 1.8, 1.9" in file.reasons[0].what


def test_an_attribute_is_known_by_the_version_that_is_said() -> None:
    kept = tables.kept("sklearn.tree._classes", "DecisionTreeClassifier") or {}
    assert set(kept) == {"1.5", "1.6", "1.7", "1.8", "1.9"}
    assert all({"tree_", "criterion", "n_features_in_"} <= names for names in kept.values())
    place = "sklearn.ensemble._weight_boosting", "AdaBoostClassifier"
    by_series = tables.kept(*place) or {}
    assert "algorithm" in by_series["1.5"] - by_series["1.9"]
    old, new = ({"algorithm": b"N", "_sklearn_version": text(each)} for each in ("1.5.2", "1.9.1"))
    assert alone(instance(*place, **old)).standing is Standing.INERT
    assert alone(instance(*place, **new)).standing is Standing.UNKNOWN


def test_no_table_has_a_name_that_python_itself_gives_a_meaning() -> None:
    for package in tables.PACKAGES:
        found = tables.table(package)
        assert found is not None
        assert found.versions
        for module, rows in found.classes.items():
            for name, row in rows.items():
                words = {word for names in row.values() for word in names.split()}
                assert not {word for word in words if word.startswith("__") and word.endswith("__")}
                assert contract(module, name) is not None


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("scipy.stats._continuous_distns", "uniform_gen"), ("sklearn.utils._testing", "TempMemmap"), ("sklearn.datasets", "fetch_openml"),
        ("sklearn.utils.parallel", "_FuncWrapper"), ("sklearn.metrics._dist_metrics", "PyFuncDistance64"), ("sklearn.callback", "ScoringMonitor"),
        ("sklearn.tree._splitter", "BestSplitter"), ("sklearn.gaussian_process.kernels", "Hyperparameter"), ("lightgbm.basic", "Dataset"),
    ],
)  # fmt: skip
def test_what_is_no_part_of_a_model_or_was_not_looked_through_is_in_no_table(module: str, name: str) -> None:
    assert contract(module, name) is None


@pytest.mark.parametrize("name", ["log1p", "expm1", "sqrt"])
def test_a_function_that_only_computes_may_stand_for_itself(name: str) -> None:
    assert alone(function(func=named("numpy", name))).standing is Standing.INERT


def test_a_metric_of_the_library_may_stand_for_itself_and_is_not_called() -> None:
    metric = named("sklearn.metrics._regression", "r2_score")
    assert alone(function(func=metric)).standing is Standing.INERT
    assert alone(metric + b")R").standing is Standing.UNKNOWN


def test_a_class_of_a_table_takes_its_version_from_the_file_alone() -> None:
    assert VERSION.endswith(b"1.9.1")
    assert alone(instance("sklearn.linear_model._ridge", "Ridge", alpha=b"K\1")).standing is Standing.INERT


TREE = written("DecisionTreeClassifier.p4.pkl")
NODES, EACH, COUNT = TREE.index(whole(1, 4, 0)), 64, 7


@given(
    st.integers(0, COUNT - 1),
    st.integers(0, 2),
    st.integers(-3, COUNT + 1) | st.integers(-(1 << 63), (1 << 63) - 1),
)
def test_a_tree_that_is_inert_leads_nowhere_but_to_its_own_nodes(node: int, field: int, value: int) -> None:
    at = NODES + node * EACH + 8 * field
    octets = TREE[:at] + whole(value) + TREE[at + 8 :]
    if judged(octets).standing is not Standing.INERT:
        return
    for number in range(COUNT):
        left, right, feature = struct.unpack_from("<3q", octets, NODES + number * EACH)
        assert left == -1 or (number < left < COUNT and number < right < COUNT and 0 <= feature < 4)
