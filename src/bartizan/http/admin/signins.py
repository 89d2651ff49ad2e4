"""Sign-ins: one function a route."""

from collections.abc import Callable

from bartizan.admin import signins as table
from bartizan.admin.forms import InForce, Page, Paged
from bartizan.admin.route import Nothing
from bartizan.admin.signins import Standing, Suspect, Watch
from bartizan.app.admin.cursor import Cursors, following
from bartizan.app.control import Registrar
from bartizan.http.admin.call import Bound, Call, done, shown


class SignIns:
    """The watch over sign-ins over HTTP."""

    def __init__(
        self, registrar: Registrar, standing: Callable[[], Standing | None], cursors: Cursors
    ) -> None:
        """Take who holds alerts, and what tells how the watch stands."""
        self._registrar, self._standing, self._cursors = registrar, standing, cursors

    def bound(self) -> tuple[Bound, ...]:
        """Return the routes."""
        return (
            shown(table.WATCH, lambda _: Watch(self._standing())),
            shown(table.LIST, self.list),
            done(table.CLEAR, self.clear),
        )

    def list(self, call: Call[Nothing, Paged]) -> Page[Suspect]:
        """Return a page of those against whom an alert is held."""
        known = {each.pseudonym: each.id for each in self._registrar.people()}
        suspects = [
            Suspect(about, known.get(about, ""), until)
            for about, until in self._registrar.suspects.held.items()
        ]
        return self._cursors.page(
            table.LIST.name, call.query, following(suspects, lambda each: each.about), lambda each: each.about
        )

    async def clear(self, call: Call[Nothing, Nothing]) -> InForce:
        """Hold nothing against somebody any more."""
        await self._registrar.suspects.clear(call.segments["about"], call.caller.actor)
        return InForce(self._registrar.publication.generation)
