"""A workload gets its certificate from a running platform by SPIFFE's own client, and calls a service with it."""

import base64
import hashlib
import json
import os
import secrets
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jwk, jws

from bartizan.access.issue.svid import GRANT
from bartizan.clock import SystemClock
from bartizan.identity.compact import encoded
from bartizan.identity.holder import Holder
from tests.attacks.test_workload_api_abused import CALL
from tests.e2e.conftest import Platform, start
from tests.e2e.test_processes import CHAT, query
from tests.foreign import environment

pytestmark = pytest.mark.slow
PYTHON = Path(sys.executable).resolve()
URI = "spiffe://bartizan.local/workload/indexer"
FETCHES = """
import sys
from spiffe import WorkloadApiClient
with WorkloadApiClient(f"unix:{sys.argv[1]}") as client:
    svid, bundles = client.fetch_x509_svid(), client.fetch_x509_bundles()
    svid.save(sys.argv[2], sys.argv[3], __import__("cryptography").hazmat.primitives.serialization.Encoding.PEM)
    print(svid.spiffe_id)
"""
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def fetch(socket_path: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run SPIFFE's client, which leaves certificate and key in a folder."""
    words: list[str | Path] = [
        environment("spiffe") / "python",
        "-c",
        FETCHES,
        socket_path,
        folder / "svid.pem",
        folder / "svid.key",
    ]
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=240)


@pytest.fixture(scope="module")
def running() -> Iterator[Platform]:
    """Yield a platform that knows a workload by its user, its group, its file and that file's digest."""
    digest = hashlib.sha256(PYTHON.read_bytes()).hexdigest()
    workload = f'name = "indexer"\nuid = {os.geteuid()}\ngid = {os.getegid()}\npath = "{PYTHON}"\nsha256 = "{digest}"'
    other = f'name = "other"\nuid = {os.geteuid()}\npath = "/bin/cat"'
    with ExitStack() as stack:
        configuration = f'client_certificates = "optional"\n[[workload]]\n{workload}\n[[workload]]\n{other}\n'
        platform = start(stack, configuration=configuration)
        assert platform.run("identity", "add", "indexer").returncode == 0
        ready = int(time.time())
        while int(time.time()) <= ready:  # what is of the second of the start is refused as untimely
            time.sleep(0.05)
        yield platform


class Workload:
    """Holds what SPIFFE's client got."""

    def __init__(self, running: Platform, folder: Path) -> None:
        got = fetch(running.state / "run" / "workload.sock", folder)
        assert got.returncode == 0, got.stderr
        assert got.stdout.strip() == URI
        self.running, self.folder = running, folder
        self.certificate = x509.load_pem_x509_certificate((folder / "svid.pem").read_bytes())
        self.key = jwk.ECKey.import_key((folder / "svid.key").read_bytes())

    @property
    def thumbprint(self) -> str:
        return encoded(self.certificate.fingerprint(SHA256()))

    def assertion(self, **changed: object) -> str:
        now = int(time.time())
        said = {
            "iss": URI,
            "sub": URI,
            "aud": f"https://localhost:{self.running.port}",
            "iat": now,
            "exp": now + 50,
        }
        said |= {"jti": secrets.token_hex(8)} | changed
        der = base64.b64encode(ssl.PEM_cert_to_DER_cert((self.folder / "svid.pem").read_text())).decode()
        return jws.serialize_compact(
            {"alg": "ES256", "x5c": [der]}, json.dumps(said).encode(), self.key, ["ES256"]
        )

    def ask(
        self, path: str, body: str, headers: dict[str, str], *, shows: bool = True
    ) -> tuple[int, dict[str, Any]]:
        context = ssl.create_default_context(cafile=self.running.authority)
        if shows:
            context.load_cert_chain(self.folder / "svid.pem", self.folder / "svid.key")
        with closing(
            HTTPSConnection("localhost", self.running.port, context=context, timeout=240)
        ) as connection:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())

    def grant(self, assertion: str, *, shows: bool = True) -> tuple[int, dict[str, Any]]:
        return self.ask(
            "/oauth/token", urlencode({"grant_type": GRANT, "assertion": assertion}), FORM, shows=shows
        )

    def chat(self, token: str, *, shows: bool = True) -> tuple[int, dict[str, Any]]:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        return self.ask("/v1/chat/completions", json.dumps(CHAT), headers, shows=shows)


