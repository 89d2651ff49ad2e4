import base64
import json
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bartizan.app.first import FIRST
from bartizan.http.owner import is_owner
from bartizan.identity.state import pinned
from bartizan.identity.token import verify
from tests.http.platform import ISSUER, Control
from tests.http.stranger import answered

pytestmark = pytest.mark.slow
ANY = [("If-Match", "*")]


@pytest.fixture(scope="module")
def control(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Control]:
    """Return one process for this whole file; each test uses names of its own."""
    with Control(tmp_path_factory.mktemp("state") / ".bartizan") as running:
        yield running


def claims(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=="))
    return found


def test_the_owner_gets_a_token_that_workers_accept(control: Control) -> None:
    answer = control.ask("POST", "/admin/v1/tokens")
    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    told = claims(answer.json["access_token"])
    assert (told["sub"], told["aud"], told["exp"] - told["iat"]) == ("user.owner", "bartizan:gateway", 600)
    issuers = pinned(control.states[-1].issuers)
    now = told["iat"] * 10**9
    assert verify(answer.json["access_token"], issuers, "bartizan:gateway", now).id == answer.json["id"]


@pytest.mark.parametrize("name", FIRST)
def test_the_owner_mints_for_each_of_the_first_principals(control: Control, name: str) -> None:
    principal = f"{FIRST[name][0].value}.{name}"
    wanted = {"principal": principal, "audience": "bartizan:control", "seconds": 1}
    told = claims(control.ask("POST", "/admin/v1/tokens", wanted).json["access_token"])
    assert (told["sub"], told["aud"], told["exp"] - told["iat"]) == (principal, "bartizan:control", 1)


def test_nobody_elses_token_is_the_owners_to_mint(control: Control) -> None:
    control.ask("POST", "/admin/v1/principals", {"name": "somebody"})
    answer = control.ask("POST", "/admin/v1/tokens", {"principal": "workload.somebody"})
    assert (answer.status, answer.json["reason"]) == (403, "not-the-owners")


def test_every_issued_token_is_in_the_record_by_id_and_pseudonym(control: Control) -> None:
    answer = control.ask("POST", "/admin/v1/tokens")
    event = control.events()[-1]
    assert (event.kind, event.subject) == ("access.token.issued", answer.json["id"])
    assert event.actor.startswith("p-")
    assert "owner" not in event.actor


def test_a_registered_client_gets_tokens_with_its_secret(control: Control) -> None:
    made = control.ask(
        "POST", "/admin/v1/principals", {"name": "builder", "kind": "workload", "roles": ["caller"]}
    )
    assert made.status == 201
    assert "workload.builder" in {person.id for person in control.states[-1].principals}
    form = f"grant_type=client_credentials&client_id={made.json['client_id']}&client_secret={made.json['client_secret']}"
    content = [("Content-Type", "application/x-www-form-urlencoded")]
    answer = control.ask("POST", "/oauth/token", form.encode(), content, of="control")
    assert claims(answer.json["access_token"])["sub"] == "workload.builder"
    listed = control.ask("GET", "/admin/v1/principals")
    assert made.json["client_secret"].encode() not in listed.body
    assert made.json["client_secret"].encode() not in control.segment.read_bytes()


def test_a_name_is_registered_once(control: Control) -> None:
    assert control.ask("POST", "/admin/v1/principals", {"name": "twice"}).status == 201
    again = control.ask("POST", "/admin/v1/principals", {"name": "twice"})
    assert (again.status, again.json["reason"]) == (409, "principal-exists")


def test_a_revocation_is_answered_once_it_is_in_force(control: Control) -> None:
    control.ask("POST", "/admin/v1/principals", {"name": "leaver"})
    answer = control.ask("PUT", "/admin/v1/principals/workload.leaver/revocation", headers=ANY)
    assert answer.json["generation"] == len(control.states)
    revoked = {person.id: person.revoked for person in control.states[-1].principals}
    assert revoked["workload.leaver"]
    assert not revoked["user.owner"]
    assert "workload.leaver" not in control.states[-1].policy.entities
    assert "access.principal.revoked" in control.kinds()


def test_a_revoked_token_is_in_the_next_state(control: Control) -> None:
    token = control.ask("POST", "/admin/v1/tokens").json["id"]
    assert control.ask("PUT", f"/admin/v1/tokens/{token}/revocation").status == 200
    assert token in control.states[-1].revoked


def test_an_erased_principal_is_gone_from_state_and_store(control: Control) -> None:
    control.ask("POST", "/admin/v1/principals", {"name": "forgotten"})
    assert control.ask("DELETE", "/admin/v1/principals/workload.forgotten", headers=ANY).status == 200
    assert "workload.forgotten" not in {person.id for person in control.states[-1].principals}
    left = [
        file for file in control.folder.root.glob("store.db*") if b"workload.forgotten" in file.read_bytes()
    ]
    assert left == []


def test_whoever_is_not_registered_cannot_be_revoked_or_erased(control: Control) -> None:
    for answer in (
        control.ask("PUT", "/admin/v1/principals/workload.ghost/revocation", headers=ANY),
        control.ask("DELETE", "/admin/v1/principals/workload.ghost", headers=ANY),
        control.ask("DELETE", "/admin/v1/principals/%00", headers=ANY),
    ):
        assert (answer.status, answer.json["reason"]) == (404, "principal-unknown")


def test_a_drills_results_are_recorded_as_the_owners(control: Control) -> None:
    detail = {"attack": "jwk-embedding", "run": "ab" * 8, "first": 1, "last": 2, "micros": 3}
    tried = {"kind": "drill.attack.tried", "outcome": "denied", "control": "access.request-authenticated"}
    answer = control.ask("POST", "/admin/v1/ledger/events", {"events": [tried | {"detail": detail}, tried]})
    assert answer.status == 201
    events = control.events()
    assert events[answer.json["first"]].detail == detail
    assert [event.actor for event in events[answer.json["first"] : answer.json["last"] + 1]] == [
        "owner",
        "owner",
    ]


@pytest.mark.parametrize(
    "event",
    [
        {"kind": "access.token.issued", "outcome": "done"},
        {"kind": "gateway.request.admitted", "outcome": "allowed"},
        {"kind": "drill.attack.tried", "outcome": "denied", "detail": {"attack": "Has Spaces"}},
        {"kind": "drill.attack.tried", "outcome": "denied", "detail": {"prompt": "x"}},
        {"kind": "drill.attack.tried", "outcome": "denied", "subject": "free text"},
        {"kind": "drill.attack.tried", "outcome": "maybe"},
        {"kind": "drill.attack.tried", "outcome": "denied", "actor": "platform"},
    ],
)
def test_other_events_are_refused_and_none_of_the_report_is_recorded(control: Control, event: object) -> None:
    good = {"kind": "drill.run.started", "outcome": "done"}
    before = len(control.events())
    assert control.ask("POST", "/admin/v1/ledger/events", {"events": [good, event]}).status == 422
    control.ask("POST", "/admin/v1/tokens")
    assert len(control.events()) == before + 1


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/admin/v1/tokens", b"{", 400),
        ("POST", "/admin/v1/tokens", b"[]", 422),
        ("POST", "/admin/v1/tokens", b'{"seconds": 601}', 422),
        ("POST", "/admin/v1/tokens", b'{"seconds": 0}', 422),
        ("POST", "/admin/v1/tokens", b'{"audience": "elsewhere"}', 422),
        ("POST", "/admin/v1/tokens", b'{"principal": "\\ud800"}', 400),
        ("POST", "/admin/v1/tokens", b'{"more": 1}', 422),
        ("POST", "/admin/v1/principals", b'{"name": "Bad Name"}', 422),
        ("POST", "/admin/v1/principals", b'{"name": "a", "kind": "anonymous"}', 422),
        ("POST", "/admin/v1/principals", b'{"name": "a", "kind": "god"}', 422),
        ("POST", "/admin/v1/principals", b'{"name": "a", "roles": ["x y"]}', 422),
        ("PUT", "/admin/v1/tokens/t-0011223344556677/revocation", b'{"token": "abc"}', 422),
        ("PUT", "/admin/v1/tokens/abc/revocation", b"", 404),
        ("PUT", "/admin/v1/principals/user.owner/revocation", b"", 428),
        ("DELETE", "/admin/v1/principals/user.owner", b"", 428),
        ("GET", "/admin/v1/principals?limit=0", b"", 400),
        ("GET", "/admin/v1/principals?more=1", b"", 400),
        ("GET", "/admin/v1/principals?limit=1&limit=1", b"", 400),
        ("GET", "/admin/v1/principals?cursor=abc", b"", 422),
        ("POST", "/admin/v1/ledger/events", b'{"events": []}', 422),
        ("POST", "/admin/v1/ledger/events", b" " * (6 << 18) + b"{}", 413),
        ("GET", "/admin/v1/nothing", b"", 404),
        ("PUT", "/admin/v1/tokens", b"", 405),
        ("GET", "/admin/v1/status/", b"", 404),
    ],
)
def test_what_is_wrong_gets_a_problem_document(
    control: Control, method: str, path: str, body: bytes, status: int
) -> None:
    answer = control.ask(method, path, body)
    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["status"] == status
    assert answer.json["detail"]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(
        ["/admin/v1/tokens", "/admin/v1/principals", "/admin/v1/policies/tags", "/admin/v1/ledger/events"]
    ),
    body=st.binary(max_size=80),
)
def test_no_body_yields_a_fault_of_ours(control: Control, path: str, body: bytes) -> None:
    assert control.ask("POST", path, body).status < 500


