"""Every page and form refuses who is not signed in: made from the routes, so that no new one is forgotten."""

import pytest
from starlette.routing import Route

from tests.console.scene import Scene

OPEN = {"/people/sign-in", "/people/link", "/people/recover", "/people/page.css", "/people/passkey.js"}
"""By which one signs in, and what every page looks like."""


def routes(scene: Scene, method: str) -> list[str]:
    found = [route for route in scene.app.routes if isinstance(route, Route)]
    return [route.path for route in found if method in (route.methods or ()) and route.path not in OPEN]


@pytest.mark.parametrize("cookie", ["", "somebody-elses"])
def test_no_page_is_shown_to_who_is_not_signed_in(scene: Scene, cookie: str) -> None:
    pages = routes(scene, "GET")
    assert len(pages) >= 7
    for path in pages:
        answer = scene.page(path, cookie)
        assert answer.status == 303, path
        assert answer.way.startswith("/people/sign-in"), path
        assert answer.body == "", path


@pytest.mark.parametrize("cookie", ["", "somebody-elses"])
def test_no_form_of_who_is_not_signed_in_does_anything(scene: Scene, cookie: str) -> None:
    forms, before = routes(scene, "POST"), len(scene.record)
    assert len(forms) >= 12
    for path in forms:
        answer = scene.send(path, cookie, csrf=scene.form(scene.signed_in("ada")), principal="user.bob")
        assert answer.status in {303, 403}, path
        assert answer.status == 403 or answer.way.startswith("/people/sign-in"), path
    assert scene.done == []
    assert {each.kind for each in scene.record[before:]} <= {"access.login.attempted", "access.session.begun"}
