"""A real Envoy in front of a plain service asks the platform, which decides, limits and records; nothing else gets through."""

import base64
import http.client
import json
import ssl
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml
from typing_extensions import override

from tests.e2e import proxies
from tests.e2e.conftest import Platform, start
from tests.e2e.test_processes import query
from tests.ports import free_port

pytestmark = [pytest.mark.slow, proxies.needed]
SECRET = "0123456789abcdef" * 4
FORGED = "x.y.z"
CONFIGURATION = """
[edge]
secret = "env:EDGE"
services = ["reports"]
hosts = ["reports.example"]
limits = { requests_per_minute = 300 }
"""


@dataclass
class Scene:
    """An Envoy, the platform that it asks, and what the service behind it got."""

    platform: Platform
    port: int
    visitor: str = ""
    got: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    def ask(
        self, method: str = "GET", path: str = "/of/2026?q=%C3%A4&r=1", *, token: str = "", **fields: str
    ) -> tuple[int, dict[str, str], bytes]:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"host": "reports.example", **fields}
        if token:
            headers["authorization"] = f"Bearer {token}"
        line.request(method, path, body=b"content" if method == "POST" else None, headers=headers)
        answer = line.getresponse()
        told = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        line.close()
        return told


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    with ExitStack() as stack:
        platform = start(stack, configuration=CONFIGURATION, environment={"EDGE": SECRET})
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bartizan-")))
        found = Scene(platform, free_port())

        class Service(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                found.got.append((self.command, self.path, headers, body))
                self.send_response(200)
                self.send_header("content-length", "7")
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(b"reports")

            do_POST = do_DELETE = do_HEAD = do_GET  # noqa: N815 - the library's names

            @override
            def log_message(self, format: str, *args: object) -> None:
                return

        service = ThreadingHTTPServer(("127.0.0.1", 0), Service)
        threading.Thread(target=service.serve_forever, kwargs={"poll_interval": 0.01}).start()
        stack.callback(service.server_close)
        stack.callback(service.shutdown)
        file = folder / "envoy.json"
        file.write_text(json.dumps(_asking(platform, found.port, service.server_address[1])))

        def ready() -> bool:
            try:
                return found.ask()[0] == 401
            except OSError:
                return False

        stack.enter_context(proxies.envoy(file, ready))
        found.visitor = _of_a_visitor(platform)
        found.got.clear()
        yield found


def _asking(platform: Platform, port: int, service: int) -> object:
    """Return the configuration of an Envoy of somebody's own, with what `bartizan edge ext-authz` writes put in."""
    words = ("edge", "ext-authz", "--service", "reports", "--gateway", f"localhost:{platform.port}")
    written = platform.run(*words)
    assert written.returncode == 0, written.stderr
    parts = yaml.safe_load(written.stdout.replace("${BARTIZAN_EDGE}", SECRET))
    router = {
        "name": "envoy.filters.http.router",
        "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"},
    }
    manager = {
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "own",
        "route_config": {
            "virtual_hosts": [
                {
                    "name": "all",
                    "domains": ["*"],
                    "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "own"}}],
                }
            ]
        },
        "http_filters": [*parts["http_filters"], router],
    }
    filters = [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]

    def at(port: int) -> object:
        return {"socket_address": {"address": "127.0.0.1", "port_value": port}}

    own = {
        "name": "own",
        "type": "STATIC",
        "load_assignment": {
            "cluster_name": "own",
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": at(service)}}]}],
        },
    }
    listeners = [{"address": at(port), "filter_chains": [{"filters": filters}]}]
    return {"static_resources": {"listeners": listeners, "clusters": [*parts["clusters"], own]}}


