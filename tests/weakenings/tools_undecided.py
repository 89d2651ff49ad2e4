"""Policies are asked whether tools may be called, and not told which."""

import msgspec

from bartizan.access.outcome import Allowed, Refused
from bartizan.app.deciding import Deciding
from bartizan.gateway import ports

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    real = Deciding.authorize

    def weak(
        self: Deciding,
        who: ports.Authenticated,
        action: str,
        service: str,
        circumstances: ports.Circumstances,
    ) -> Allowed | Refused:
        return real(self, who, action, service, msgspec.structs.replace(circumstances, tool=""))

    Deciding.authorize = weak  # type: ignore[method-assign]  # a weakening replaces one function
