"""The sealer takes a journal's records without looking at what authenticates them."""

from bartizan.ledger import segment

MODULES = ("bartizan.app.sealer",)


def apply() -> None:
    setattr(segment, "compare_digest", lambda _one, _other: True)  # noqa: B010 - a weakening replaces one function
