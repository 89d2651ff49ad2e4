"""Tokens that are bound to a key, as a client of another library asks for them and shows them."""

import base64
import hashlib
import json
import secrets
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest
from joserfc import jwk, jws
from openai import DefaultHttpxClient, OpenAI

import bartizan
from bench.bed.crowd import configured
from tests.e2e.conftest import Platform, Start, start
from tests.e2e.test_connect import connected, key_of
from tests.e2e.test_processes import CHAT, query, until
from tests.identity.forge import encode

pytestmark = pytest.mark.slow
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}
CHATS = "/v1/chat/completions"


@pytest.fixture(scope="module")
def running() -> Iterator[Platform]:
    """Yield a platform before a service that takes bound tokens only."""
    with configured() as configuration, ExitStack() as stack:
        yield start(stack, configuration=configuration + 'binding = "required"\n')


class Client:
    """Holds a key and what was issued for it; shares no code with the platform."""

    def __init__(self, running: Platform) -> None:
        self.running, self.nonces = running, dict[str, str]()
        self.key = jwk.ECKey.generate_key("P-256")
        made = json.loads(running.run("identity", "add", f"app-{secrets.token_hex(4)}", "--json").stdout)
        self.form = {"grant_type": "client_credentials"} | {
            each: made[each] for each in ("client_id", "client_secret")
        }

    def proof(self, path: str, token: str = "", method: str = "POST") -> str:
        claims: dict[str, Any] = {
            "jti": secrets.token_hex(8),
            "htm": method,
            "htu": f"http://localhost:{self.running.port}{path}",
            "iat": int(time.time()),
        }
        if path in self.nonces:
            claims["nonce"] = self.nonces[path]
        if token:
            claims["ath"] = encode(hashlib.sha256(token.encode()).digest())
        header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": self.key.as_dict(private=False)}
        return jws.serialize_compact(header, json.dumps(claims).encode(), self.key, ["ES256"])

    def ask(
        self, path: str, body: str, headers: dict[str, str]
    ) -> tuple[int, dict[str, Any], dict[str, str]]:
        connection = HTTPConnection("localhost", self.running.port, timeout=60)
        try:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            told = {name.lower(): value for name, value in answer.getheaders()}
            if "dpop-nonce" in told:
                self.nonces[path] = told["dpop-nonce"]
            return answer.status, json.loads(answer.read()), told
        finally:
            connection.close()

    def token(self) -> str:
        """Return a token, after the one refusal that tells the nonce, where there is none yet."""
        if "/oauth/token" not in self.nonces:
            status, said, _ = self.asked_for_token()
            assert (status, said["error"]) == (400, "use_dpop_nonce")
        status, said, _ = self.asked_for_token()
        assert (status, said["token_type"]) == (200, "DPoP"), said
        return str(said["access_token"])

    def asked_for_token(self) -> tuple[int, dict[str, Any], dict[str, str]]:
        return self.ask("/oauth/token", urlencode(self.form), FORM | {"DPoP": self.proof("/oauth/token")})

    def chat(
        self, token: str, proof: str, scheme: str = "DPoP"
    ) -> tuple[int, dict[str, Any], dict[str, str]]:
        headers = JSON | {"Authorization": f"{scheme} {token}"} | ({"DPoP": proof} if proof else {})
        return self.ask(CHATS, json.dumps(CHAT), headers)

    def fresh(self, token: str) -> str:
        """Return a proof that would be taken."""
        if CHATS not in self.nonces:
            assert self.chat(token, self.proof(CHATS, token))[0] == 401
        return self.proof(CHATS, token)


def reason(said: tuple[int, dict[str, Any], dict[str, str]]) -> tuple[int, str]:
    return said[0], str(said[1]["error"]["code"])


