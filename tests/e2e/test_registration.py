"""An application that registers itself at a running platform, as its policies let it, and manages that."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.attacks.registering import BACK, BUILT_IN, TEMPLATE
from tests.e2e import conftest
from tests.e2e.conftest import Platform
from tests.e2e.test_applications import ask, asked

pytestmark = pytest.mark.slow
ABOUT = "/.well-known/oauth-authorization-server"
SERVICE = (
    '[[service]]\nname = "assistant"\nupstream = "http://127.0.0.1:9/v1"\nallow_private = ["127.0.0.1:9"]\n'
)


@pytest.fixture(scope="module")
def running() -> Iterator[Platform]:
    with ExitStack() as stack:
        policies = {"main.cedar": BUILT_IN, "registration.cedar": TEMPLATE}
        yield conftest.start(
            stack, configuration=f'{SERVICE}[policy]\npath = "policies/"\n', policies=policies
        )


def send(
    running: Platform, method: str, target: str, token: str = "", said: object = None
) -> tuple[int, dict[str, Any]]:
    shown = {"Authorization": f"Bearer {token}"} if token else {}
    body = "" if said is None else json.dumps(said)
    kind = {"Content-Type": "application/json"} if body else {}
    status, text = ask(running, method, target, body, shown | kind)
    found: dict[str, Any] = json.loads(text) if text else {}
    return status, found


def token_of(running: Platform, name: str, role: str, audience: str = "bartizan:control") -> str:
    """Return an initial access token: a client's own, for the platform itself."""
    made = json.loads(running.run("identity", "add", name, "--role", role, "--json").stdout)
    own = {"client_id": made["client_id"], "client_secret": made["client_secret"]}
    status, told = asked(running, "/oauth/token", grant_type="client_credentials", audience=audience, **own)
    assert status == 200, told
    return str(told["access_token"])


def wants(running: Platform, **more: object) -> dict[str, Any]:
    return {"redirect_uris": [BACK], "resource": f"{running.url}/assistant"} | more


def kinds(running: Platform, subject: str) -> list[str]:
    found: list[dict[str, Any]] = []
    for _ in range(300):
        found = json.loads(running.run("ledger", "query", "--json", "--subject", subject).stdout)
        if any(each["kind"] == "access.client.withdrawn" for each in found):
            break
        time.sleep(0.2)
    return [str(each["kind"]) for each in found if each["kind"] != "access.token.refused"]


def test_an_application_registers_itself_asks_people_and_is_gone_when_it_says_so(running: Platform) -> None:
    about = json.loads(ask(running, "GET", ABOUT)[1])
    assert about["registration_endpoint"] == f"{running.url}/oauth/register"
    token = token_of(running, "builder", "developer")
    status, made = send(running, "POST", "/oauth/register", token, wants(running, client_name="Shop"))
    assert (status, made.get("grant_types")) == (201, ["authorization_code", "refresh_token"]), made
    assert made["registration_client_uri"].startswith(f"{about['registration_endpoint']}?client_id=c-")
    own = {"client_id": made["client_id"], "client_secret": made["client_secret"]}
    pushed = own | {
        "response_type": "code",
        "redirect_uri": BACK,
        "code_challenge": "x" * 43,
        "code_challenge_method": "S256",
    }
    assert asked(running, "/oauth/par", **pushed)[0] == 201
    target = made["registration_client_uri"].removeprefix(running.url)
    status, read = send(running, "GET", target, made["registration_access_token"])
    assert (status, read["redirect_uris"]) == (200, [BACK])
    assert send(running, "GET", target, made["registration_access_token"])[0] == 401
    change = wants(running, client_id=made["client_id"], redirect_uris=[f"{BACK}2"])
    status, changed = send(running, "PUT", target, read["registration_access_token"], change)
    assert (status, changed["redirect_uris"]) == (200, [f"{BACK}2"]), changed
    assert asked(running, "/oauth/par", **pushed)[0] == 401  # the secret is another one
    listed = json.loads(running.run("identity", "list", "--json").stdout)
    (itself,) = [each for each in listed if each["client_id"] == made["client_id"]]
    assert itself["id"].startswith("workload.self-")
    assert send(running, "DELETE", target, changed["registration_access_token"]) == (204, {})
    status, told = asked(running, "/oauth/par", **(pushed | {"client_secret": changed["client_secret"]}))
    assert (status, told["error"]) == (401, "invalid_client")
    assert kinds(running, itself["pseudonym"]) == [
        "access.principal.registered",
        "access.client.registered",
        "access.client.updated",
        "access.principal.revoked",
        "access.client.withdrawn",
    ]


def test_nobody_else_registers_and_what_is_wrong_is_said(running: Platform) -> None:
    said = wants(running)
    assert send(running, "POST", "/oauth/register", "", said)[0] == 401
    other = token_of(running, "other", "caller")
    status, told = send(running, "POST", "/oauth/register", other, said)
    assert (status, told["reason"]) == (403, "policy-denied")
    gateways = token_of(running, "builder-two", "developer", "bartizan:gateway")
    assert send(running, "POST", "/oauth/register", gateways, said)[0] == 401
    token = token_of(running, "builder-three", "developer")
    status, told = send(running, "POST", "/oauth/register", token, wants(running, scope="all"))
    assert (status, told["error"]) == (400, "invalid_client_metadata")
    status, told = send(
        running, "POST", "/oauth/register", token, wants(running, redirect_uris=["http://app.example/"])
    )
    assert (status, told["error"]) == (400, "invalid_redirect_uri")


def test_a_platform_with_the_built_in_policies_registers_nobody_and_does_not_say_that_it_would(
    shared_platform: Platform,
) -> None:
    running = shared_platform
    assert "registration_endpoint" not in json.loads(ask(running, "GET", ABOUT)[1])
    token = running.run("token", "--audience", "control").stdout.strip()
    status, told = send(running, "POST", "/oauth/register", token, wants(running))
    assert (status, told["type"]) == (403, "urn:bartizan:refusal:policy-denied")
