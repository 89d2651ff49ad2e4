"""XGBoost's own format in UBJSON (`model.ubj`): trees and numbers. Its format in JSON is read as JSON."""

from typing import Final

from bartizan.supply.format import Damaged, Format, Look, Read
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.parsers.telling import told
from bartizan.supply.parsers.ubjson import members

_BEGINS: Final = (b"{L\0\0\0\0\0\0\0\7learner", b"{L\0\0\0\0\0\0\0\7version")
_MEMBERS: Final = frozenset({"learner", "version"})
_CONFIGURED: Final = _MEMBERS | {"Config", "Model"}


def knows(octets: Octets) -> bool:
    """Return whether it begins as a model does."""
    return any(octets.begins(each) for each in _BEGINS)


def read(octets: Octets, budget: Budget, look: Look) -> Read:
    """Return what is said of a model."""
    del look

    def walk(_: object) -> None:
        names = members(octets, budget)
        if not _MEMBERS <= names <= _CONFIGURED:
            raise Damaged("part-missing", "it is UBJSON, but no model of XGBoost")

    return told(walk)


FORMAT: Final = Format("xgboost", knows, read, order=20)
