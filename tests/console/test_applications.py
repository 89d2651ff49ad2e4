"""The page with the applications that may act for whoever looks."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from sqlalchemy import insert

from bartizan.access import register
from bartizan.access.issue import family as families
from bartizan.access.issue.application import make_application
from bartizan.access.issue.code import Let
from bartizan.access.tables import CONSENT
from bartizan.app.everyone import AT_ONCE
from bartizan.identity.principal import Kind, Principal
from tests.console.scene import Scene, standing

DAY_S = 86_400


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with standing(tmp_path) as found:
        yield found


def application(scene: Scene, name: str, *, public: bool = False) -> Principal:
    with scene.store.begin() as connection:
        made = register.register(connection, Kind.WORKLOAD, name, (), scene.clock.now())
        make_application(connection, made, ("https://app.example/back",), public=public)
    return made


def let(scene: Scene, of: Principal, audience: str = "bartizan:gateway", *, device: bool = False) -> None:
    """Have ada let an application act, and it have its tokens."""
    with scene.store.begin() as connection:
        ada, now = register.get(connection, "user.ada"), scene.clock.now()
        given = Let(of.client, ada.client, audience, "", "", "", now, "", now)
        families.found(connection, given, f"{of.name} {audience} {device}".encode(), "", now, device=device)


def remembered(scene: Scene, of: Principal) -> None:
    """Have ada's yes to an application be remembered, and nothing come of it."""
    with scene.store.begin() as connection:
        row = {"person": register.get(connection, "user.ada").client, "client": of.client}
        connection.execute(
            insert(CONSENT).values(row | {"audience": "bartizan:gateway", "at": scene.clock.now()})
        )


def rows(scene: Scene, cookie: str) -> dict[str, str]:
    """Return what the page says of each application, by its id."""
    page = scene.page("/people/applications", cookie)
    assert page.status == 200
    found = re.findall(r"<li>(.*?)</li>", page.body)
    said = [re.sub(r"<form.*", "", each) for each in found]
    plain = [" ".join(unescape(re.sub(r"<[^>]+>", " ", each)).split()) for each in said]
    return dict(each.split(" ", 1) for each in plain)


def test_it_says_what_each_may_use_since_when_and_when_it_last_did(scene: Scene) -> None:
    shop, tv = application(scene, "shop"), application(scene, "tv")
    let(scene, shop, "bartizan:gateway:assistant")
    let(scene, shop, "bartizan:control")
    let(scene, tv, device=True)
    scene.clock.move(3 * DAY_S)
    assert rows(scene, scene.signed_in("ada")) == {
        "workload.shop": (
            "May use this platform's own interface since 15 Jan 2027, last used 15 Jan 2027 08:00 UTC "
            "May use the service assistant since 15 Jan 2027, last used 15 Jan 2027 08:00 UTC"
        ),
        "workload.tv": (
            "May use every service that you may call, on a device that showed you a code since 15 Jan 2027, last used 15 Jan 2027 08:00 UTC"
        ),
    }


def test_what_can_be_renewed_no_more_is_gone_but_for_what_goes_unasked(scene: Scene) -> None:
    shop, native = application(scene, "shop"), application(scene, "native", public=True)
    for each in (shop, native):
        let(scene, each)
        remembered(scene, each)
    assert set(rows(scene, scene.signed_in("ada"))) == {"workload.shop", "workload.native"}
    scene.clock.move(8 * DAY_S)
    left = rows(scene, scene.signed_in("ada"))
    assert set(left) == {"workload.shop"}
    assert "has no access now, but gets it without asking you" in left["workload.shop"]


def test_one_that_is_revoked_may_not_act_and_is_not_there(scene: Scene) -> None:
    shop = application(scene, "shop")
    let(scene, shop)
    with scene.store.begin() as connection:
        register.revoke(connection, shop.id)
    assert "No application may act" in scene.page("/people/applications", scene.signed_in("ada")).body


def test_withdrawing_wants_no_passkey_again_and_leaves_the_others(scene: Scene) -> None:
    for name in ("shop", "tv"):
        let(scene, application(scene, name))
    ada = scene.signed_in("ada")
    scene.clock.move(600)
    said = scene.send("/people/withdraw", ada, csrf=scene.form(ada), application="workload.shop")
    assert said.way == "/people/applications?said=withdrawn"
    assert set(rows(scene, ada)) == {"workload.tv"}
    again = scene.send("/people/withdraw", ada, csrf=scene.form(ada), application="workload.shop")
    assert again.way == "/people/applications?said=consent-unknown"


def test_many_are_shown_page_by_page_and_each_once(scene: Scene) -> None:
    for number in range(AT_ONCE + 3):
        remembered(scene, application(scene, f"many-{number:03}"))
    ada = scene.signed_in("ada")
    first = scene.page("/people/applications", ada).body
    way = re.search(r'href="(/people/applications\?after=[a-z0-9.-]+)"', first)
    assert way
    pages = [first, scene.page(way[1], ada).body]
    found = [re.findall(r"<strong>(workload\.[a-z0-9-]+)</strong>", page) for page in pages]
    assert [len(each) for each in found] == [AT_ONCE, 3]
    assert sorted({*found[0], *found[1]}) == [*found[0], *found[1]]


def test_the_page_is_of_who_is_signed_in(scene: Scene) -> None:
    let(scene, application(scene, "shop"))
    assert rows(scene, scene.signed_in("bob")) == {}
    assert scene.page("/people/applications").way == "/people/sign-in?said=session-ended"
