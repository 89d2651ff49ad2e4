"""Somebody who is signed in, and names what is another person's; or approves what they asked for."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, update

from bartizan.access import register
from bartizan.access.people.errors import SignInRefused
from bartizan.access.tables import PRINCIPAL
from tests.console.scene import standing


def test_nobody_ends_or_removes_what_is_another_persons(tmp_path: Path) -> None:
    with standing(tmp_path) as scene:
        ada, bob = scene.signed_in("ada"), scene.signed_in("bob")
        theirs = scene.people.account(scene.people.who(bob))
        form = scene.form(ada)
        answer = scene.send("/people/passkey-remove", ada, csrf=form, passkey=theirs.passkeys[0].id)
        assert answer.way == "/people?said=passkey-unknown"
        for each in theirs.sessions:
            answer = scene.send("/people/session-end", ada, csrf=form, session=each.id)
            assert answer.way == "/people?said=session-unknown"
        scene.send("/people/sign-out-everywhere", ada, csrf=form)
        assert scene.people.account(scene.people.who(bob)) == theirs
        assert "bob" not in scene.page("/people", scene.signed_in("ada")).body


def test_nobody_approves_their_own_request_or_without_the_role_or_long_after(tmp_path: Path) -> None:
    with standing(tmp_path) as scene:
        subject = "p-0123456789abcdef"
        own = scene.approvals.ask("user.bob", "erase-principal", subject, "security-engineer")
        for_owner = scene.approvals.ask("user.ada", "erase-principal", subject, "owner")
        bob = scene.signed_in("bob")
        form = scene.form(bob)
        for wanted, said in ((own, "approval-own"), (for_owner, "approval-role")):
            answer = scene.send("/people/approvals", bob, csrf=form, approval=wanted.id, answer="approve")
            assert answer.way == f"/people/approvals?said={said}"
        fitting = scene.approvals.ask("user.ada", "erase-principal", subject, "security-engineer")
        scene.clock.move(301)
        answer = scene.send("/people/approvals", bob, csrf=form, approval=fitting.id, answer="approve")
        assert answer.way == "/people/verify?next=approvals&said=verification-old"
        scene.people.verify(
            scene.people.who(bob), scene.soft["bob"].get(scene.people.verification(scene.people.who(bob)))
        )
        answer = scene.send("/people/approvals", bob, csrf=form, approval=fitting.id, answer="approve")
        assert answer.way == "/people/approvals?said=approved"
        answer = scene.send("/people/approvals", bob, csrf=form, approval=fitting.id, answer="deny")
        assert answer.way == "/people/approvals?said=approval-over"
        for asker, act, what in (
            ("user.bob", "erase-principal", subject),
            ("user.ada", "erase-ledger", subject),
            ("user.ada", "erase-principal", "p-fedcba9876543210"),
        ):
            with pytest.raises(SignInRefused, match="no such request"):
                scene.approvals.use(fitting.id, asker, act, what)
        assert scene.approvals.use(fitting.id, "user.ada", "erase-principal", subject).state == "used"
        with pytest.raises(SignInRefused, match="answered already"):
            scene.approvals.use(fitting.id, "user.ada", "erase-principal", subject)
        kinds = [entry.kind for entry in scene.record if entry.kind.startswith("access.approval.")]
        assert kinds[-2:] == ["access.approval.answered", "access.approval.used"]


def _revoked(connection: Connection) -> None:
    register.revoke(connection, "user.bob")


def _erased(connection: Connection) -> None:
    register.erase(connection, "user.bob")


def _demoted(connection: Connection) -> None:
    """As an issuer does it whose group somebody has left."""
    bob = PRINCIPAL.c.id == "user.bob"
    connection.execute(update(PRINCIPAL).where(bob).values(roles="caller security-engineers"))


@pytest.mark.parametrize("gone", [_revoked, _erased, _demoted])
def test_an_approval_is_worth_what_whoever_gave_it_is_when_it_is_used(
    gone: Callable[[Connection], None], tmp_path: Path
) -> None:
    with standing(tmp_path) as scene:
        ask = ("user.ada", "erase-principal", "p-0123456789abcdef", "security-engineer")
        assert not scene.approvals.spend(*ask)
        bob = scene.people.who(scene.signed_in("bob"))
        (waiting,) = scene.approvals.waiting(bob)
        scene.approvals.answer(bob, waiting.approval.id, approve=True)
        with scene.store.begin() as connection:
            gone(connection)
        with pytest.raises(SignInRefused, match="not any more"):
            scene.approvals.use(waiting.approval.id, *ask[:3])
        assert not scene.approvals.spend(*ask)
        assert [each.kind for each in scene.record[-1:]] == ["access.approval.asked"]  # of somebody else


def test_an_approval_for_a_lesser_role_is_none_for_a_greater(tmp_path: Path) -> None:
    with standing(tmp_path) as scene:
        ask = ("user.ada", "erase-principal", "p-0123456789abcdef")
        assert not scene.approvals.spend(*ask, "security-engineer")
        bob = scene.people.who(scene.signed_in("bob"))
        (waiting,) = scene.approvals.waiting(bob)
        scene.approvals.answer(bob, waiting.approval.id, approve=True)
        assert not scene.approvals.spend(*ask, "owner")
        assert scene.approvals.spend(*ask, "security-engineer")
        assert not scene.approvals.spend(*ask, "security-engineer")
