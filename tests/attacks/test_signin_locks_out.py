"""A stranger who wants somebody else kept out, by failing under his name or beside him."""

import time
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from bartizan.ledger.event import Event
from tests.http.platform import Control

pytestmark = pytest.mark.slow
OFFICE, EVIL, HOME = "a-00000000000000aa", "a-00000000000000bb", "a-00000000000000cc"


@pytest.fixture(scope="module")
def control(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Control]:
    with Control(tmp_path_factory.mktemp("state") / ".bartizan") as running:
        yield running


def _token(control: Control, client: str, secret: str, source: str) -> int:
    form = urlencode(
        {"grant_type": "client_credentials", "client_id": client, "client_secret": secret}
    ).encode()
    fields = [("Content-Type", "application/x-www-form-urlencoded"), ("X-Bartizan-Source", source)]
    return control.ask("POST", "/oauth/token", form, fields, of="control").status


def test_failing_under_a_name_and_beside_it_keeps_nobody_out(control: Control) -> None:
    made = control.ask("POST", "/admin/v1/principals", {"name": "robot"}).json
    client, secret = made["client_id"], made["client_secret"]
    assert _token(control, client, secret, OFFICE) == 200
    tried = [_token(control, client, f"bartizan_{n}", source) for n in range(40) for source in (EVIL, OFFICE)]
    assert set(tried[1::2]) == {401}, "where it has proven itself, it is looked at"
    assert set(tried[::2]) == {401, 429}, "who fails elsewhere waits"
    for n in range(40):
        _token(control, f"c-{n}", "wrong", OFFICE)
    assert _token(control, f"c-{1}", "wrong", OFFICE) == 429
    assert _token(control, client, secret, OFFICE) == 200, "beside whom others fail is served"
    assert _token(control, client, secret, HOME) == 200, "elsewhere it is served as ever"
    assert not control.ask("GET", "/admin/v1/sign-ins/suspects").json["items"]


def test_a_source_that_is_made_up_is_none(control: Control) -> None:
    for source in ("a-1", "p-00000000000000aa", "x" * 500, "a-00000000000000aa, a-00000000000000bb"):
        assert _token(control, "c-unknown", "wrong", source) == 401


def test_what_is_refused_is_recorded_with_the_principal_and_the_source(control: Control) -> None:
    made = control.ask("POST", "/admin/v1/principals", {"name": "named"}).json
    people = control.ask("GET", "/admin/v1/principals").json["items"]
    pseudonym = next(each["pseudonym"] for each in people if each["client_id"] == made["client_id"])
    assert _token(control, made["client_id"], "bartizan_wrong", HOME) == 401
    refused: list[Event] = []
    for _ in range(600):
        refused = [
            each
            for each in control.events()
            if each.kind == "access.token.refused" and each.subject == pseudonym
        ]
        if refused:
            break
        time.sleep(0.1)
    assert [(each.actor, each.detail["count"]) for each in refused] == [(HOME, 1)]