def test_who_may_gets_through_and_the_service_never_sees_the_token(scene: Scene) -> None:
    token = scene.platform.token()
    for method, path in (
        ("GET", "/of/2026?q=%C3%A4"),
        ("POST", "/new//one/../x"),
        ("DELETE", "/x"),
        ("HEAD", "/y"),
    ):
        scene.got.clear()
        status, _, body = scene.ask(method, path, token=token)
        assert (status, body) == (200, b"" if method == "HEAD" else b"reports")
        ((got, where, headers, content),) = scene.got
        assert (got, where, content) == (method, path, b"content" if method == "POST" else b"")
        assert token not in json.dumps(headers)
        assert SECRET not in json.dumps(headers)
        assert headers["x-bartizan-principal"].startswith("p-")


def test_strangers_and_who_is_not_permitted_are_answered_by_the_platform_and_the_service_hears_nothing(
    scene: Scene,
) -> None:
    scene.got.clear()
    status, headers, body = scene.ask()
    assert (status, headers["www-authenticate"]) == (401, 'Bearer realm="bartizan"')
    assert b"token-missing" in body
    assert scene.ask(token=FORGED)[0] == 401
    assert scene.ask(token=scene.visitor)[0] == 403
    assert scene.ask(token=scene.platform.token(), host="elsewhere.example")[0] == 421
    assert scene.got == []


def test_both_records_are_in_the_ledger(scene: Scene) -> None:
    scene.ask(token=scene.platform.token())
    admitted = query(scene.platform, "--kind", "gateway.request.admitted")
    decided = [one for one in admitted if one["detail"].get("service") == "reports"]
    completed = scene.platform.record(decided[-1]["subject"], "gateway.request.completed")
    assert (completed["detail"]["status"], completed["outcome"]) == (200, "done")
    assert (decided[-1]["detail"]["route"], decided[-1]["detail"]["group"]) == ("ext-authz", "x25519mlkem768")


def test_a_revocation_holds_for_the_next_request(scene: Scene) -> None:
    token = scene.platform.token()
    assert scene.ask(token=token)[0] == 200
    claims = json.loads(_claims(token))
    assert scene.platform.run("identity", "revoke", "--token", claims["jti"]).returncode == 0
    assert scene.ask(token=token)[0] == 401


def test_beyond_its_rate_a_principal_waits_and_is_told_how_long(scene: Scene) -> None:
    token = scene.platform.token()
    answers = (scene.ask(token=token) for _ in range(1000))  # many, where each takes long
    slowed = next(headers for status, headers, _ in answers if status == 429)
    assert int(slowed["retry-after"]) >= 1


def test_without_the_secret_the_platform_decides_nothing(scene: Scene) -> None:
    """A client that reaches the gateway itself cannot ask as an Envoy would."""
    platform = scene.platform
    context = ssl.create_default_context(cafile=str(platform.authority))
    line = http.client.HTTPSConnection("localhost", platform.port, context=context, timeout=60)
    for secret in ("", SECRET[:-1]):
        line.request(
            "GET",
            "/ext-authz/reports",
            headers={"authorization": f"Bearer {platform.token()}", "x-bartizan-edge": secret},
        )
        answer = line.getresponse()
        assert (answer.status, b"route-unknown" in answer.read()) == (404, True)
    line.close()


def _of_a_visitor(platform: Platform) -> str:
    """Return a token of a principal whose role no policy speaks of."""
    made = json.loads(platform.run("identity", "add", "visitor", "--role", "visitor", "--json").stdout)
    pair = base64.b64encode(f"{made['client_id']}:{made['client_secret']}".encode()).decode()
    context = ssl.create_default_context(cafile=str(platform.authority))
    line = http.client.HTTPSConnection("localhost", platform.port, context=context, timeout=60)
    headers = {"authorization": f"Basic {pair}", "content-type": "application/x-www-form-urlencoded"}
    line.request("POST", "/oauth/token", "grant_type=client_credentials", headers)
    token: str = json.loads(line.getresponse().read())["access_token"]
    line.close()
    return token


def _claims(token: str) -> bytes:
    body = token.split(".")[1]
    return base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
