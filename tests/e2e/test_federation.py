"""A workload of another trust domain calls a service: two platforms, each a trust domain of its own, and SPIFFE's own client.

There is no SPIRE here: the other platform serves the Workload API that the first one reads the bundle from.
"""

import base64
import json
import os
import secrets
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from http.client import HTTPSConnection
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jwk, jws

from bartizan import access
from bartizan.access.issue.jwt_svid import ASSERTION_TYPE
from bartizan.access.issue.svid import GRANT
from bartizan.clock import SystemClock
from bartizan.identity.compact import encoded
from bartizan.identity.holder import Holder
from bartizan.identity.trust_bundle import made, written
from tests.crypto.domains import public
from tests.e2e.conftest import Platform, start
from tests.e2e.test_processes import CHAT, query
from tests.e2e.test_workloads import FORM, fetch
from tests.foreign import environment

pytestmark = pytest.mark.slow
DOMAIN = "corp.example"
URI = f"spiffe://{DOMAIN}/workload/shop"
TOKENS = jwk.ECKey.generate_key("P-256", {"kid": "one"})
TOLD = "spiffe://told.example/ns/prod/sa/teller"
ONLY_SHOPS = """
@id("shops-alone")
forbid (principal is Workload, action == Action::"embed", resource)
unless { context.trust_domain == "corp.example" && context.spiffe_path == "/workload/shop" };
"""


def wait_for(what: Callable[[], object]) -> None:
    for _ in range(600):
        if what():
            return
        time.sleep(0.1)
    pytest.fail("it did not come to it")


@pytest.fixture(scope="module")
def there() -> Iterator[Platform]:
    """Yield the other platform, which knows workloads of its own trust domain."""
    known = "\n".join(f'[[workload]]\nname = "{name}"\nuid = {os.geteuid()}' for name in ("shop", "other"))
    with ExitStack() as stack:
        yield start(stack, configuration=f'[workload_api]\ntrust_domain = "{DOMAIN}"\n{known}\n')


@pytest.fixture(scope="module")
def here(there: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """Yield a platform that believes both that domain and one that it has in a file."""
    file = tmp_path_factory.mktemp("told") / "told.json"
    file.write_bytes(written(made([], [public(TOKENS)], "told.example")))
    file.chmod(0o600)
    configuration = f"""client_certificates = "optional"
[policy]
path = "policies"
[[trust_domain]]
name = "corp"
trust_domain = "{DOMAIN}"
endpoint_socket = "unix://{there.state}/run/workload.sock"
[trust_domain.workloads]
"/workload/shop" = "shop"
[[trust_domain]]
name = "told"
trust_domain = "told.example"
bundle_file = "{file}"
[trust_domain.workloads]
"/ns/prod/sa/teller" = "teller"
"""
    with ExitStack() as stack:
        text = (resources.files(access) / "default.cedar").read_text() + ONLY_SHOPS
        platform = start(stack, configuration=configuration, policies={"all.cedar": text})
        for name in ("shop", "teller"):
            assert platform.run("identity", "add", name).returncode == 0
        wait_for(lambda: all(each["confirmed"] for each in domains(platform)) and domains(platform))
        ready = int(time.time())
        wait_for(
            lambda: int(time.time()) > ready
        )  # what is of the second of the start is refused as untimely
        yield platform


def domains(platform: Platform) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = platform.status()["domains"]
    return found


class Caller:
    """Asks a platform, with a certificate or without."""

    def __init__(self, platform: Platform, certificate: Path | None = None, key: Path | None = None) -> None:
        self.platform, self.context = platform, ssl.create_default_context(cafile=platform.authority)
        if certificate is not None:
            self.context.load_cert_chain(certificate, key)

    def ask(self, path: str, body: str, headers: dict[str, str]) -> tuple[int, dict[str, Any], str]:
        with closing(
            HTTPSConnection("localhost", self.platform.port, context=self.context, timeout=240)
        ) as connection:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read()), answer.headers.get("DPoP-Nonce", "")

    def grant(self, form: dict[str, str], **headers: str) -> tuple[int, dict[str, Any], str]:
        return self.ask("/oauth/token", urlencode(form), FORM | headers)

    def chat(self, token: str, path: str = "/v1/chat/completions", body: object = CHAT) -> tuple[int, Any]:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        status, said, _ = self.ask(path, json.dumps(body), headers)
        return status, said


