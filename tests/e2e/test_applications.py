"""Clients that sign and applications that ask people, through the front door of a running platform."""

import json
import ssl
import time
from contextlib import closing
from http.client import HTTPSConnection
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


def ask(
    running: Platform, method: str, path: str, body: str = "", headers: dict[str, str] | None = None
) -> tuple[int, str]:
    context = ssl.create_default_context(cafile=str(running.state / "ca.pem"))
    with closing(HTTPSConnection("localhost", running.port, timeout=20, context=context)) as connection:
        connection.request(method, path, body or None, headers or {})
        answer = connection.getresponse()
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


def test_a_new_key_is_published_and_old_tokens_go_on(shared_platform: Platform) -> None:
    running = shared_platform
    bearer = {"Authorization": f"Bearer {running.token()}", "Content-Type": "application/json"}
    before = {key["kid"] for key in json.loads(ask(running, "GET", "/oauth/jwks")[1])["keys"]}
    rotated = running.run("issuer", "rotate")
    assert (rotated.returncode, "signs in 300 s" in rotated.stdout) == (0, True), rotated.stderr
    after = {key["kid"] for key in json.loads(ask(running, "GET", "/oauth/jwks")[1])["keys"]}
    assert before < after
    assert ask(running, "POST", "/v1/chat/completions", json.dumps(CHAT), bearer)[0] == 200