def test_a_bound_token_is_taken_with_its_keys_proof_and_in_no_other_way(running: Platform) -> None:
    client, thief = Client(running), Client(running)
    token = client.token()
    stale = client.chat(token, client.proof(CHATS, token))
    assert reason(stale) == (401, "proof-stale")
    assert 'error="use_dpop_nonce"' in stale[2]["www-authenticate"]
    proof = client.proof(CHATS, token)
    assert client.chat(token, proof)[0] == 200
    assert [client.chat(token, client.proof(CHATS, token))[0] for _ in range(5)] == [200] * 5
    assert reason(client.chat(token, proof)) == (401, "proof-replayed")
    assert reason(client.chat(token, "", "Bearer")) == (401, "proof-missing")
    assert reason(client.chat(token, client.proof(CHATS, token), "Bearer")) == (401, "proof-missing")
    thief.nonces = client.nonces
    assert reason(thief.chat(token, thief.proof(CHATS, token))) == (401, "proof-of-another")
    assert reason(client.chat(token, client.proof("/v1/models", token))) == (401, "proof-stale")
    other = client.token()
    assert reason(client.chat(token, client.proof(CHATS, other))) == (401, "proof-elsewhere")


def test_a_service_that_takes_bound_tokens_takes_no_others(running: Platform) -> None:
    client = Client(running)
    status, said, _ = client.ask("/oauth/token", urlencode(client.form), FORM)
    assert (status, said["token_type"]) == (200, "Bearer")
    bearer = said["access_token"]
    assert reason(client.chat(bearer, "", "Bearer")) == (401, "binding-missing")
    assert reason(client.chat(bearer, client.fresh(client.token()))) == (401, "token-unbound")
    assert reason(client.chat(running.token(), "", "Bearer")) == (401, "binding-missing")


def test_a_proof_of_a_token_request_is_taken_once_and_needs_a_nonce(running: Platform) -> None:
    client = Client(running)
    client.token()
    proof = FORM | {"DPoP": client.proof("/oauth/token")}
    assert client.ask("/oauth/token", urlencode(client.form), proof)[0] == 200
    status, said, told = client.ask("/oauth/token", urlencode(client.form), proof)
    assert (status, said["error"]) == (400, "invalid_dpop_proof")
    assert told["dpop-nonce"]
    broken = client.ask("/oauth/token", urlencode(client.form), FORM | {"DPoP": "a.b.c"})
    assert (broken[0], broken[1]["error"]) == (400, "invalid_dpop_proof")


def test_the_record_says_what_a_token_is_bound_to(running: Platform) -> None:
    client = Client(running)
    client.token()
    client.ask("/oauth/token", urlencode(client.form), FORM)
    until(lambda: bindings(running) >= {"key", "none"})


def bindings(running: Platform) -> set[str]:
    issued = query(running, "--kind", "access.token.issued")
    return {event["detail"]["binding"] for event in issued}


# ---- clients of ours -------------------------------------------------------------------------------------------
def test_connect_shows_bound_tokens_for_clients_that_know_of_none(running: Platform) -> None:
    with (
        connected(running, "--state", str(running.state)) as (said, _),
        OpenAI(api_key=key_of(said), base_url=said["set"]["OPENAI_BASE_URL"], max_retries=0) as client,
    ):
        for _ in range(3):
            assert chatted(client)


def test_connect_shows_bound_tokens_of_a_registered_client_too(running: Platform) -> None:
    client = Client(running)
    url = f"http://localhost:{running.port}"
    words = (url, "--client-id", client.form["client_id"], "--secret", "env:BOUND_SECRET")
    with (
        connected(running, *words, BOUND_SECRET=client.form["client_secret"]) as (said, _),
        OpenAI(api_key=key_of(said), base_url=said["set"]["OPENAI_BASE_URL"], max_retries=0) as api,
    ):
        assert chatted(api)


def test_the_official_client_shows_bound_tokens_with_our_providers_hook(running: Platform) -> None:
    provider = bartizan.token_provider.bound(running.state)
    with OpenAI(
        api_key="unused",
        base_url=f"http://localhost:{running.port}/v1",
        http_client=DefaultHttpxClient(auth=provider.auth(httpx2.Auth)),
        max_retries=0,
    ) as api:
        for _ in range(3):
            assert chatted(api)


