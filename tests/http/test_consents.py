"""Consents over the Admin API: somebody's, and the owner's own at the owner's socket."""

from pathlib import Path

import pytest

from bartizan.access import register
from bartizan.access.issue import family as families
from bartizan.access.issue.code import Let
from bartizan.clock import SystemClock
from bartizan.store.engine import open_store
from tests.http.platform import Control

pytestmark = pytest.mark.slow
AT = "/admin/v1"


def let(control: Control, person: str, application: str, *, device: bool = False) -> str:
    """Have somebody let an application act; return the family of its tokens."""
    store, now = open_store(f"sqlite:///{Path(control.folder.root, 'store.db')}"), SystemClock().now()
    try:
        with store.begin() as connection:
            whose, of = register.get(connection, person), register.get(connection, application)
            given = Let(of.client, whose.client, "bartizan:gateway:sample", "", "", "", now, "", now)
            code = f"{person} {application}".encode()
            return families.found(connection, given, code, "", now, device=device).id
    finally:
        store.dispose()


def test_what_somebody_lets_applications_do_is_seen_and_withdrawn(control: Control) -> None:
    control.ask("POST", f"{AT}/principals", {"name": "ada", "kind": "user"})
    for name in ("shop", "tv"):
        said = {"name": name, "redirects": ["https://shop.example/back"]}
        assert control.ask("POST", f"{AT}/principals", said).status == 201
    ended, others = (
        let(control, "user.ada", "workload.tv", device=True),
        let(control, "user.owner", "workload.tv"),
    )
    kept = let(control, "user.ada", "workload.shop")
    page = control.ask("GET", f"{AT}/principals/user.ada/consents?limit=1").json
    assert [each["application"] for each in page["items"]] == ["workload.shop"]
    page = control.ask("GET", f"{AT}/principals/user.ada/consents?cursor={page['next']}").json
    (tv,) = page["items"]
    (way,) = tv["ways"]
    assert way["since"] == way["used"] > 0
    assert way | {"since": 0, "used": 0} == {
        "service": "sample",
        "control": False,
        "device": True,
        "since": 0,
        "used": 0,
    }
    told = control.ask("DELETE", f"{AT}/principals/user.ada/consents/workload.tv")
    assert told.status == 200
    revoked = control.states[-1].revoked
    assert ended in revoked
    assert not {others, kept} & set(revoked)
    again = control.ask("DELETE", f"{AT}/principals/user.ada/consents/workload.tv")
    assert (again.status, again.json["reason"]) == (404, "consent-unknown")
    (own,) = control.ask("GET", f"{AT}/consents").json["items"]
    assert own["application"] == "workload.tv"
    assert control.ask("DELETE", f"{AT}/consents/workload.tv").status == 200
    assert others in control.states[-1].revoked
    assert control.ask("GET", f"{AT}/consents").json == {"items": [], "next": ""}


def test_a_cursor_of_one_persons_is_no_others(control: Control) -> None:
    for name in ("ada", "bob"):
        control.ask("POST", f"{AT}/principals", {"name": name, "kind": "user"})
    for name in ("shop", "tv"):
        control.ask("POST", f"{AT}/principals", {"name": name, "redirects": ["https://shop.example/back"]})
        let(control, "user.ada", f"workload.{name}")
    cursor = control.ask("GET", f"{AT}/principals/user.ada/consents?limit=1").json["next"]
    assert cursor
    assert control.ask("GET", f"{AT}/principals/user.bob/consents?cursor={cursor}").status == 422
    assert control.ask("GET", f"{AT}/principals/user.nobody/consents").status == 404