def test_status_tells_the_generation_and_the_policys_digest(control: Control) -> None:
    told = control.ask("GET", "/admin/v1/status").json
    assert told["generation"] == len(control.states)
    assert told["policy"] == control.states[-1].policy.digest
    assert told["issuer"] == ISSUER
    services = control.ask("GET", "/admin/v1/services").json["items"]
    assert [each["name"] for each in services] == ["control", "sample"]


def test_the_samples_digest_is_told(control: Control) -> None:
    assert control.ask("GET", "/admin/v1/sample").json == {"sha256": "ab" * 32}


def test_the_peers_user_is_asked_of_the_kernel() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert is_owner(ours)


def test_another_user_is_cut_off_although_the_socket_stood_open() -> None:
    with TemporaryDirectory(prefix="bartizan-") as name, Control(Path(name, "s")) as control:
        for path in (control.folder.owner_socket, *control.folder.owner_socket.parents):
            if path.is_relative_to(name):
                path.chmod(0o777)  # as if the folder's protection had failed
        assert answered(control.folder.owner_socket, "/admin/v1/tokens") == 0
        assert "access.token.issued" not in control.kinds()


def test_a_store_that_cannot_be_written_is_said_to_be_that_and_nothing_is_half_done(control: Control) -> None:
    with closing(sqlite3.connect(control.folder.root / "store.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        answer = control.ask("POST", "/admin/v1/principals", {"name": "late"})
    assert (answer.status, answer.json["reason"]) == (503, "not-stored")
    assert "database is locked" in answer.json["detail"]
    assert "workload.late" not in {
        person["id"] for person in control.ask("GET", "/admin/v1/principals").json["items"]
    }
