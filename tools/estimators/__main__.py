"""Brings the committed tables up to the libraries that are installed where this runs, beside what they say of other versions.

python -m tools.estimators              in an environment with scikit-learn, LightGBM, XGBoost and CatBoost, or some of them
python -m tools.estimators sources      the same by their sources alone, for classes that another version's models were seen to have
python -m tools.estimators files DIR    writes fitted estimators there, as pickles and by joblib
python -m tools.estimators read DIR     as the first, of files that were so written
"""

import importlib
import itertools
import json
import pickle
import sys
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from tools.estimators import tables, zoo

_DATA: Final = Path(__file__).parents[2] / "src" / "bartizan" / "supply" / "pickles" / "tables"
_NAMES: Final = {
    "sklearn": "scikit-learn",
    "lightgbm": "LightGBM",
    "xgboost": "XGBoost",
    "catboost": "CatBoost",
}
_PROTOCOLS: Final = (0, 2, 3, 4, 5)
_FIXTURES: Final = Path(__file__).parents[2] / "tests" / "supply" / "data" / "estimators"
_KEPT: Final = """
LogisticRegression.p4.pkl LogisticRegression.p2.pkl pipeline-text.p4.pkl pipeline-deep.p2.pkl DecisionTreeClassifier.p0.pkl DecisionTreeClassifier.p4.pkl
DecisionTreeRegressor.p5.pkl RandomForestClassifier.p4.pkl ExtraTreesRegressor.joblib GradientBoostingClassifier.p4.pkl GradientBoostingClassifier.joblib
gradient-random-state.p3.pkl HistGradientBoostingClassifier.p4.pkl hist-categories.p4.pkl IsolationForest.p4.pkl isolation-features.joblib
neighbours-kd.p4.pkl neighbours-ball.joblib neighbours-brute-sparse.p4.pkl svc-sparse.p2.pkl SVC.z.joblib grid-pipeline.p4.pkl GridSearchCV.p4.pkl
columns.p4.pkl VotingClassifier.p4.pkl StackingClassifier.p2.pkl function-log.p4.pkl spline.p4.pkl process-classes.p4.pkl imputer-iterative.p0.pkl
SGDClassifier.p4.pkl Birch.p4.pkl random-search.p4.pkl lightgbm-classes.p4.pkl lightgbm-booster.joblib xgboost-classes.p4.pkl xgboost-booster.p2.pkl
catboost-classes.p4.pkl catboost-numbers.joblib GaussianMixture.p4.pkl PCA.p5.pkl OneHotEncoder.p4.pkl KMeans.joblib MultiOutputRegressor.p4.pkl
"""
Table = dict[str, Any]


def main(arguments: list[str]) -> None:
    """Write tables, or files."""
    warnings.simplefilter("ignore")
    if arguments[:1] in (["files"], ["keep"]):
        (_write if arguments[0] == "files" else _keep)(Path(arguments[1]))
        return
    seen = tables.Seen()
    for one in _models(arguments):
        _note(seen, one)
    for library, name in _NAMES.items():
        if arguments[:1] == ["read"] and not any(
            each.__module__.split(".")[0] == library for each in seen.states
        ):
            continue
        try:
            version = importlib.import_module(library).__version__
        except ImportError:
            continue
        path = _DATA / f"{library}.json"
        known: Table = (
            json.loads(path.read_text())
            if path.exists()
            else {"library": name, "versions": {}, "classes": {}, "functions": {}}
        )
        named = [(module, name) for module, rows in known["classes"].items() for name in rows]
        found = tables.classes(library, seen, named)
        _merge(known, version, found, tables.functions(library, seen), anew=arguments[:1] != ["sources"])
        path.write_text(json.dumps(known, indent=0, sort_keys=True) + "\n")
        sys.stdout.write(
            f"{name} {version}: {sum(map(len, known['classes'].values()))} classes, {path.stat().st_size} octets\n"
        )


def _models(arguments: list[str]) -> Iterator[Any]:
    """Yield what is looked at: what is fitted now, was written before, or nothing."""
    if arguments[:1] == ["read"]:
        return (pickle.loads(path.read_bytes()) for path in sorted(Path(arguments[1]).glob("*.p4.pkl")))  # noqa: S301 - our own
    return iter(()) if arguments else (one for _, one in _all())


def _all() -> Iterator[tuple[str, Any]]:
    return ((name, one) for name, one in itertools.chain(zoo.plain(), zoo.composed()) if one is not None)


def _note(seen: tables.Seen, one: object) -> None:
    try:
        seen.dump(one)
    except (pickle.PicklingError, TypeError, AttributeError) as fault:
        sys.stderr.write(f"{type(one).__name__} has no pickle: {fault}\n")


def _merge(
    known: Table, version: str, classes: dict[str, dict[str, str]], functions: dict[str, str], *, anew: bool
) -> None:
    """Put what a version says in the place of what was said of its series before, or beside it."""
    series = ".".join(version.split(".")[:2])
    known["versions"][series] = version
    for module in {*known["classes"], *classes}:
        rows = known["classes"].setdefault(module, {})
        for name in {*rows, *classes.get(module, {})}:
            rows[name] = _merged(rows.get(name, {}), series, classes.get(module, {}).get(name), anew=anew)
        known["classes"][module] = {name: row for name, row in rows.items() if row}
    known["classes"] = {module: rows for module, rows in known["classes"].items() if rows}
    for module, names in functions.items():
        known["functions"][module] = " ".join(
            sorted({*known["functions"].get(module, "").split(), *names.split()})
        )


def _merged(row: dict[str, str], series: str, names: str | None, *, anew: bool) -> dict[str, str]:
    """Return names of attributes by the series that have them, as `1.8 1.9`; each series of the class stands in one key at least."""
    by_name: dict[str, set[str]] = {}
    for which, said in row.items():
        for name in said.split() or [""]:
            by_name.setdefault(name, set()).update(set(which.split()) - ({series} if anew else set()))
    for name in [] if names is None else names.split() or [""]:
        by_name.setdefault(name, set()).add(series)
    merged: dict[str, list[str]] = {}
    for name, which_ones in by_name.items():
        if which_ones:
            merged.setdefault(" ".join(sorted(which_ones, key=_order)), []).append(name)
    return {which: " ".join(sorted(found)).strip() for which, found in merged.items()}


def _order(series: str) -> tuple[int, ...]:
    return tuple(map(int, series.split(".")))


def _write(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    joblib: Any = importlib.import_module("joblib")
    for name, one in _all():
        for number in _PROTOCOLS:
            (folder / f"{name}.p{number}.pkl").write_bytes(pickle.dumps(one, number))
        joblib.dump(one, folder / f"{name}.joblib")
        joblib.dump(one, folder / f"{name}.z.joblib", compress=3)


def _keep(folder: Path) -> None:
    """Put the files that tests are made of beside them, compressed."""
    _FIXTURES.mkdir(parents=True, exist_ok=True)
    for name in _KEPT.split():
        (_FIXTURES / f"{name}.zlib").write_bytes(zlib.compress((folder / name).read_bytes(), 9))


if __name__ == "__main__":
    main(sys.argv[1:])