@pytest.fixture(scope="module")
def workload(running: Platform, tmp_path_factory: pytest.TempPathFactory) -> Workload:
    return Workload(running, tmp_path_factory.mktemp("svid"))


def test_a_workload_calls_a_service_with_nothing_but_what_it_is(workload: Workload) -> None:
    status, said = workload.grant(workload.assertion())
    assert status == 200, said
    token = said["access_token"]
    assert workload.chat(token)[0] == 200
    payload = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert claims["cnf"] == {"x5t#S256": workload.thumbprint}
    status, said = workload.chat(token, shows=False)
    assert (status, said["error"]["code"]) == (401, "certificate-wrong")


def test_its_certificate_lives_an_hour_and_is_on_record(workload: Workload) -> None:
    left = workload.certificate.not_valid_after_utc.timestamp() - time.time()
    assert 3000 < left <= 3600
    found = query(workload.running, "--kind", "access.svid.issued")
    assert found
    assert {(one["detail"]["workload"], one["detail"]["seconds"]) for one in found} == {("indexer", 3600)}


def test_its_token_can_be_bound_to_a_key_of_its_own_instead(workload: Workload) -> None:
    holder, nonce, status, said = Holder(), "", 0, dict[str, Any]()
    url = f"https://localhost:{workload.running.port}/oauth/token"
    for _ in range(2):
        proof = holder.proof("POST", url, SystemClock().now(), nonce=nonce)
        form = urlencode({"grant_type": GRANT, "assertion": workload.assertion()})
        context = ssl.create_default_context(cafile=workload.running.authority)
        with closing(
            HTTPSConnection("localhost", workload.running.port, context=context, timeout=240)
        ) as there:
            there.request("POST", "/oauth/token", form, FORM | {"DPoP": proof})
            answer = there.getresponse()
            status, said, nonce = answer.status, json.loads(answer.read()), answer.headers["DPoP-Nonce"]
    assert (status, said["token_type"]) == (200, "DPoP"), said
    status, refused = workload.chat(said["access_token"], shows=False)
    assert (status, refused["error"]["code"]) == (401, "proof-missing")


def test_an_assertion_is_taken_once_and_no_token_of_a_workload_is_unbound(workload: Workload) -> None:
    shown = workload.assertion()
    assert workload.grant(shown)[0] == 200
    status, said = workload.grant(shown)
    assert (status, said["error"]) == (400, "invalid_grant")
    status, said = workload.grant(workload.assertion(), shows=False)
    assert (status, said["error"]) == (400, "invalid_request")
    assert workload.grant(workload.assertion(aud="https://elsewhere.example"))[0] == 400


def test_another_program_of_the_same_user_gets_nothing(running: Platform) -> None:
    script = (
        "use IO::Socket::UNIX; $s = IO::Socket::UNIX->new($ARGV[0]) or die;"
        "$s->syswrite(pack('H*', $ARGV[1])); 1 while $s->sysread($b, 4096);"
    )
    words = ("perl", "-e", script, str(running.state / "run" / "workload.sock"), CALL.hex())
    with subprocess.Popen(words) as perl:  # it speaks no HTTP/2, and plays what a client of the API sends
        found: list[dict[str, Any]] = []
        while not found and perl.poll() is None:
            time.sleep(0.1)
            found = query(running, "--kind", "access.svid.refused")
        perl.kill()
    assert {one["detail"]["reason"] for one in found} == {"no-workload"}
    assert {one["subject"] for one in query(running, "--kind", "access.svid.issued")} == {"indexer"}


def test_a_revoked_workload_gets_no_token_though_its_certificate_is_good(workload: Workload) -> None:
    token = workload.grant(workload.assertion())[1]["access_token"]
    assert workload.running.run("identity", "revoke", "workload.indexer").returncode == 0
    assert workload.grant(workload.assertion())[0] == 400
    assert workload.chat(token)[0] == 401


def test_the_socket_goes_with_the_platform(running: Platform) -> None:
    path = running.state / "run" / "workload.sock"
    assert path.is_socket()
    assert path.stat().st_mode & 0o077 == 0
    assert {one["kind"] for one in running.status()["processes"]} >= {"workloads"}
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
