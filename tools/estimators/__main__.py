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
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from tools.estimators import tables, zoo

_DATA: Final = Path(__file__).parents[2] / "src" / "bartizan" / "supply" / "pickles" / "tables"
_NAMES: Final = {"sklearn": "scikit-learn", "lightgbm": "LightGBM", "xgboost": "XGBoost", "catboost": "CatBoost"}
_PROTOCOLS: Final = range(2, 6)
Table = dict[str, Any]


def main(arguments: list[str]) -> None:
    """Write tables, or files."""
    warnings.simplefilter("ignore")
    if arguments[:1] == ["files"]:
        _write(Path(arguments[1]))
        return
    seen = tables.Seen()
    for one in _models(arguments):
        _note(seen, one)
    for library, name in _NAMES.items():
        try:
            version = importlib.import_module(library).__version__
        except ImportError:
            continue
        path = _DATA / f"{library}.json"
        known: Table = json.loads(path.read_text()) if path.exists() else {"library": name, "versions": {}, "classes": {}, "functions": {}}
        named = [(module, name) for module, rows in known["classes"].items() for name in rows]
        found = tables.classes(library, seen, named)
        _merge(known, version, found, tables.functions(library, seen), anew=arguments[:1] != ["sources"])
        path.write_text(json.dumps(known, indent=0, sort_keys=True) + "\n")
        sys.stdout.write(f"{name} {version}: {sum(map(len, known['classes'].values()))} classes, {path.stat().st_size} octets\n")


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


def _merge(known: Table, version: str, classes: dict[str, dict[str, str]], functions: dict[str, str], *, anew: bool) -> None:
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
        known["functions"][module] = " ".join(sorted({*known["functions"].get(module, "").split(), *names.split()}))


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
    ways: dict[str, Callable[[Any, Path], object]] = {
        **{f"p{number}.pkl": (lambda one, path, number=number: path.write_bytes(pickle.dumps(one, number))) for number in _PROTOCOLS},
        "joblib": joblib.dump,
        "z.joblib": lambda one, path: joblib.dump(one, path, compress=3),
    }
    for name, one in _all():
        for end, way in ways.items():
            way(one, folder / f"{name}.{end}")


if __name__ == "__main__":
    main(sys.argv[1:])
