"""Pages let everybody who is signed in do whatever there is."""

from collections.abc import Collection

from bartizan.app import permits
from bartizan.identity.principal import Principal
from bartizan.identity.verified import UNVERIFIED, Verified

MODULES = ("bartizan.http.serve",)


def apply() -> None:
    def weak(
        self: permits.Permits,
        person: Principal,
        verified: Verified = UNVERIFIED,
        group: str = "",
        actions: Collection[str] = permits.ACTIONS,
    ) -> frozenset[str]:
        del self, person, verified, group
        return frozenset(actions)

    permits.Permits.of = weak  # type: ignore[method-assign]
