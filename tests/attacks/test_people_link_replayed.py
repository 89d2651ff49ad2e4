"""Whoever finds a link in a history, a terminal's scroll-back or a log, or opens it before its person does."""

from pathlib import Path

import pytest

from bartizan.access import register
from bartizan.access.people.errors import SignInRefused
from tests.console.scene import standing


def test_a_link_signs_in_once_within_a_minute_and_only_the_newest(tmp_path: Path) -> None:
    with standing(tmp_path) as scene:
        older, token = (scene.people.link("user.ada").reveal().decode() for _ in range(2))
        with pytest.raises(SignInRefused, match="was used"):
            scene.people.follow(older, "")
        scene.people.follow(token, "")
        with pytest.raises(SignInRefused, match="was used"):
            scene.people.follow(token, "")
        late = scene.people.link("user.ada").reveal().decode()
        scene.clock.move(60)
        with pytest.raises(SignInRefused, match="was used"):
            scene.people.follow(late, "")


def test_what_only_fetches_a_link_does_not_use_it_up(tmp_path: Path) -> None:
    with standing(tmp_path) as scene:
        token = scene.people.link("user.ada").reveal().decode()
        for _ in range(3):
            answer = scene.page(f"/people/link?token={token}")
            assert (answer.status, answer.headers.get("set-cookie")) == (200, None)
        assert scene.send("/people/link", "", token=token).way == "/people"


def test_a_link_alone_does_nothing_that_cannot_be_taken_back(tmp_path: Path) -> None:
    with standing(tmp_path) as scene:
        who = scene.people.who(scene.linked("ada"))
        (passkey,) = scene.people.account(who).passkeys
        for act in (lambda: scene.people.remove(who, passkey.id), lambda: scene.people.codes(who)):
            with pytest.raises(SignInRefused, match="once more"):
                act()


def test_a_revoked_person_is_signed_in_by_nothing(tmp_path: Path) -> None:
    with standing(tmp_path) as scene:
        cookie, token = scene.signed_in("ada"), scene.people.link("user.ada").reveal().decode()
        (code, *_) = scene.people.codes(scene.people.who(cookie))
        with scene.store.begin() as connection:
            register.revoke(connection, "user.ada")
        for attempt in (
            lambda: scene.people.who(cookie),
            lambda: scene.people.follow(token, ""),
            lambda: scene.people.recover(code.reveal().decode(), ""),
            lambda: scene.signed_in("ada"),
        ):
            with pytest.raises(SignInRefused):
                attempt()
