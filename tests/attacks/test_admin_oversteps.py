"""An administrator of small means makes more of themselves: by roles, by others' keys and answers, by tokens of others.

What they hold is good: a token for the Admin API, and policies that permit them to register and to revoke. They want to be
an owner, to be rid of one, to read what was answered to somebody else, or to have a call taken that was refused.
"""

import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from joserfc import jwk

from bartizan.ledger.event import Event
from tests.http.platform import Answer, Control
from tests.http.test_admin_refusals import token
from tests.identity.statements import asks

pytestmark = pytest.mark.slow
AT = "/admin/v1"
POLICY = """
@id("helpdesk-registers-and-revokes") permit (
    principal in Role::"helpdesk",
    action in [Action::"read-principals", Action::"register-principal", Action::"revoke-principal", Action::"erase-principal",
        Action::"admit-device", Action::"issue-link", Action::"rotate-key", Action::"read-platform"],
    resource
) when { resource.control };
@id("anyone-asks-for-a-token") permit (principal is Anonymous, action == Action::"request-token", resource);
@id("at-night-nobody-lists") forbid (principal, action, resource) when { context.operation == "list-principals" };
"""


@pytest.fixture(scope="module")
def control() -> Iterator[Control]:
    with (
        TemporaryDirectory(prefix="bartizan-") as name,
        Control(Path(name, "s"), {"a.cedar": POLICY}, admin="any") as running,
    ):
        yield running


class Helpdesk:
    """Somebody who may register and revoke."""

    def __init__(self, control: Control, role: str = "helpdesk") -> None:
        self.control = control
        self.name = f"desk-{secrets.token_hex(4)}"
        wanted = {"name": self.name, "roles": [role, "caller"]}
        self.made = control.ask("POST", f"{AT}/principals", wanted).json
        self.token = token(control, self.made, "bartizan:control")

    def ask(self, method: str, path: str, body: object = None, *headers: tuple[str, str]) -> Answer:
        shown = ("Authorization", f"Bearer {self.token}")
        return self.control.ask(method, AT + path, body, [shown, *headers], of="control")


@pytest.fixture
def desk(control: Control) -> Helpdesk:
    return Helpdesk(control)


ANY = ("If-Match", "*")


@pytest.mark.parametrize("roles", [["owner"], ["helpdesk", "auditor"], ["security-engineer"], ["drill"]])
def test_nobody_is_registered_with_a_role_that_who_registers_has_not(
    desk: Helpdesk, roles: list[str]
) -> None:
    name = f"friend-{secrets.token_hex(4)}"
    answer = desk.ask("POST", "/principals", {"name": name, "roles": roles})
    assert (answer.status, answer.json["reason"]) == (403, "beyond-ones-own")
    assert desk.ask("GET", f"/principals/workload.{name}").status == 404
    assert desk.ask("POST", "/principals", {"name": name, "roles": ["caller"]}).status == 201


@pytest.mark.parametrize(("method", "path"), [("PUT", "/revocation"), ("DELETE", ""), ("PUT", "/secret")])
def test_no_owner_is_taken_away_by_who_is_none(desk: Helpdesk, method: str, path: str) -> None:
    before = desk.ask("GET", "/principals/user.owner").headers["etag"]
    answer = desk.ask(method, f"/principals/user.owner{path}", None, ANY)
    assert (answer.status, answer.json["reason"]) == (403, "beyond-ones-own")
    assert desk.ask("GET", "/principals/user.owner").headers["etag"] == before


@pytest.mark.parametrize(("path", "body"), [("/secret", None), ("/keys", {"keys": "{}"})])
def test_nobody_comes_by_a_role_through_the_credentials_of_who_has_it(
    control: Control, desk: Helpdesk, path: str, body: object
) -> None:
    name = f"of-{secrets.token_hex(4)}"
    made = control.ask("POST", f"{AT}/principals", {"name": name, "roles": ["caller", "auditor"]}).json
    answer = desk.ask("PUT", f"/principals/workload.{name}{path}", body, ANY)
    assert (answer.status, answer.json["reason"]) == (403, "beyond-ones-own")
    assert token(control, made, "bartizan:control")  # its own secret is still good
    own = f"own-{secrets.token_hex(4)}"
    assert desk.ask("POST", "/principals", {"name": own}).status == 201
    assert desk.ask("PUT", f"/principals/workload.{own}/secret", None, ANY).status == 200


