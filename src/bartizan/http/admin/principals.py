"""Principals: one function a route.

Rules of this file: what is taken from the record never comes back. So over the network nobody is erased before a second person
has approved it at the pages, with their passkey, as at the pages themselves.
"""

from typing import Any

from bartizan.access.people.roles import Role
from bartizan.admin import principals as table
from bartizan.admin.forms import InForce, Page, Paged
from bartizan.admin.principals import KeysGiven, Kids, Person, Registered, Registration
from bartizan.admin.route import Nothing
from bartizan.app.admin.cursor import Cursors, following
from bartizan.app.admin.faults import ApprovalAwaited
from bartizan.app.approvals import Approvals
from bartizan.app.control import Registrar
from bartizan.app.everyone import ERASE
from bartizan.app.issuers import Issuers
from bartizan.crypto.secret import Secret
from bartizan.http.admin.call import Bound, Call, done, shown
from bartizan.http.body import BodyRefused
from bartizan.http.status import Status
from bartizan.identity.principal import Principal


class Principals:
    """Principals over HTTP."""

    def __init__(
        self, registrar: Registrar, issuers: Issuers, approvals: Approvals, cursors: Cursors
    ) -> None:
        """Take who knows them, and where a second person approves."""
        self._registrar, self._issuers = registrar, issuers
        self._approvals, self._cursors = approvals, cursors

    def bound(self) -> tuple[Bound, ...]:
        """Return the routes."""
        return (
            shown(table.LIST, self.list),
            done(table.REGISTER, self.register),
            shown(table.READ, self.read),
            done(table.ERASE, self.erase),
            done(table.REVOKE, self.revoke),
            shown(table.RENEW, self.renew),
            shown(table.GIVE_KEYS, self.give_keys),
        )

    def list(self, call: Call[Nothing, Paged]) -> Page[Person]:
        """Return a page of everybody."""
        everybody = map(_person, self._registrar.people())
        return self._cursors.page(
            table.LIST.name, call.query, following(everybody, lambda each: each.id), lambda each: each.id
        )

    def read(self, call: Call[Nothing, Nothing]) -> Person:
        """Return somebody."""
        return _person(self._registrar.person(call.segments["principal"]))

    async def register(self, call: Call[Registration, Nothing]) -> Registered:
        """Register somebody."""
        wanted, actor = call.body, call.caller.actor
        call.caller.require_given(wanted.roles)
        if wanted.reuse:
            call.caller.require_owner()
        if bool(wanted.issuer) is not bool(wanted.subject):
            raise BodyRefused(Status.UNPROCESSABLE, "an issuer and a subject go together")
        if wanted.issuer and (wanted.keys or wanted.redirects or wanted.public or wanted.device_flow):
            what = "whom another issuer's tokens name has no client of ours: no key, no address"
            raise BodyRefused(Status.UNPROCESSABLE, what)
        if wanted.issuer:
            known = await self._issuers.add(
                wanted.kind,
                wanted.name,
                wanted.roles,
                wanted.issuer,
                wanted.subject,
                reuse=wanted.reuse,
                actor=actor,
            )
            return Registered(known.id, "", "")
        return _registered(
            *await self._registrar.register(
                wanted.kind,
                wanted.name,
                wanted.roles,
                wanted.keys.encode(),
                wanted.redirects,
                public=wanted.public,
                device_flow=wanted.device_flow,
                reuse=wanted.reuse,
                actor=actor,
            )
        )

    async def revoke(self, call: Call[Nothing, Nothing]) -> InForce:
        """Refuse everything of somebody."""
        there = self._theirs(call)
        return InForce(await self._registrar.revoke(there.id, call.caller.actor))

    async def erase(self, call: Call[Nothing, Nothing]) -> InForce:
        """Forget who somebody is."""
        there, caller, role = self._theirs(call), call.caller, Role.SECURITY_ENGINEER.value
        if not caller.local and not self._approvals.spend(caller.id, ERASE, there.pseudonym, role):
            raise ApprovalAwaited(role)
        return InForce(await self._registrar.erase(there.id, call.caller.actor))

    def renew(self, call: Call[Nothing, Nothing]) -> Registered:
        """Give somebody another secret."""
        there = self._theirs(call)
        call.caller.require_given(there.roles)
        return _registered(*self._registrar.renew_secret(there.id, call.caller.actor))

    def give_keys(self, call: Call[KeysGiven, Nothing]) -> Kids:
        """Have somebody's client sign with keys."""
        there = self._theirs(call)
        call.caller.require_given(there.roles)
        return Kids(self._registrar.give_keys(there.id, call.body.keys.encode(), call.caller.actor))

    def _theirs(self, call: Call[Any, Nothing]) -> Principal:
        """Return whom a change is about, where the caller may change them."""
        there = self._registrar.person(call.segments["principal"])
        call.caller.require_over(there.roles)
        return there


def _person(each: Principal) -> Person:
    return Person(each.id, each.client, each.pseudonym, each.kind, each.roles, each.revoked)


def _registered(person: Principal, secret: Secret | None) -> Registered:
    return Registered(person.id, person.client, "" if secret is None else secret.reveal().decode())
