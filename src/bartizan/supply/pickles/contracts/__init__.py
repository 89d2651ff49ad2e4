"""The closed list of what a pickle may name and still make data alone; one file a library, each global with its contract."""

from collections.abc import Mapping
from functools import cache

from bartizan.supply.pickles import tables
from bartizan.supply.pickles.contracts import cython, joblib, numpy, python, random, scipy, torch
from bartizan.supply.pickles.contracts.estimators import estimator
from bartizan.supply.pickles.values import Contract


@cache
def _all() -> Mapping[tuple[str, str], Contract]:
    rooms = (python, numpy, random, torch, joblib, scipy, cython)
    return {each: found for room in rooms for each, found in room.CONTRACTS.items()}


def contract(module: str, name: str) -> Contract | None:
    """Return the contract of a global; None where it is not allowed."""
    return _all().get((module, name)) or estimator(module, name)


def allowed() -> frozenset[tuple[str, str]]:
    """Return all that may be named, as (module, name)."""
    known = [found for each in tables.PACKAGES if (found := tables.table(each)) is not None]
    named = {(module, name) for found in known for module, rows in found.classes.items() for name in rows}
    return frozenset(_all()) | named | frozenset().union(*map(tables.functions, tables.PACKAGES))
