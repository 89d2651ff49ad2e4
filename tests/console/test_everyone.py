"""The pages about others: who is registered, revoking, and erasing with a second person's approval."""

import re

import pytest

from bartizan.access import register
from bartizan.app.everyone import AT_ONCE
from bartizan.app.permits import ACTIONS
from bartizan.identity.principal import Kind
from tests.console.scene import HERE, Answer, Scene

MAY_READ = frozenset({"read-principals"})


@pytest.fixture
def carol(scene: Scene) -> str:
    """Return the id of a third person."""
    return registered(scene, "carol")


def registered(scene: Scene, name: str, *roles: str) -> str:
    with scene.store.begin() as connection:
        return register.register(connection, Kind.USER, name, roles, scene.clock.now()).id


def sent(scene: Scene, path: str, cookie: str, principal: str) -> Answer:
    return scene.send(path, cookie, csrf=scene.form(cookie), principal=principal)


def test_somebody_whom_the_policies_permit_it_sees_everybody_and_what_they_may_do(
    scene: Scene, carol: str
) -> None:
    cookie = scene.signed_in("ada")
    page = scene.page("/people/everyone", cookie)
    assert page.status == 200
    assert carol in page.body
    assert f"Revoke {carol}" in page.body
    assert "Revoke user.ada" not in page.body
    assert 'href="/people/everyone"' in scene.page("/people", cookie).body


def test_who_may_only_read_sees_no_button(scene: Scene, carol: str) -> None:
    scene.permitted["user.bob"] = MAY_READ
    page = scene.page("/people/everyone", scene.signed_in("bob"))
    assert carol in page.body
    assert "Revoke" not in page.body
    assert "Erase" not in page.body


def test_revoking_is_done_at_once_in_the_name_of_who_did_it(scene: Scene) -> None:
    ada, bob = scene.signed_in("ada"), scene.signed_in("bob")
    assert sent(scene, "/people/revoke", ada, "user.bob").way == "/people/everyone?said=revoked"
    assert scene.done == [("revoked", "user.bob", scene.people.who(ada).person.pseudonym)]
    assert scene.page("/people", bob).way == "/people/sign-in?said=session-ended"
    assert ">revoked<" in scene.page("/people/everyone", ada).body


def test_what_cannot_be_taken_back_wants_the_passkey_once_more(scene: Scene, carol: str) -> None:
    ada = scene.signed_in("ada")
    scene.clock.move(301)
    for path in ("/people/revoke", "/people/erase"):
        assert sent(scene, path, ada, carol).way == "/people/verify?next=everyone&said=verification-old"
    assert scene.done == []


def test_somebody_is_erased_once_a_second_person_has_approved_it(scene: Scene, carol: str) -> None:
    ada, bob = scene.signed_in("ada"), scene.signed_in("bob")
    for _ in range(2):
        assert sent(scene, "/people/erase", ada, carol).way == "/people/everyone?said=approval-asked"
    page = scene.page("/people/approvals", bob)
    assert f"erase {carol}" in page.body
    (wanted,) = set(re.findall(r'name="approval" value="([0-9a-f]+)"', page.body))
    said = scene.send("/people/approvals", bob, csrf=scene.form(bob), approval=wanted, answer="approve")
    assert said.way == "/people/approvals?said=approved"
    assert sent(scene, "/people/erase", ada, carol).way == "/people/everyone?said=erased"
    assert [act for act, *_ in scene.done] == ["erased"]
    assert sent(scene, "/people/erase", ada, carol).way == "/people/everyone?said=principal-unknown"


def test_an_approval_is_for_one_person_and_used_up(scene: Scene, carol: str) -> None:
    other = registered(scene, "dan")
    ada = scene.signed_in("ada")
    sent(scene, "/people/erase", ada, carol)
    (waiting,) = scene.approvals.waiting(scene.people.who(ada))
    scene.approvals.answer(scene.people.who(scene.signed_in("bob")), waiting.approval.id, approve=True)
    assert sent(scene, "/people/erase", ada, other).way == "/people/everyone?said=approval-asked"
    assert scene.done == []


def test_what_was_denied_is_asked_for_anew(scene: Scene, carol: str) -> None:
    ada = scene.signed_in("ada")
    sent(scene, "/people/erase", ada, carol)
    (waiting,) = scene.approvals.waiting(scene.people.who(ada))
    scene.approvals.answer(scene.people.who(scene.signed_in("bob")), waiting.approval.id, approve=False)
    assert sent(scene, "/people/erase", ada, carol).way == "/people/everyone?said=approval-asked"
    assert scene.done == []


def test_many_are_shown_page_by_page_and_each_once(scene: Scene) -> None:
    for number in range(AT_ONCE + 30):
        registered(scene, f"many-{number:03}")
    ada = scene.signed_in("ada")
    first = scene.page("/people/everyone", ada).body
    way = re.search(r'href="(/people/everyone\?after=[a-z0-9.-]+)"', first)
    assert way
    second = scene.page(way[1], ada).body
    shown = [re.findall(r"<strong>(user\.[a-z0-9-]+)</strong>", page) for page in (first, second)]
    assert len(shown[0]) == AT_ONCE
    assert sorted({*shown[0], *shown[1]}) == [*shown[0], *shown[1]]
    assert len(shown[0]) + len(shown[1]) == AT_ONCE + 32
    assert "More" not in second


def test_who_may_what_is_asked_with_the_key_agreement_that_the_gateway_tells(
    scene: Scene, carol: str
) -> None:
    asked: list[str] = []

    def permits(_person: object, _verified: object, group: str) -> frozenset[str]:
        asked.append(group)
        return ACTIONS if group == "x25519mlkem768" else frozenset()

    scene.permits, ada = permits, scene.signed_in("ada")
    assert scene.page("/people/everyone", ada, x_bartizan_group="x25519mlkem768").status == 200
    for group in ("x25519", ""):
        assert scene.page("/people/everyone", ada, x_bartizan_group=group).status == 403
    here = {**HERE, "x-bartizan-group": "x25519"}
    assert scene.send("/people/revoke", ada, here, csrf=scene.form(ada), principal=carol).status == 403
    assert {"x25519mlkem768", "x25519", ""} == set(asked)
    assert scene.done == []
