"""Every route of the table refuses strangers and wrong roles: made from the table, so that no new route is forgotten."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

import pytest

from bartizan.access.describe import ROLES
from bartizan.admin.route import AnyRoute
from bartizan.admin.table import ROUTES
from tests.admin import examples
from tests.http.platform import Answer, Control

pytestmark = pytest.mark.slow
RESPONDING = {"revoke-principal", "revoke-token", "clear-sign-in", "run-schedule"}
"""What a security engineer may do besides reading."""
LOOKING = {"read-platform", "read-services", "read-schedules", "read-findings"}
"""What whoever has something running here may read."""
each_route = pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)


def may(role: str, route: AnyRoute) -> bool:
    """Return whether the built-in policies are to permit a route to a role; written down here once more."""
    reading = route.action.startswith("read-")
    return {
        "owner": True,
        "auditor": reading,
        "security-engineer": reading or route.action in RESPONDING,
        "ml-engineer": route.action in LOOKING,
        "service-owner": route.action in LOOKING,
    }.get(role, False)


@pytest.fixture(scope="module")
def control() -> Iterator[Control]:
    with (
        TemporaryDirectory(prefix="bartizan-") as name,
        Control(Path(name, "s"), admin="any") as running,
    ):
        yield running


@pytest.fixture(scope="module")
def tokens(control: Control) -> dict[str, str]:
    """Return a token for the control process of somebody with each role alone, and of somebody with none."""
    found = {}
    for role in (*ROLES, ""):
        made = control.ask(
            "POST", "/admin/v1/principals", {"name": f"of-{role or 'none'}", "roles": [role] if role else []}
        ).json
        found[role] = token(control, made, "bartizan:control")
    return found


def token(control: Control, made: dict[str, str], audience: str) -> str:
    form = {"grant_type": "client_credentials", "client_id": made["client_id"], "audience": audience}
    answer = control.ask(
        "POST",
        "/oauth/token",
        urlencode(form | {"client_secret": made["client_secret"]}).encode(),
        [("Content-Type", "application/x-www-form-urlencoded")],
        of="control",
    )
    return str(answer.json["access_token"])


def asked(control: Control, route: AnyRoute, *headers: tuple[str, str]) -> Answer:
    said = [("Content-Type", "application/json"), ("If-Match", "*"), *headers]
    return control.ask(route.method, examples.target(route), examples.body(route), said, of="control")


def reason(answer: Answer) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status, answer.json["reason"]


@each_route
def test_a_stranger_is_refused(control: Control, route: AnyRoute) -> None:
    for shown in ((), ("Bearer a.b.c",), ("Basic YTpi",), ("Bearer",)):
        answer = asked(control, route, *(("Authorization", each) for each in shown))
        if route.local:
            assert answer.status in {404, 405}
            continue
        word = "token-malformed" if shown == ("Bearer a.b.c",) else "token-missing"
        assert reason(answer) == (401, word)
        assert answer.headers["www-authenticate"].startswith("Bearer")


@each_route
@pytest.mark.parametrize("role", [*ROLES, ""])
def test_a_role_may_what_it_is_for_and_nothing_else(
    control: Control, tokens: dict[str, str], route: AnyRoute, role: str
) -> None:
    answer = asked(control, route, ("Authorization", f"Bearer {tokens[role]}"))
    if route.local:
        assert answer.status in {404, 405}
    elif may(role, route):
        assert answer.status not in {401, 403, 500}, answer.body
    else:
        assert reason(answer) == (403, "policy-denied")


@each_route
def test_a_token_for_the_gateway_opens_nothing(control: Control, route: AnyRoute) -> None:
    taken = control.ask("POST", "/admin/v1/tokens", {"audience": "bartizan:gateway"}).json["access_token"]
    answer = asked(control, route, ("Authorization", f"Bearer {taken}"))
    assert answer.status in {404, 405} if route.local else reason(answer) == (401, "audience-wrong")


def test_the_tokens_were_good_and_each_call_is_on_record(control: Control, tokens: dict[str, str]) -> None:
    before = len(control.events())
    answer = control.ask(
        "GET", "/admin/v1/status", headers=[("Authorization", f"Bearer {tokens['auditor']}")], of="control"
    )
    assert answer.status == 200
    (event,) = control.events()[before:]
    people = {
        each["pseudonym"]: each["id"] for each in control.ask("GET", "/admin/v1/principals").json["items"]
    }
    assert people[event.actor] == "workload.of-auditor"
    assert (event.kind, event.outcome.value, event.detail) == (
        "access.admin.called",
        "allowed",
        {"operation": "read-status"},
    )
