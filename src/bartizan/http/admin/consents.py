"""Consents: one function a route.

Rules of this file: whoever asks for their own names nobody else; for another's the policies are asked, and an owner's are
withdrawn by owners alone.
"""

from bartizan.access.issue.consent import Consented
from bartizan.access.issue.consent import Way as KnownWay
from bartizan.admin import consents as table
from bartizan.admin.consents import Consent, Way
from bartizan.admin.forms import InForce, Page, Paged
from bartizan.admin.route import Nothing
from bartizan.app.admin.cursor import Cursors, following
from bartizan.app.consents import Consents
from bartizan.app.control import Registrar
from bartizan.app.first import OWNER
from bartizan.http.admin.call import Bound, Call, done, shown
from bartizan.identity.principal import Principal
from bartizan.identity.token import OF_ONE


class KnownConsents:
    """Consents over HTTP."""

    def __init__(self, registrar: Registrar, consents: Consents, cursors: Cursors) -> None:
        """Take who knows people, and what they let applications do."""
        self._registrar, self._consents, self._cursors = registrar, consents, cursors

    def bound(self) -> tuple[Bound, ...]:
        """Return the routes."""
        return (
            shown(table.LIST_OWN, self.list_own),
            done(table.WITHDRAW_OWN, self.withdraw_own),
            shown(table.LIST, self.list),
            done(table.WITHDRAW, self.withdraw),
        )

    def list_own(self, call: Call[Nothing, Paged]) -> Page[Consent]:
        """Return a page of the caller's."""
        return self._page(table.LIST_OWN.name, call.query, self._registrar.person(call.caller.id or OWNER))

    async def withdraw_own(self, call: Call[Nothing, Nothing]) -> InForce:
        """Withdraw one of the caller's."""
        return await self._withdrawn(call, self._registrar.person(call.caller.id or OWNER))

    def list(self, call: Call[Nothing, Paged]) -> Page[Consent]:
        """Return a page of somebody's."""
        person = self._registrar.person(call.segments["principal"])
        return self._page(table.LIST.name, call.query, person)

    async def withdraw(self, call: Call[Nothing, Nothing]) -> InForce:
        """Withdraw one of somebody's."""
        person = self._registrar.person(call.segments["principal"])
        call.caller.require_over(person.roles)
        return await self._withdrawn(call, person)

    async def _withdrawn(self, call: Call[Nothing, Nothing], person: Principal) -> InForce:
        application = call.segments["application"]
        return InForce(await self._consents.withdraw(person, application, call.caller.actor))

    def _page(self, name: str, query: Paged, person: Principal) -> Page[Consent]:
        found = following(map(_consent, self._consents.of(person)), lambda each: each.application)
        return self._cursors.page(f"{name} {person.id}", query, found, lambda each: each.application)


def _consent(each: Consented) -> Consent:
    return Consent(each.application.id, tuple(map(_way, each.ways)))


def _way(each: KnownWay) -> Way:
    _, word, *service = each.audience.split(OF_ONE)
    return Way("".join(service), word == "control", each.device, each.since, each.used)