@pytest.fixture(scope="module")
def svid(there: Platform, here: Platform, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with what SPIFFE's own client got of the other platform: its first SVID, the shop's."""
    assert here.port
    folder = tmp_path_factory.mktemp("svid")
    got = fetch(there.state / "run" / "workload.sock", folder)
    assert got.returncode == 0, got.stderr
    assert got.stdout.strip() == URI
    return folder


def by_certificate(here: Platform, folder: Path, **changed: object) -> dict[str, str]:
    now, key = int(time.time()), jwk.ECKey.import_key((folder / "svid.key").read_bytes())
    said = {"iss": URI, "sub": URI, "aud": here.url, "iat": now, "exp": now + 50} | changed
    der = base64.b64encode(ssl.PEM_cert_to_DER_cert((folder / "svid.pem").read_text())).decode()
    said |= {"jti": secrets.token_hex(8)}
    head = {"alg": "ES256", "x5c": [der]}
    return {
        "grant_type": GRANT,
        "assertion": jws.serialize_compact(head, json.dumps(said).encode(), key, ["ES256"]),
    }


def test_a_workload_of_another_domain_gets_a_token_bound_to_its_certificate(
    here: Platform, svid: Path
) -> None:
    caller = Caller(here, svid / "svid.pem", svid / "svid.key")
    status, said, _ = caller.grant(by_certificate(here, svid))
    assert status == 200, said
    payload = said["access_token"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    certificate = x509.load_pem_x509_certificate((svid / "svid.pem").read_bytes())
    assert claims["cnf"] == {"x5t#S256": encoded(certificate.fingerprint(SHA256()))}
    assert (claims["sub"], claims["spiffe_id"]) == ("workload.shop", URI)
    assert caller.chat(said["access_token"])[0] == 200
    status, refused = Caller(here).chat(said["access_token"])
    assert (status, refused["error"]["code"]) == (401, "certificate-wrong")
    issued = query(here, "--kind", "access.token.issued")
    assert [one["detail"]["domain"] for one in issued if one["detail"]["grant"] == "workload"] == ["corp"]


def test_policies_see_domain_and_path(here: Platform, svid: Path) -> None:
    caller = Caller(here, svid / "svid.pem", svid / "svid.key")
    token = caller.grant(by_certificate(here, svid))[1]["access_token"]
    embed = {"model": "gullible", "input": "a"}
    assert caller.chat(token, "/v1/embeddings", embed)[0] != 403
    teller = jwt_granted(here)
    holder, token = teller
    assert dpop(here, holder, token, "/v1/embeddings", embed)[0] == 403
    assert dpop(here, holder, token, "/v1/chat/completions", CHAT)[0] == 200


def dpop(here: Platform, holder: Holder, token: str, path: str, body: object) -> tuple[int, Any]:
    nonce, status, said = "", 0, None
    for _ in range(2):
        proof = holder.proof("POST", here.url + path, SystemClock().now(), token=token, nonce=nonce)
        headers = {"Content-Type": "application/json", "Authorization": f"DPoP {token}", "DPoP": proof}
        status, said, nonce = Caller(here).ask(path, json.dumps(body), headers)
    return status, said


def jwt_svid(here: Platform, **changed: object) -> str:
    now = int(time.time())
    said = {"sub": TOLD, "aud": [here.url], "iat": now, "exp": now + 290} | changed
    return jws.serialize_compact({"alg": "ES256", "kid": "one"}, json.dumps(said).encode(), TOKENS, ["ES256"])


def asked(here: Platform, token: str, holder: Holder) -> tuple[int, dict[str, Any]]:
    """Return what becomes of a JWT-SVID that is shown as a client's assertion, with a proof of a key."""
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": token,
        "client_id": TOLD,
    }
    nonce, status, said = "", 0, dict[str, Any]()
    for _ in range(2):
        proof = holder.proof("POST", here.url + "/oauth/token", SystemClock().now(), nonce=nonce)
        status, said, nonce = Caller(here).grant(form, DPoP=proof)
        if status == 200:
            break
    return status, said


