"""A bound token is taken without a proof where none is shown."""

from bartizan.access import prove
from bartizan.access.outcome import Authenticated
from bartizan.clock import Nanoseconds
from bartizan.identity.shown import Shown

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    real = prove.Prover._require

    def weak(self: prove.Prover, who: Authenticated, shown: Shown, now: Nanoseconds) -> None:
        if shown.scheme and shown.proof:
            real(self, who, shown, now)

    prove.Prover._require = weak  # type: ignore[method-assign]
