"""Whose key a proof was made with is not looked at."""

from bartizan.identity import dpop

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    def weak(key: dpop.ProofKey, wanted: dpop.Wanted) -> None:  # noqa: ARG001 - that is the weakness
        return

    dpop._require_key = weak
