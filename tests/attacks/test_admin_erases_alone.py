"""Somebody has an administrator's credentials for the Admin API, and wants a person, and what the record says of them, gone.

What erasing takes never comes back, so at the pages it wants a second person. They come by the Admin API instead, where a copied
secret is all that it takes, with another's approval, with one that was denied, and twice with one.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bartizan.access.people import approval
from bartizan.admin.route import Nothing
from bartizan.app.admin.caller import THE_OWNER, Caller
from bartizan.app.admin.cursor import Cursors
from bartizan.app.admin.faults import ApprovalAwaited
from bartizan.app.approvals import Approvals
from bartizan.app.people import Ports
from bartizan.http.admin.call import Call
from bartizan.http.admin.principals import Principals
from bartizan.identity.principal import Kind, Principal
from tests.attacks.oauth import House

NO_ISSUERS: Any = None


class Desk:
    """Two programs with an owner's role, and a security engineer, who approves."""

    def __init__(self, house: House) -> None:
        self.house = house
        site: Any = None
        ports = Ports(house.store, house.clock, house.ports.record, site)
        self.principals = Principals(house.registrar, NO_ISSUERS, Approvals(ports), Cursors())
        self.chief, self.other = (self._made(Kind.WORKLOAD, name, "owner") for name in ("chief", "second"))
        self.engineer = self._made(Kind.USER, "eve", "security-engineer")

    def _made(self, kind: Kind, name: str, role: str) -> Principal:
        made, _ = asyncio.run(self.house.registrar.register(kind, name, [role]))
        return made

    def erase(self, of: Principal | None = None, principal: str = "user.ada") -> None:
        caller = THE_OWNER if of is None else Caller(of.pseudonym, of.roles, of.id)
        asyncio.run(self.principals.erase(Call(caller, {"principal": principal}, Nothing(), Nothing())))

    def answer(self, *, approve: bool = True) -> None:
        now = self.house.clock.now()
        with self.house.store.begin() as connection:
            (waiting,) = approval.waiting(connection, now)
            approval.answer(connection, waiting.id, self.engineer, now, approve=approve)

    def there(self, principal: str = "user.ada") -> bool:
        return principal in {each.id for each in self.house.registrar.people()}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(House(tmp_path))
    yield made
    made.house.store.dispose()


def test_no_administrators_credentials_alone_erase_anybody(desk: Desk) -> None:
    for _ in range(3):
        with pytest.raises(ApprovalAwaited, match="security-engineer"):
            desk.erase(desk.chief)
    assert desk.there()
    assert "access.principal.erased" not in desk.house.kinds()


def test_what_was_denied_or_approved_for_another_erases_nobody(desk: Desk) -> None:
    with pytest.raises(ApprovalAwaited):
        desk.erase(desk.chief)
    desk.answer(approve=False)
    with pytest.raises(ApprovalAwaited):
        desk.erase(desk.chief)
    desk.answer()
    with pytest.raises(ApprovalAwaited):
        desk.erase(desk.other)
    with pytest.raises(ApprovalAwaited):
        desk.erase(desk.chief, "user.bob")
    assert desk.there()


def test_an_approval_erases_once_whom_it_was_about(desk: Desk) -> None:
    with pytest.raises(ApprovalAwaited):
        desk.erase(desk.chief)
    desk.answer()
    desk.erase(desk.chief)
    assert not desk.there()
    assert desk.house.entries[-1].actor == desk.chief.pseudonym
    asyncio.run(desk.house.registrar.register(Kind.USER, "ada", [], reuse=True))
    with pytest.raises(ApprovalAwaited):
        desk.erase(desk.chief)
    assert desk.there()


def test_at_the_owners_socket_the_kernel_has_said_who_asks(desk: Desk) -> None:
    desk.erase()
    assert not desk.there()
