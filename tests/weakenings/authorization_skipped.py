"""Every known principal may do everything."""

from bartizan.access.decide import Circumstances, Decider
from bartizan.access.outcome import Allowed, Authenticated, Refused

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    def weak(
        self: Decider,  # noqa: ARG001 - that is the weakness
        who: Authenticated,
        action: str,  # noqa: ARG001
        service: str,  # noqa: ARG001
        circumstances: Circumstances,  # noqa: ARG001
        generation: int,
    ) -> Allowed | Refused:
        return Allowed((), generation, who.until)

    Decider.decide = weak  # type: ignore[method-assign]  # a weakening replaces one function
