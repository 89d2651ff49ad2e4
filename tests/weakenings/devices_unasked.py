"""Any key is taken for a known device's."""

from bartizan.access import fleet
from bartizan.identity.device import NOTHING, Standing

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    def weak(self: fleet.Fleet, principal: str, key: str) -> Standing:  # noqa: ARG001 - that is the weakness
        return Standing.KNOWN

    def seen(self: fleet.Fleet, principal: str, key: str, now: int) -> object:  # noqa: ARG001 - that is the weakness
        return Standing.KNOWN, NOTHING, fleet._FOREVER

    fleet.Fleet.standing = weak  # type: ignore[method-assign]
    fleet.Fleet.seen = seen  # type: ignore[method-assign,assignment]