def jwt_granted(here: Platform) -> tuple[Holder, str]:
    holder = Holder()
    status, said = asked(here, jwt_svid(here), holder)
    assert (status, said.get("token_type")) == (200, "DPoP"), said
    return holder, said["access_token"]


def test_a_token_of_a_domain_is_good_for_one_key(here: Platform) -> None:
    token, mine = jwt_svid(here), Holder()
    assert asked(here, token, mine)[0] == 200
    assert asked(here, token, mine)[0] == 200
    assert asked(here, token, Holder())[1]["error"] == "invalid_grant"
    assert asked(here, jwt_svid(here, aud="https://elsewhere.example"), mine)[1]["error"] == "invalid_grant"
    status, said, _ = Caller(here).grant({"grant_type": GRANT, "assertion": jwt_svid(here)})
    assert (status, said["error"]) == (400, "invalid_request")  # with nothing that it could be bound to
    require_refused(here, "assertion-replayed", "assertion-elsewhere", "binding-missing")


def require_refused(here: Platform, *reasons: str) -> None:
    """Wait until refusals for all these reasons are on record; they are written once a second."""
    wanted = set(reasons)
    wait_for(
        lambda: wanted <= {one["detail"]["reason"] for one in query(here, "--kind", "access.token.refused")}
    )


def test_the_metadata_say_so(here: Platform, there: Platform) -> None:
    for platform, takes in ((here, True), (there, False)):
        context = ssl.create_default_context(cafile=platform.authority)
        with closing(HTTPSConnection("localhost", platform.port, context=context, timeout=240)) as connection:
            connection.request("GET", "/.well-known/oauth-authorization-server")
            said = json.loads(connection.getresponse().read())
        assert ("spiffe_jwt" in said["token_endpoint_auth_methods_supported"]) is takes
        assert GRANT in said["grant_types_supported"]


def test_a_workload_that_is_not_named_is_nobody(here: Platform, there: Platform, tmp_path: Path) -> None:
    script = """
import sys
from cryptography.hazmat.primitives.serialization import Encoding
from spiffe import WorkloadApiClient
with WorkloadApiClient(f"unix:{sys.argv[1]}") as client:
    other = [one for one in client.fetch_x509_svids() if str(one.spiffe_id).endswith("/other")][0]
    other.save(sys.argv[2], sys.argv[3], Encoding.PEM)
"""
    words: list[str | Path] = [
        environment("spiffe") / "python",
        "-c",
        script,
        there.state / "run" / "workload.sock",
    ]
    subprocess.run([*words, tmp_path / "svid.pem", tmp_path / "svid.key"], check=True, timeout=240)
    uri = URI.replace("shop", "other")
    form = by_certificate(here, tmp_path, iss=uri, sub=uri)
    status, said, _ = Caller(here, tmp_path / "svid.pem", tmp_path / "svid.key").grant(form)
    assert (status, said["error"]) == (400, "invalid_grant")
    require_refused(here, "workload-unknown")


def test_people_are_told_how_a_domain_stands(here: Platform) -> None:
    told = {each["name"]: each for each in domains(here)}
    assert (told["corp"]["authorities"], told["corp"]["keys"]) == (1, 0)
    assert (told["told"]["authorities"], told["told"]["keys"]) == (0, 1)
    shown = here.run("status").stdout
    assert "corp.example: 1 authorities, 0 keys, held " in shown
    assert "trust domain corp" in here.run("doctor").stdout


def test_the_bundle_outlives_its_server_and_people_are_told(
    here: Platform, there: Platform, svid: Path
) -> None:
    assert there.run("down").returncode == 0
    wait_for(lambda: {each["name"]: each["word"] for each in domains(here)}["corp"])
    caller = Caller(here, svid / "svid.pem", svid / "svid.key")
    assert caller.grant(by_certificate(here, svid))[0] == 200
    assert "cannot be read: unreachable" in here.run("status").stdout
    assert "its source cannot be read (unreachable)" in here.run("doctor").stdout
    unread = query(here, "--kind", "access.bundle.unread")
    assert {one["detail"]["domain"] for one in unread} == {"corp"}