def test_nobody_but_an_owner_gives_the_name_of_who_was_erased_again(control: Control, desk: Helpdesk) -> None:
    name = f"gone-{secrets.token_hex(4)}"
    control.ask("POST", f"{AT}/principals", {"name": name, "roles": ["auditor"]})
    assert control.ask("DELETE", f"{AT}/principals/workload.{name}", None, [ANY]).status == 200
    answer = desk.ask("POST", "/principals", {"name": name})
    assert (answer.status, answer.json["reason"]) == (409, "name-erased")
    answer = desk.ask("POST", "/principals", {"name": name, "reuse": True})
    assert (answer.status, answer.json["reason"]) == (403, "beyond-ones-own")
    body = {"key": asking(control), "name": name, "holder": f"workload.{desk.name}", "reuse": True}
    answer = desk.ask("POST", "/devices", body)
    assert (answer.status, answer.json["reason"]) == (403, "beyond-ones-own")
    assert control.ask("POST", f"{AT}/principals", {"name": name, "reuse": True}).status == 201


def asking(control: Control) -> str:
    """Return the fingerprint of a new key that asks to be admitted."""
    said = asks(jwk.ECKey.generate_key("P-256"), iat=int(time.time()))
    answer = control.ask("POST", "/device/enrolment", said.encode(), of="control")
    return str(answer.json["key"])


def test_nobody_but_an_owner_admits_a_device_for_owners_tokens(control: Control, desk: Helpdesk) -> None:
    key = asking(control)
    for holder in ("user.owner", ""):  # nobody's in particular is an owner's too
        answer = desk.ask("POST", "/devices", {"key": key, "name": "mine", "holder": holder})
        assert (answer.status, answer.json["reason"]) == (403, "beyond-ones-own")
    assert key in {each["key"] for each in desk.ask("GET", "/devices/asking").json["items"]}
    name, repeat = f"laptop-{secrets.token_hex(4)}", ("Idempotency-Key", secrets.token_hex(8))
    wanted = {"key": key, "name": name, "holder": f"workload.{desk.name}"}
    made = desk.ask("POST", "/devices", wanted, repeat)
    assert (made.status, made.json) == (201, {"id": f"device.{name}"})
    again = desk.ask("POST", "/devices", wanted, repeat)
    assert (again.status, again.headers["idempotency-replayed"]) == (201, "true")
    shown = desk.ask("GET", f"/devices/device.{name}")
    assert (shown.json["key"], shown.json["holder"]) == (key, f"workload.{desk.name}")
    people = {each["pseudonym"]: each["id"] for each in control.ask("GET", f"{AT}/principals").json["items"]}
    (admitted,) = [
        each
        for each in control.events()
        if each.kind == "access.device.admitted" and people[each.subject] == f"device.{name}"
    ]
    assert people[admitted.actor] == f"workload.{desk.name}"
    assert admitted.detail["by"] == admitted.actor


def test_a_link_is_for_owners_whatever_the_policies_say(control: Control, desk: Helpdesk) -> None:
    answer = desk.ask("POST", "/sign-in-links", {"principal": "user.owner"})
    assert (answer.status, answer.json["reason"]) == (403, "beyond-ones-own")
    chief = Helpdesk(control, "owner")
    answer = chief.ask("POST", "/sign-in-links", {"principal": "user.owner"})
    assert (answer.status, answer.json["reason"]) == (
        403,
        "policy-denied",
    )  # here no policy permits owners anything


def test_whoever_changes_the_key_of_tokens_has_seen_which_it_is_and_is_on_record(
    control: Control, desk: Helpdesk
) -> None:
    blind = desk.ask("POST", "/issuer/rotations")
    assert (blind.status, blind.json["reason"]) == (428, "precondition-required")
    tag = desk.ask("GET", "/issuer").headers["etag"]
    step = desk.ask("POST", "/issuer/rotations", None, ("If-Match", tag))
    assert (step.status, step.json["signs_in"]) == (202, 300)
    late = desk.ask("POST", "/issuer/rotations", {"at_once": True}, ("If-Match", tag))
    assert (late.status, late.json["reason"]) == (412, "precondition-failed")
    (published,) = [each for each in control.events() if each.kind == "access.key.published"]
    assert published.actor.startswith("p-")


