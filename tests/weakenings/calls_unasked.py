"""The Admin API does for everybody with a good token whatever there is."""

from bartizan.access.outcome import FOREVER, Allowed, Authenticated, Refused
from bartizan.admin.route import AnyRoute
from bartizan.app.admin.gate import Gate, Shows

MODULES = ("bartizan.http.serve",)


def apply() -> None:
    def weak(self: Gate, who: Authenticated, route: AnyRoute, shows: Shows) -> Allowed | Refused:
        del self, who, route, shows
        return Allowed((), 0, FOREVER)

    Gate._authorized = weak  # type: ignore[method-assign]
