"""A page elsewhere, or a service's answer on the same origin, that has a person's browser send our forms."""

from pathlib import Path

import pytest
from sqlalchemy import select

from bartizan.access.people.tables import APPROVAL, LINK, PASSKEY, RECOVERY, SESSION
from tests.console.scene import HERE, ORIGIN, Scene, standing

FOREIGN = {
    "another site": {"origin": "https://evil.example", "sec-fetch-site": "cross-site"},
    "another port": {"origin": "https://localhost:9443", "sec-fetch-site": "same-site"},
    "a sandbox": {"origin": "null", "sec-fetch-site": "cross-site"},
    "no TLS": {"origin": "http://localhost:8443", "sec-fetch-site": "cross-site"},
    "no origin": {"sec-fetch-site": "same-origin"},
    "typed in": {"origin": ORIGIN, "sec-fetch-site": "none"},
    "a name that ends alike": {"origin": "https://evil-localhost:8443"},
}
FORMS = (
    "passkey-remove",
    "recovery-codes",
    "session-end",
    "sign-out",
    "sign-out-everywhere",
    "enrol",
    "verify",
    "approvals",
    "withdraw",
    "device",
    "device-answer",
)


@pytest.mark.parametrize("whence", FOREIGN)
def test_no_form_that_another_page_sent_does_anything(whence: str, tmp_path: Path) -> None:
    with standing(tmp_path) as scene:
        cookie = scene.signed_in("ada")
        form = scene.form(cookie)
        for path in FORMS:
            answer = scene.send(f"/people/{path}", cookie, FOREIGN[whence], csrf=form)
            assert (answer.status, answer.headers.get("set-cookie")) == (403, None)
        token = scene.people.link("user.bob").reveal().decode()
        credential = scene.soft["bob"].get(scene.people.options())
        for path, said in (
            ("link", {"token": token}),
            ("sign-in", {"credential": credential}),
            ("recover", {"code": "x"}),
        ):
            answer = scene.send(f"/people/{path}", cookie, FOREIGN[whence], **said)
            assert (answer.status, answer.headers.get("set-cookie")) == (403, None)
        assert scene.people.who(cookie).person.id == "user.ada"
        assert scene.people.follow(token, "").reveal()  # not used up


@pytest.mark.parametrize("form", ["", "x" * 43, "another's"])
def test_no_form_without_what_its_page_holds_does_anything(form: str, tmp_path: Path) -> None:
    with standing(tmp_path) as scene:
        cookie = scene.signed_in("ada")
        held = scene.form(scene.signed_in("bob")) if form == "another's" else form
        for path in FORMS:
            assert scene.send(f"/people/{path}", cookie, csrf=held).status == 403
        assert scene.people.who(cookie).person.id == "user.ada"


def test_reading_a_page_changes_nothing(tmp_path: Path) -> None:
    with standing(tmp_path) as scene:
        cookie = scene.signed_in("ada")
        before = contents(scene)
        token = scene.people.link("user.bob").reveal().decode()
        linked = contents(scene)
        for path in (
            "",
            "/sign-in",
            f"/link?token={token}",
            "/recover",
            "/enrol",
            "/verify",
            "/approvals",
            "/applications",
        ):
            assert scene.page(f"/people{path}", cookie).status == 200
        assert contents(scene) == linked != before
        for path in FORMS:
            assert scene.page(f"/people/{path}").status in {303, 405}
        assert contents(scene) == linked


def test_the_same_form_from_our_own_page_is_taken(tmp_path: Path) -> None:
    with standing(tmp_path) as scene:
        cookie = scene.signed_in("ada")
        assert scene.send("/people/sign-out", cookie, HERE, csrf=scene.form(cookie)).status == 303
        assert scene.page("/people", cookie).way == "/people/sign-in?said=session-ended"


def contents(scene: Scene) -> list[object]:
    tables = (SESSION, PASSKEY, LINK, RECOVERY, APPROVAL)
    with scene.store.begin() as connection:
        return [[tuple(row) for row in connection.execute(select(table))] for table in tables]
