"""What the Admin API promises of every resource: pages, tags, preconditions, keys, problems."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.http.platform import Answer, Control

pytestmark = pytest.mark.slow
AT = "/admin/v1"
ANY = ("If-Match", "*")


@pytest.fixture(scope="module")
def control() -> Iterator[Control]:
    """Return one process for this whole file; each test uses names of its own."""
    with TemporaryDirectory(prefix="bartizan-") as name, Control(Path(name, "s")) as running:
        yield running


def ask(control: Control, method: str, path: str, body: object = None, *headers: tuple[str, str]) -> Answer:
    return control.ask(method, AT + path, body, headers)


def register(control: Control, name: str, *headers: tuple[str, str], **said: Any) -> Answer:  # noqa: ANN401 - JSON
    return ask(control, "POST", "/principals", {"name": name, **said}, *headers)


# ---- pages -----------------------------------------------------------------------------------------------------
def test_pages_lead_through_all_while_others_come_and_go(control: Control) -> None:
    for number in range(5):
        register(control, f"paged-{number}")
    found, cursor = list[str](), ""
    while True:
        page = ask(control, "GET", f"/principals?limit=2{f'&cursor={cursor}' if cursor else ''}").json
        assert len(page["items"]) <= 2
        found += [each["id"] for each in page["items"]]
        if not page["next"]:
            break
        cursor = page["next"]
        if "workload.paged-9" not in found and len(found) == 4:
            register(control, "paged-9")
            ask(control, "DELETE", "/principals/workload.paged-0", None, ANY)
    assert found == sorted(set(found))
    assert {f"workload.paged-{number}" for number in (1, 2, 3, 4, 9)} <= set(found)


def test_a_cursor_of_another_list_is_refused(control: Control) -> None:
    cursor = ask(control, "GET", "/principals?limit=1").json["next"]
    answer = ask(control, "GET", f"/services?cursor={cursor}")
    assert (answer.status, answer.json["reason"]) == (422, "cursor-unknown")


# ---- tags ------------------------------------------------------------------------------------------------------
def test_of_many_who_change_what_they_saw_one_does(control: Control) -> None:
    tag = ask(control, "GET", "/policies").headers["etag"]
    wanted = {"files": {}, "configured": True}

    def apply(_: int) -> int:
        return ask(control, "PUT", "/policies", wanted, ("If-Match", tag)).status

    with ThreadPoolExecutor(8) as callers:
        assert sorted(callers.map(apply, range(8))) == [200] + [412] * 7
    assert ask(control, "GET", "/policies").headers["etag"] != tag


def test_a_tag_is_of_what_is_shown(control: Control) -> None:
    register(control, "tagged")
    first = ask(control, "GET", "/principals/workload.tagged")
    assert first.headers["etag"] == ask(control, "GET", "/principals/workload.tagged").headers["etag"]
    assert ask(control, "PUT", "/principals/workload.tagged/revocation", None, ANY).status == 200
    later = ask(control, "GET", "/principals/workload.tagged")
    assert later.json["revoked"]
    assert later.headers["etag"] != first.headers["etag"]


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ((), 428),
        (("",), 428),
        (("*",), 200),
        (('"nothing", ETAG',), 200),
        (("W/ETAG",), 412),
        (('"nothing"',), 412),
        (("nothing",), 400),
        (("ETAG,",), 400),
    ],
)
def test_a_precondition_is_kept_to_the_letter(control: Control, said: tuple[str, ...], status: int) -> None:
    name = f"kept-{abs(hash(said)) % 10**8}"
    register(control, name)
    path = f"/principals/workload.{name}"
    tag = ask(control, "GET", path).headers["etag"]
    headers = [("If-Match", each.replace("ETAG", tag)) for each in said]
    assert ask(control, "PUT", f"{path}/revocation", None, *headers).status == status
    assert ask(control, "GET", path).json["revoked"] is (status == 200)


# ---- keys ------------------------------------------------------------------------------------------------------
def test_the_same_request_with_a_key_is_done_once_and_its_secret_is_shown_once(control: Control) -> None:
    key = ("Idempotency-Key", "once-1")
    first = register(control, "once", key)
    again = register(control, "once", key)
    assert (first.status, again.status) == (201, 201)
    assert again.json == first.json | {"client_secret": ""}
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    secret = first.json["client_secret"].encode()
    assert not [file for file in control.folder.root.glob("store.db*") if secret in file.read_bytes()]


def test_who_missed_the_secret_gets_another_one_and_the_first_no_longer_works(control: Control) -> None:
    first = register(control, "missed").json
    tag = ask(control, "GET", "/principals/workload.missed").headers["etag"]
    second = ask(control, "PUT", "/principals/workload.missed/secret", None, ("If-Match", tag)).json
    assert second["client_id"] == first["client_id"]
    for made, status in ((first, 401), (second, 200)):
        form = f"grant_type=client_credentials&client_id={made['client_id']}&client_secret={made['client_secret']}"
        media = [("Content-Type", "application/x-www-form-urlencoded")]
        assert control.ask("POST", "/oauth/token", form.encode(), media, of="control").status == status
    assert "access.secret.renewed" in control.kinds()


@pytest.mark.parametrize("who", ["user.owner", "workload.drill"])
def test_who_has_no_secret_gets_none(control: Control, who: str) -> None:
    answer = ask(control, "PUT", f"/principals/{who}/secret", None, ANY)
    assert (answer.status, answer.json["reason"]) == (409, "secret-absent")


def test_a_key_that_came_with_another_request_is_refused(control: Control) -> None:
    key = ("Idempotency-Key", "another-1")
    register(control, "first", key)
    answer = register(control, "second", key)
    assert (answer.status, answer.json["reason"]) == (422, "idempotency-key-reused")
    assert ask(control, "GET", "/principals/workload.second").status == 404


def test_a_key_that_came_with_another_precondition_is_refused(control: Control) -> None:
    key = ("Idempotency-Key", "seen-1")
    assert register(control, "seen", key, ("If-Match", '"one"')).status == 201
    assert register(control, "seen", key, ("If-Match", '"one"')).headers["idempotency-replayed"] == "true"
    assert register(control, "seen", key, ("If-Match", '"two"')).status == 422


def test_a_refused_request_does_not_use_its_key_up(control: Control) -> None:
    key = ("Idempotency-Key", "refused-1")
    assert register(control, "Not A Name", key).status == 422
    assert register(control, "a-name", key).status == 201


def test_of_many_at_once_with_one_key_one_is_done(control: Control) -> None:
    def one(_: int) -> int:
        return register(control, "race", ("Idempotency-Key", "race-1")).status

    with ThreadPoolExecutor(8) as callers:
        found = list(callers.map(one, range(8)))
    assert set(found) <= {201, 409}  # 409 while the first is under way
    assert 201 in found
    assert (
        sum(each["id"] == "workload.race" for each in ask(control, "GET", "/principals").json["items"]) == 1
    )


def test_an_erased_name_is_not_made_again_by_a_late_repetition(control: Control) -> None:
    key = ("Idempotency-Key", "late-1")
    register(control, "latecomer", key)
    ask(control, "DELETE", "/principals/workload.latecomer", None, ANY)
    answer = register(control, "latecomer", key)
    assert (answer.status, answer.json["reason"]) == (409, "idempotency-answer-gone")
    stored = [each for each in control.folder.root.glob("store.db*") if b"latecomer" in each.read_bytes()]
    assert stored == []


@pytest.mark.parametrize("key", ["", "a b", "x" * 129, '"', "é"])
def test_a_key_that_is_none_is_refused(control: Control, key: str) -> None:
    answer = register(control, "keyed", ("Idempotency-Key", key))
    assert (answer.status, answer.json["reason"]) == (400, "field-refused")


# ---- the record ------------------------------------------------------------------------------------------------
def test_without_a_ledger_the_record_is_said_not_to_be_there(control: Control) -> None:
    for path in ("/findings", "/ledger/entries", "/ledger/entries/0"):  # no sealer runs in this scene
        answer = ask(control, "GET", path)
        assert answer.status == 503
        assert answer.json["detail"]
    assert ask(control, "GET", "/ledger").status == 404


def test_the_document_is_served(control: Control) -> None:
    told = ask(control, "GET", "/openapi.json").json
    assert told["openapi"].startswith("3.1")
    assert json.dumps(told).count("operationId") > 25


def test_methods_that_a_path_does_not_take_are_named(control: Control) -> None:
    answer = ask(control, "PUT", "/principals")
    assert answer.status == 405
    assert {each.strip() for each in answer.headers["allow"].split(",")} >= {"GET", "POST"}


def test_a_body_of_another_type_is_refused(control: Control) -> None:
    answer = register(control, "typed", ("Content-Type", "text/plain"))
    assert answer.status == 415
