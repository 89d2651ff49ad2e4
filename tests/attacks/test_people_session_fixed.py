"""Whoever gets a cookie into somebody's browser before they sign in, or keeps one of theirs for later."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from bartizan.access import register
from bartizan.access.people.errors import SignInRefused
from bartizan.access.people.tables import APPROVAL, LINK, PASSKEY, RECOVERY, SESSION
from tests.console.scene import standing


def test_a_cookie_that_somebody_chose_is_never_a_session(tmp_path: Path) -> None:
    with standing(tmp_path) as scene:
        chosen = "A" * 43
        answer = scene.send(
            "/people/sign-in", chosen, credential=scene.soft["ada"].get(scene.people.options())
        )
        assert answer.way == "/people"
        assert answer.cookie != chosen
        assert scene.page("/people", chosen).status == 303
        assert scene.page("/people", answer.cookie).status == 200


def test_signing_in_ends_the_session_that_the_browser_had(tmp_path: Path) -> None:
    with standing(tmp_path) as scene:
        planted = scene.signed_in("bob")
        answer = scene.send(
            "/people/sign-in", planted, credential=scene.soft["ada"].get(scene.people.options())
        )
        assert scene.people.who(answer.cookie).person.id == "user.ada"
        assert scene.page("/people", planted).status == 303


def test_a_cookie_is_of_no_use_after_signing_out_or_its_time(tmp_path: Path) -> None:
    with standing(tmp_path) as scene:
        cookie = scene.signed_in("ada")
        scene.send("/people/sign-out", cookie, csrf=scene.form(cookie))
        assert scene.page("/people", cookie).status == 303
        idle = scene.signed_in("ada")
        scene.clock.move(30 * 60 - 1)
        assert scene.page("/people", idle).status == 200
        scene.clock.move(30 * 60)
        assert scene.page("/people", idle).status == 303
        old = scene.signed_in("ada")
        for _ in range(12 * 3 - 1):
            scene.clock.move(20 * 60)
            assert scene.page("/people", old).status == 200
        scene.clock.move(20 * 60)
        assert scene.page("/people", old).status == 303


def test_who_reads_the_store_signs_in_as_nobody(tmp_path: Path) -> None:
    with standing(tmp_path) as scene:
        who = scene.people.who(scene.signed_in("ada"))
        secrets = [scene.signed_in("ada"), scene.people.link("user.ada").reveal().decode()]
        secrets += [each.reveal().decode().replace("-", "") for each in scene.people.codes(who)]
        with closing(sqlite3.connect(tmp_path / "store.db")) as store:
            kept = "\n".join(store.iterdump())
        assert not [each for each in secrets if each in kept]
        assert who.session.id in kept
        with pytest.raises(SignInRefused):
            scene.people.who(who.session.id)


def test_an_erased_person_leaves_no_session_and_no_passkey(tmp_path: Path) -> None:
    with standing(tmp_path) as scene:
        cookie, who = scene.signed_in("ada"), scene.people.who(scene.signed_in("ada"))
        scene.people.codes(who)
        scene.people.link("user.ada")
        scene.approvals.ask("user.ada", "erase-principal", "p-0123456789abcdef", "security-engineer")
        with scene.store.begin() as connection:
            register.erase(connection, "user.ada")
        assert scene.page("/people", cookie).status == 303
        with scene.store.begin() as connection:
            for column in (
                *(table.c.principal for table in (SESSION, PASSKEY, LINK, RECOVERY)),
                APPROVAL.c.asker,
            ):
                assert connection.execute(select(column).where(column == "user.ada")).first() is None
