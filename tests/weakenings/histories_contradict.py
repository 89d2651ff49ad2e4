"""A witness does not compare a checkpoint with what it has cosigned."""

from bartizan.ledger import witness_store

MODULES = ("bartizan",)


def apply() -> None:
    vars(witness_store)["judge"] = lambda *_: None
