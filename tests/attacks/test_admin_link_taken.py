"""Somebody has an administrator's credentials for the Admin API, and wants to sit at the pages as somebody else.

A link signs its bearer in and lets a passkey of theirs in, so it is worth more than any token. They ask for one as an owner
whose secret they copied, as somebody whom a policy permits it, under another's approval, and twice with one approval.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bartizan.access import register
from bartizan.access.errors import PrincipalRevoked
from bartizan.access.people.errors import SignInRefused
from bartizan.admin.links import LinkWanted, SignInLink
from bartizan.admin.route import Nothing
from bartizan.app.admin.caller import THE_OWNER, BeyondOnesOwn, Caller
from bartizan.app.admin.faults import ApprovalAwaited
from bartizan.clock import DAY, SECOND
from bartizan.http.admin.call import Call
from bartizan.http.admin.links import Links
from bartizan.identity.principal import Kind, NotAPrincipal, Principal
from tests.console.scene import Scene, standing


class Chiefs:
    """The pages of two people, of whom ada is an owner, and two programs with an owner's role."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.links = scene, Links(scene.people, scene.approvals)
        self.chief, self.other = (self._program(name, "owner") for name in ("chief", "other"))

    def _program(self, name: str, *roles: str) -> Principal:
        with self.scene.store.begin() as connection:
            return register.register(connection, Kind.WORKLOAD, name, roles, self.scene.clock.now())

    def ask(self, of: Principal | None = None, principal: str = "user.bob") -> SignInLink:
        caller = THE_OWNER if of is None else Caller(of.pseudonym, of.roles, of.id)
        return self.links.link(Call(caller, {}, LinkWanted(principal), Nothing()))

    def answer(self, by: str, word: str = "approve") -> None:
        """Have a person answer the request that they see, with their passkey."""
        who = self.scene.people.who(self.scene.signed_in(by))
        (waiting,) = self.scene.approvals.waiting(who)
        self.scene.approvals.answer(who, waiting.approval.id, approve=word == "approve")


@pytest.fixture
def chiefs(tmp_path: Path) -> Iterator[Chiefs]:
    with standing(tmp_path) as scene:
        yield Chiefs(scene)


def test_no_owners_secret_alone_makes_a_link(chiefs: Chiefs) -> None:
    for _ in range(3):
        with pytest.raises(ApprovalAwaited):
            chiefs.ask(chiefs.chief)
    assert "access.link.issued" not in [each.kind for each in chiefs.scene.record[-3:]]
    with pytest.raises(ValueError, match="not enough values"):  # nobody but an owner sees the request
        chiefs.answer("bob")


def test_an_approval_by_another_owner_is_good_for_one_link(chiefs: Chiefs) -> None:
    with pytest.raises(ApprovalAwaited):
        chiefs.ask(chiefs.chief)
    chiefs.answer("ada")
    made = chiefs.ask(chiefs.chief)
    issued = chiefs.scene.record[-1]
    assert (issued.kind, issued.actor) == ("access.link.issued", chiefs.chief.pseudonym)
    cookie = chiefs.scene.people.follow(made.url.partition("token=")[2], "").reveal().decode()
    assert chiefs.scene.people.who(cookie).person.id == "user.bob"
    with pytest.raises(ApprovalAwaited):
        chiefs.ask(chiefs.chief)


def test_what_was_approved_is_for_who_asked_and_whom_it_was_about(chiefs: Chiefs) -> None:
    with pytest.raises(ApprovalAwaited):
        chiefs.ask(chiefs.chief)
    chiefs.answer("ada")
    with pytest.raises(ApprovalAwaited):
        chiefs.ask(chiefs.other)
    with pytest.raises(ApprovalAwaited):
        chiefs.ask(chiefs.chief, "user.ada")


def test_an_approval_that_was_denied_or_is_too_old_makes_none(chiefs: Chiefs) -> None:
    with pytest.raises(ApprovalAwaited):
        chiefs.ask(chiefs.chief)
    chiefs.answer("ada", "deny")
    with pytest.raises(ApprovalAwaited):
        chiefs.ask(chiefs.chief)
    chiefs.answer("ada")
    chiefs.scene.clock.move(DAY / SECOND + 1)
    with pytest.raises(ApprovalAwaited):
        chiefs.ask(chiefs.chief)


def test_nobody_approves_their_own_link(chiefs: Chiefs) -> None:
    with chiefs.scene.store.begin() as connection:
        ada = register.get(connection, "user.ada")
    with pytest.raises(ApprovalAwaited):
        chiefs.ask(ada, "user.ada")
    with pytest.raises(SignInRefused):
        chiefs.answer("ada")


def test_no_policy_lets_anybody_but_an_owner_ask(chiefs: Chiefs) -> None:
    asked = len(chiefs.scene.record)
    for roles in ((), ("security-engineer",), ("helpdesk", "caller")):
        caller = Caller("p-0011223344556677", roles, "workload.desk")
        with pytest.raises(BeyondOnesOwn):
            chiefs.links.link(Call(caller, {}, LinkWanted("user.bob"), Nothing()))
    assert len(chiefs.scene.record) == asked


def test_whoever_cannot_sign_in_is_asked_for_in_vain_and_nobody_is_bothered(chiefs: Chiefs) -> None:
    asked = len(chiefs.scene.record)
    with pytest.raises(NotAPrincipal):
        chiefs.ask(chiefs.chief, chiefs.other.id)
    with chiefs.scene.store.begin() as connection:
        register.revoke(connection, "user.bob")
    with pytest.raises(PrincipalRevoked):
        chiefs.ask(chiefs.chief)
    assert len(chiefs.scene.record) == asked


def test_whoever_opens_the_owners_socket_needs_nobody(chiefs: Chiefs) -> None:
    assert chiefs.ask().url.startswith("https://localhost:8443/people/link?token=")
    assert chiefs.scene.record[-1].actor == "owner"
