"""Somebody who is signed in and wants more than their roles: to see, revoke or erase whom they may not.

What is tried is what a page would not offer: the forms are sent all the same.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bartizan.access import register
from bartizan.identity.principal import Kind
from tests.console.scene import Answer, Scene, standing

FORMS = ("/people/revoke", "/people/erase")


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with standing(tmp_path) as found:
        yield found


def sent(scene: Scene, path: str, cookie: str, principal: str) -> Answer:
    return scene.send(path, cookie, csrf=scene.form(cookie), principal=principal)


def test_who_may_not_see_others_is_shown_nobody_and_no_way_there(scene: Scene) -> None:
    bob = scene.signed_in("bob")
    page = scene.page("/people/everyone", bob)
    assert page.status == 403
    assert "user.ada" not in page.body
    assert "everyone" not in scene.page("/people", bob).body


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("principal", ["user.ada", "user.bob", "user.nobody"])
def test_who_may_not_change_others_changes_nobody_and_learns_of_nobody(
    scene: Scene, path: str, principal: str
) -> None:
    scene.permitted["user.bob"] = frozenset({"read-principals"})
    answers = [sent(scene, path, scene.signed_in("bob"), each) for each in (principal, "user.other")]
    assert [each.status for each in answers] == [403, 403]
    assert answers[0].body == answers[1].body
    assert scene.done == []
    assert not any(entry.kind == "access.approval.asked" for entry in scene.record)


@pytest.mark.parametrize("path", FORMS)
def test_an_owner_is_taken_away_by_owners_alone_whatever_the_policies_permit(scene: Scene, path: str) -> None:
    scene.permitted["user.bob"] = scene.permitted["user.ada"]
    assert sent(scene, path, scene.signed_in("bob"), "user.ada").status == 403
    assert scene.done == []


@pytest.mark.parametrize("path", FORMS)
def test_nobody_does_it_to_themselves(scene: Scene, path: str) -> None:
    assert sent(scene, path, scene.signed_in("ada"), "user.ada").status == 403
    assert scene.done == []


def test_nobody_approves_what_they_asked_for_themselves(scene: Scene) -> None:
    with scene.store.begin() as connection:
        register.register(connection, Kind.USER, "carol", (), scene.clock.now())
    scene.permitted["user.bob"] = scene.permitted["user.ada"]
    bob = scene.signed_in("bob")  # has the role that approves, too
    sent(scene, "/people/erase", bob, "user.carol")
    (waiting,) = scene.approvals.waiting(scene.people.who(bob))
    assert waiting.approval.id not in re.findall(
        r'value="([0-9a-f]{16})"', scene.page("/people/approvals", bob).body
    )
    said = scene.send(
        "/people/approvals", bob, csrf=scene.form(bob), approval=waiting.approval.id, answer="approve"
    )
    assert said.way == "/people/approvals?said=approval-own"
    assert sent(scene, "/people/erase", bob, "user.carol").way == "/people/everyone?said=approval-asked"
    assert scene.done == []


def test_what_was_permitted_when_the_page_was_opened_is_asked_again_when_the_form_comes(scene: Scene) -> None:
    ada = scene.signed_in("ada")
    form = scene.form(ada)
    assert scene.page("/people/everyone", ada).status == 200
    scene.permitted.clear()
    assert scene.send("/people/revoke", ada, csrf=form, principal="user.bob").status == 403
    assert scene.done == []
