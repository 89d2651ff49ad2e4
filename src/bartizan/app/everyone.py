"""Everybody who is registered, for people at their browsers: seen, revoked and erased by whom the policies permit it.

Rules of this file: the policies say who may; one thing they cannot give: an owner is revoked and erased by owners
alone, and nobody does either to themselves here. Both want the passkey once more. Erasing also wants a second person, for
what it takes from the record never comes back. Whoever did it is on record by their pseudonym.
"""

from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from bartizan.access.people.errors import Fault, SignInRefused
from bartizan.access.people.roles import Role
from bartizan.app.approvals import Approvals
from bartizan.app.people import Who
from bartizan.identity.principal import Principal

ERASE: Final = "erase-principal"
READ: Final = "read-principals"
REVOKE: Final = "revoke-principal"
AT_ONCE: Final = 100
"""Principals of one page."""


class Ports(msgspec.Struct, frozen=True):
    """What this work needs of the registrar.

    Attributes:
        people: () -> everybody, in order of id.
        revoke, erase: (id, whose doing by pseudonym) -> generation in which it is in force. Raise as the registrar's.
    """

    people: Callable[[], tuple[Principal, ...]]
    revoke: Callable[[str, str], Awaitable[int]]
    erase: Callable[[str, str], Awaitable[int]]


class Everyone:
    """Shows, revokes and erases principals."""

    def __init__(self, ports: Ports, approvals: Approvals) -> None:
        """Take the ports, and where a second person approves."""
        self._ports, self._approvals = ports, approvals

    def some(self, who: Who, after: str) -> tuple[Principal, ...]:
        """Return those whose id comes after this one, one more than a page shows where there are more.

        Raises:
            SignInRefused: they are not to be seen by this person.
        """
        who.require(READ)
        later = sorted((each for each in self._ports.people() if each.id > after), key=lambda each: each.id)
        return tuple(later[: AT_ONCE + 1])

    async def revoke(self, who: Who, principal: str) -> None:
        """Refuse everything of somebody from now on.

        Raises:
            SignInRefused, NotInForce, JournalUnwritable.
        """
        there = self._theirs(who, REVOKE, principal)
        await self._ports.revoke(there.id, who.person.pseudonym)

    async def erase(self, who: Who, principal: str) -> bool:
        """Forget who somebody is, once a second person has approved it; return whether it is done. Raises as `revoke`."""
        there = self._theirs(who, ERASE, principal)
        role = Role.SECURITY_ENGINEER.value
        if not self._approvals.spend(who.person.id, ERASE, there.pseudonym, role):
            return False
        await self._ports.erase(there.id, who.person.pseudonym)
        return True

    def _theirs(self, who: Who, action: str, principal: str) -> Principal:
        """Return whom a change is about, where this person may make it, now."""
        who.require(action)
        there = next((each for each in self._ports.people() if each.id == principal), None)
        if there is None:
            raise SignInRefused(Fault.PRINCIPAL_UNKNOWN)
        if not may_change(who.person, there):
            raise SignInRefused(Fault.NOT_PERMITTED)
        if not who.is_fresh:
            raise SignInRefused(Fault.VERIFICATION_OLD)
        return there


def may_change(person: Principal, there: Principal) -> bool:
    """Return whether policies could let a person revoke or erase somebody at all."""
    owner = Role.OWNER.value
    return person.id != there.id and (owner not in there.roles or owner in person.roles)
