"""The closed list of what a pickle may name and still make data alone; one file a library, each global with its contract."""

from collections.abc import Mapping
from functools import cache

from bartizan.supply.pickles.contracts import joblib, numpy, python, torch
from bartizan.supply.pickles.values import Contract


@cache
def _all() -> Mapping[tuple[str, str], Contract]:
    return {**python.CONTRACTS, **numpy.CONTRACTS, **torch.CONTRACTS, **joblib.CONTRACTS}


def contract(module: str, name: str) -> Contract | None:
    """Return the contract of a global; None where it is not allowed."""
    return _all().get((module, name))


def allowed() -> frozenset[tuple[str, str]]:
    """Return all that may be named, as (module, name)."""
    return frozenset(_all())
