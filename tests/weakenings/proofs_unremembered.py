"""What proofs were used before is not remembered."""

from bartizan.identity import dpop

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    def weak(self: dpop.Proofs, slot: int) -> set[bytes]:  # noqa: ARG001 - that is the weakness
        return set()

    dpop.Proofs._seen_of = weak  # type: ignore[method-assign]