def test_what_the_policies_forbid_by_the_operation_is_forbidden(desk: Helpdesk) -> None:
    answer = desk.ask("GET", "/principals")
    assert (answer.status, answer.json["reason"]) == (403, "policy-forbids")


def test_nobody_gets_what_was_answered_to_another_under_their_key(control: Control, desk: Helpdesk) -> None:
    other, key = Helpdesk(control), ("Idempotency-Key", secrets.token_hex(8))
    wanted = {"name": f"mine-{secrets.token_hex(4)}"}
    assert desk.ask("POST", "/principals", wanted, key).status == 201
    answer = other.ask("POST", "/principals", wanted, key)
    assert (answer.status, answer.json["reason"]) == (409, "principal-exists")
    assert "idempotency-replayed" not in answer.headers


def test_a_key_brings_no_answer_back_to_who_may_no_longer_ask(control: Control, desk: Helpdesk) -> None:
    key = ("Idempotency-Key", "before-it-was-revoked")
    wanted = {"name": f"last-{secrets.token_hex(4)}"}
    assert desk.ask("POST", "/principals", wanted, key).status == 201
    control.ask("PUT", f"{AT}/principals/workload.{desk.name}/revocation", None, [ANY])
    answer = desk.ask("POST", "/principals", wanted, key)
    assert (answer.status, answer.json["reason"]) == (401, "principal-revoked")


def test_a_revoked_token_is_refused_from_the_answer_on(control: Control, desk: Helpdesk) -> None:
    assert desk.ask("GET", "/principals/user.owner").status == 200
    issued = [event.subject for event in control.events() if event.kind == "access.token.issued"][-1]
    assert control.ask("PUT", f"{AT}/tokens/{issued}/revocation").status == 200
    answer = desk.ask("GET", "/principals/user.owner")
    assert (answer.status, answer.json["reason"]) == (401, "token-revoked")


@pytest.mark.parametrize(
    "headers",
    [
        [("Authorization", "Bearer {token}"), ("Authorization", "Bearer {token}")],
        [("Authorization", "Bearer {token}, Bearer {token}")],
        [("Authorization", "Basic {token}")],
        [("Authorization", "Bearer  {token}")],
        [("Authorization", "DPoP {token}")],
        [("Authorization", "Bearer {token}"), ("DPoP", "a.b.c"), ("DPoP", "a.b.c")],
        [("X-Api-Key", "{token}")],
        [("Cookie", "token={token}")],
    ],
)
def test_a_token_that_is_shown_in_another_way_is_not_taken(
    control: Control, desk: Helpdesk, headers: list[tuple[str, str]]
) -> None:
    shown = [(name, value.format(token=desk.token)) for name, value in headers]
    assert control.ask("GET", f"{AT}/principals/user.owner", None, shown, of="control").status in {400, 401}


def refused(control: Control) -> list[Event]:
    return [
        each
        for each in control.events()
        if each.kind == "access.admin.called" and each.detail.get("operation") == "read-checkpoint"
    ]


def test_a_flood_of_refused_calls_is_counted_in_the_record(control: Control, desk: Helpdesk) -> None:
    for _ in range(100):
        assert desk.ask("GET", "/ledger").status == 403
    events = refused(control)
    for _ in range(600):
        if sum(int(each.detail["count"]) for each in events) >= 100:
            break
        time.sleep(0.1)  # they are written once a second
        events = refused(control)
    assert sum(int(each.detail["count"]) for each in events) == 100
    assert len(events) <= 10
    assert {each.outcome.value for each in events} == {"denied"}
    assert {each.control for each in events} == {"access.request-authorized"}


def test_what_a_stranger_says_of_networks_and_certificates_makes_nobody(control: Control) -> None:
    said = [("X-Bartizan-Source", "a-0011223344556677"), ("X-Bartizan-Certificate", "a" * 43)]
    assert control.ask("GET", f"{AT}/principals/user.owner", None, said, of="control").status == 401
