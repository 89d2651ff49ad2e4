"""Who acts for somebody is asked for no permission of its own."""

import msgspec

from bartizan.access.decide import Circumstances, Decider
from bartizan.access.outcome import Allowed, Authenticated, Refused

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    real = Decider.decide

    def weak(
        self: Decider,
        who: Authenticated,
        action: str,
        service: str,
        circumstances: Circumstances,
        generation: int,
    ) -> Allowed | Refused:
        return real(
            self, msgspec.structs.replace(who, agent=None), action, service, circumstances, generation
        )

    Decider.decide = weak  # type: ignore[method-assign]  # a weakening replaces one function
