"""Tables of what the classes of estimators keep, for each library and series of its versions; `tools.estimators` makes them.

Rules of this file: they are read before the process that reads files gives up opening any (`prepare`); none of the libraries is needed.
Source: scikit-learn 1.5.2, 1.6.1, 1.7.2, 1.8.0 and 1.9.1, LightGBM 4.7.0, XGBoost 3.2.0, CatBoost 1.2.10. Date: 2026-11-28.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

PACKAGES: Final = ("catboost", "lightgbm", "sklearn", "xgboost")
"""Libraries by the names that they are imported by."""


class Table(msgspec.Struct, frozen=True):
    """One library.

    Attributes:
        library: as people call it.
        versions: series (`1.9`) -> version that was looked at (`1.9.1`).
        classes: module -> class -> series, one or several, -> names of attributes, all in one text each.
        functions: module -> functions that a parameter may name, which only compute.
    """

    library: str
    versions: dict[str, str]
    classes: dict[str, dict[str, dict[str, str]]]
    functions: dict[str, str]

    @property
    def known(self) -> str:
        """Return the series that are known, for people."""
        return ", ".join(sorted(self.versions, key=lambda each: [int(part) for part in each.split(".")]))


@cache
def table(package: str) -> Table | None:
    """Return the table of a library; None where there is none."""
    if package not in PACKAGES:
        return None
    octets = Path(__file__).with_name(f"{package}.json").read_bytes()
    return msgspec.json.decode(octets, type=Table)


def prepare() -> None:
    """Read every table, before what is hostile is read."""
    for each in PACKAGES:
        table(each)


@cache
def kept(module: str, name: str) -> Mapping[str, frozenset[str]] | None:
    """Return the names of attributes that a class may keep, by series; None where it is in no table."""
    found = table(module.partition(".")[0])
    row = found.classes.get(module, {}).get(name) if found else None
    if row is None:
        return None
    by_series: dict[str, set[str]] = {}
    for series, names in row.items():
        for each in series.split():
            by_series.setdefault(each, set()).update(names.split())
    return {each: frozenset(names) for each, names in by_series.items()}


@cache
def functions(package: str) -> frozenset[tuple[str, str]]:
    """Return what parameters of a library's estimators may name, as (module, name)."""
    found = table(package)
    rows = found.functions.items() if found else ()
    return frozenset((module, name) for module, names in rows for name in names.split())