def test_any_program_shows_a_registered_clients_bound_token_with_fields_of_ours(
    running: Platform, tmp_path: Path
) -> None:
    client = Client(running)
    (tmp_path / "secret").write_text(client.form["client_secret"])
    (tmp_path / "secret").chmod(0o600)
    url = f"http://localhost:{running.port}"
    provider = bartizan.token_provider.bound_for_client(
        f"{url}/oauth/token", client.form["client_id"], f"file:{tmp_path}/secret", ca=tmp_path / "none"
    )
    for expected in (401, 200, 200):
        said = client.ask(CHATS, json.dumps(CHAT), JSON | provider.headers("POST", url + CHATS))
        assert said[0] == expected
        assert provider.told(said[0], said[2]) is (expected == 401)


def chatted(api: OpenAI) -> bool:
    made = api.chat.completions.create(model="m", messages=[{"role": "user", "content": "hi"}])
    return bool(made.choices[0].message.content)


# ---- bound to a certificate ------------------------------------------------------------------------------------
def test_a_token_that_was_got_with_a_certificate_is_taken_over_connections_that_show_it(
    platform: Start, tmp_path: Path
) -> None:
    running = platform(configuration='client_certificates = "optional"\n')
    made = json.loads(running.run("identity", "add", "app", "--json").stdout)
    form = urlencode(
        {"grant_type": "client_credentials"} | {each: made[each] for each in ("client_id", "client_secret")}
    )
    own, other = (certificate(tmp_path, name) for name in ("own", "other"))
    status, said = over(running, own, "/oauth/token", form, FORM)
    assert (status, said["token_type"]) == (200, "Bearer")
    bound = JSON | {"Authorization": f"Bearer {said['access_token']}"}
    chat = json.dumps(CHAT)
    assert over(running, own, CHATS, chat, bound)[0] == 200
    for shown in (other, None):
        status, refused = over(running, shown, CHATS, chat, bound)
        assert (status, refused["error"]["code"]) == (401, "certificate-wrong")
    status, said = over(running, None, "/oauth/token", form, FORM | {"X-Bartizan-Certificate": "a" * 43})
    free = JSON | {"Authorization": f"Bearer {said['access_token']}"}
    assert over(running, None, CHATS, chat, free)[0] == 200  # what a client says of certificates is not heard
    until(lambda: bindings(running) == {"certificate", "none"})
    named = running.run("identity", "add", "mesh", "--key", str(tmp_path / "own.crt"), "--json").stdout
    form = urlencode({"grant_type": "client_credentials", "client_id": json.loads(named)["client_id"]})
    status, said = over(running, own, "/oauth/token", form, FORM)
    bound = JSON | {"Authorization": f"Bearer {said['access_token']}"}
    assert [over(running, shown, CHATS, chat, bound)[0] for shown in (own, other)] == [200, 401]
    for shown in (other, None):
        headers = FORM | {"X-Bartizan-Certificate": thumbprint(tmp_path / "own.crt")}
        assert over(running, shown, "/oauth/token", form, headers)[0] == 401


def thumbprint(file: Path) -> str:
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(file.read_text())).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def certificate(folder: Path, name: str) -> Path:
    """Return a file with a new key and a certificate that it signed itself."""
    file = folder / f"{name}.pem"
    words = ("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    more = ("-keyout", str(file), "-out", str(folder / f"{name}.crt"), "-subj", f"/CN={name}", "-days", "2")
    subprocess.run((*words, *more), check=True, capture_output=True)
    file.write_text(file.read_text() + (folder / f"{name}.crt").read_text())
    return file


def over(
    running: Platform, shown: Path | None, path: str, body: str, headers: dict[str, str]
) -> tuple[int, dict[str, Any]]:
    context = ssl.create_default_context(cafile=str(running.authority))
    if shown is not None:
        context.load_cert_chain(shown)
    with closing(HTTPSConnection("localhost", running.port, timeout=60, context=context)) as connection:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
