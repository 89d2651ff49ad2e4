"""Clients that sign and applications that ask people, through the front door of a running platform."""

import json
import ssl
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from joserfc import jwk, jwt

from tests.e2e.conftest import Platform
from tests.e2e.test_processes import CHAT

pytestmark = pytest.mark.slow
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@contextmanager
def served(
    running: Platform, method: str, path: str, body: str = "", headers: dict[str, str] | None = None
) -> Iterator[HTTPResponse]:
    context = ssl.create_default_context(cafile=str(running.state / "ca.pem"))
    with closing(HTTPSConnection("localhost", running.port, timeout=60, context=context)) as connection:
        connection.request(method, path, body or None, headers or {})
        yield connection.getresponse()


def ask(
    running: Platform, method: str, path: str, body: str = "", headers: dict[str, str] | None = None
) -> tuple[int, str]:
    with served(running, method, path, body, headers) as answer:
        return answer.status, answer.read().decode()


def asked(running: Platform, path: str, **said: str) -> tuple[int, dict[str, Any]]:
    status, body = ask(running, "POST", path, urlencode(said), FORM)
    found: dict[str, Any] = json.loads(body)
    return status, found


def test_a_client_that_signs_calls_the_one_service_that_its_token_is_for(
    shared_platform: Platform, tmp_path: Path
) -> None:
    running, key = shared_platform, jwk.ECKey.generate_key("P-256")
    file = tmp_path / "key.json"
    file.write_text(json.dumps(key.as_dict(private=False)))
    made = json.loads(running.run("identity", "add", "signer", "--key", str(file), "--json").stdout)
    issuer = json.loads(ask(running, "GET", "/.well-known/openid-configuration")[1])["issuer"]

    def token(resource: str) -> tuple[int, dict[str, Any]]:
        own = {"iss": made["client_id"], "sub": made["client_id"], "aud": issuer}
        said = own | {"jti": resource, "exp": int(time.time()) + 60}
        shown = jwt.encode({"alg": "ES256"}, said, key)
        return asked(
            running,
            "/oauth/token",
            grant_type="client_credentials",
            client_assertion_type=ASSERTION,
            client_assertion=shown,
            resource=resource,
        )

    status, said = token(f"{issuer}/sample")
    assert status == 200, said
    bearer = {"Authorization": f"Bearer {said['access_token']}", "Content-Type": "application/json"}
    assert ask(running, "POST", "/sample/v1/chat/completions", json.dumps(CHAT), bearer)[0] == 200
    assert token(f"{issuer}/sample")[0] == 401  # the same jti
    assert token(f"{issuer}/nowhere")[1]["error"] == "invalid_target"
    file.write_text(json.dumps(key.as_dict(private=True)))
    refused = running.run("identity", "key", made["id"], str(file))
    assert (refused.returncode, "public half alone" in refused.stderr) == (2, True)


def test_an_application_pushes_its_request_and_has_a_person_sign_in_first(
    shared_platform: Platform,
) -> None:
    running = shared_platform
    address = ("--redirect", "http://127.0.0.1/back", "--public")
    added = running.run("identity", "add", "desktop", *address, "--json")
    assert added.returncode == 0, added.stderr
    client = json.loads(added.stdout)["client_id"]
    said = {
        "client_id": client,
        "response_type": "code",
        "redirect_uri": "http://127.0.0.1:49152/back",
        "code_challenge": "x" * 43,
    }
    status, pushed = asked(running, "/oauth/par", code_challenge_method="S256", state="s", **said)
    assert status == 201, pushed
    status, page = ask(
        running,
        "GET",
        f"/oauth/authorize?{urlencode({'client_id': client, 'request_uri': pushed['request_uri']})}",
    )
    assert status == 303, page
    assert asked(running, "/oauth/par", code_challenge_method="plain", **said)[0] == 400
    mistake = running.run("identity", "add", "wrong", "--redirect", "http://evil.example/back")
    assert (mistake.returncode, "without fragment" in mistake.stderr) == (2, True)


def test_a_client_asks_about_its_token_and_gives_it_back(shared_platform: Platform) -> None:
    running = shared_platform
    made = json.loads(running.run("identity", "add", "careful", "--json").stdout)
    own = {"client_id": made["client_id"], "client_secret": made["client_secret"]}
    token = asked(running, "/oauth/token", grant_type="client_credentials", **own)[1]["access_token"]
    bearer = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    assert ask(running, "POST", "/sample/v1/chat/completions", json.dumps(CHAT), bearer)[0] == 200
    assert asked(running, "/oauth/introspect", token=token, **own)[1]["sub"] == made["id"]
    assert asked(running, "/oauth/revoke", token=token, **own) == (200, {})
    assert ask(running, "POST", "/sample/v1/chat/completions", json.dumps(CHAT), bearer)[0] == 401
    assert asked(running, "/oauth/introspect", token=token, **own) == (200, {"active": False})


def test_an_agent_acts_for_another_and_the_record_says_for_whom_and_who(shared_platform: Platform) -> None:
    running = shared_platform
    person = json.loads(running.run("identity", "add", "lender", "--json").stdout)
    roles = ("--role", "agent", "--role", "caller")
    agent = json.loads(running.run("identity", "add", "borrower", *roles, "--json").stdout)
    own, agents = ({name: each[name] for name in ("client_id", "client_secret")} for each in (person, agent))
    token = asked(running, "/oauth/token", grant_type="client_credentials", **own)[1]["access_token"]
    exchange = {"grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "subject_token": token}
    kind = "urn:ietf:params:oauth:token-type:access_token"
    status, said = asked(running, "/oauth/token", subject_token_type=kind, **exchange, **agents)
    assert (status, said["issued_token_type"]) == (200, kind), said
    refused = asked(running, "/oauth/token", subject_token_type=kind, **exchange, **own)
    assert refused == (400, refused[1] | {"error": "unauthorized_client"})
    bearer = {"Authorization": f"Bearer {said['access_token']}", "Content-Type": "application/json"}
    with served(running, "POST", "/sample/v1/chat/completions", json.dumps(CHAT), bearer) as answer:
        assert answer.status == 200
        name = answer.headers["x-request-id"]
    people = json.loads(running.run("identity", "list", "--json").stdout)
    named = {each["id"]: each["pseudonym"] for each in people}
    admitted = running.record(name, "gateway.request.admitted")
    assert admitted["actor"] == named[person["id"]]
    assert admitted["detail"]["agent"] == named[agent["id"]].removeprefix("p-")
    running.run("identity", "revoke", agent["id"])
    assert ask(running, "POST", "/sample/v1/chat/completions", json.dumps(CHAT), bearer)[0] == 401


def test_a_new_key_is_published_and_old_tokens_go_on(shared_platform: Platform) -> None:
    running = shared_platform
    bearer = {"Authorization": f"Bearer {running.token()}", "Content-Type": "application/json"}
    before = {key["kid"] for key in json.loads(ask(running, "GET", "/oauth/jwks")[1])["keys"]}
    rotated = running.run("issuer", "rotate")
    assert (rotated.returncode, "signs in 300 s" in rotated.stdout) == (0, True), rotated.stderr
    after = {key["kid"] for key in json.loads(ask(running, "GET", "/oauth/jwks")[1])["keys"]}
    assert before < after
    assert ask(running, "POST", "/v1/chat/completions", json.dumps(CHAT), bearer)[0] == 200
