"""A proof needs no nonce of ours."""

from bartizan.clock import Nanoseconds
from bartizan.identity import dpop

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    def weak(self: dpop.Proofs, nonce: object, now: Nanoseconds) -> int:  # noqa: ARG001 - that is the weakness
        return now // dpop.SLOT

    dpop.Proofs._slot = weak  # type: ignore[method-assign]
