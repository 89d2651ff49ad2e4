"""A name that has no contract may be called with anything."""

from bartizan.supply.pickles import contracts, machine
from bartizan.supply.pickles.values import Contract

MODULES = ("bartizan",)


def apply() -> None:
    real = contracts.contract

    def weak(module: str, name: str) -> Contract:
        return real(module, name) or Contract(call=lambda _function, _arguments: None)

    machine.contract = weak  # type: ignore[attr-defined]  # a weakening replaces one function
