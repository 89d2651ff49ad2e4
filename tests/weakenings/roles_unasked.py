"""Pages let everybody who is signed in do whatever there is."""

from collections.abc import Collection

from bartizan.app import permits
from bartizan.identity.principal import Principal

MODULES = ("bartizan.http.serve",)


def apply() -> None:
    def weak(
        self: permits.Permits, person: Principal, actions: Collection[str] = permits.ACTIONS
    ) -> frozenset[str]:
        del self, person
        return frozenset(actions)

    permits.Permits.of = weak  # type: ignore[method-assign]
