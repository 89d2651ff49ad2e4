"""An API that its owner describes, behind the gateway: curl asks, policies know its operations, nothing is imported late."""

import http.server
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from tests.e2e import conftest
from tests.e2e.conftest import Platform
from tests.gateway.openapi.pets import DOCUMENT

pytestmark = pytest.mark.slow

INSIDE = Path(__file__).parents[1] / "attacks" / "inside.py"
KEY = "sk-upstream-credential-0123456789"
POLICY = """
@id("callers") permit (principal in Role::"caller", action in Action::"call", resource)
unless { resource.control || resource.drill_only };
@id("nobody-drops") forbid (principal, action == Action::"write", resource)
when { context.operation == "dropPet" };
@id("anyone") permit (principal is Anonymous,
    action in [Action::"request-token", Action::"read-keys", Action::"read-metadata"], resource)
when { resource.control };
"""


class Shop(http.server.BaseHTTPRequestHandler):
    """Says what it was asked."""

    protocol_version = "HTTP/1.1"
    asked: list[dict[str, Any]]

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        fields = {name.lower(): value for name, value in self.headers.items()}
        self.asked.append({"method": self.command, "path": self.path, "fields": fields, "body": body})
        said = b"" if self.command == "DELETE" else json.dumps({"path": self.path}).encode()
        self.send_response(201 if self.command == "POST" else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 - the library's names

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def shop() -> Iterator[tuple[int, list[dict[str, Any]]]]:
    asked: list[dict[str, Any]] = []
    handler = type("Recording", (Shop,), {"asked": asked})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_address[1], asked
        finally:
            server.shutdown()
            thread.join()


def configured(folder: Path, port: int) -> str:
    (folder / "policies").mkdir()
    (folder / "policies" / "own.cedar").write_text(POLICY)
    (folder / "shop.json").write_text(json.dumps(DOCUMENT))
    return (
        f'[[service]]\nname = "shop"\nupstream = "http://localhost:{port}/api"\nprotocol = "http"\n'
        f'openapi = "{folder}/shop.json"\nallow_private = ["localhost:{port}"]\ncredential = "env:KEY"\n'
        f'[policy]\npath = "{folder}/policies"\n'
    )


def curl(running: Platform, token: str, target: str, *options: str) -> tuple[int, dict[str, Any]]:
    command = ("curl", "-sS", "--path-as-is", "--cacert", str(running.authority), "-w", "\n%{http_code}")
    known = ("-H", f"Authorization: Bearer {token}")
    said = subprocess.run(
        (*command, *known, *options, f"https://localhost:{running.port}{target}"),
        capture_output=True,
        text=True,
        check=True,
        timeout=240,
    )
    body, _, status = said.stdout.rpartition("\n")
    return int(status), json.loads(body) if body.strip() else {}


JSON = ("-H", "Content-Type: application/json")
CAT = '{"name":"Tom","price":12345678901234567890.10}'


def test_a_described_service_is_asked_what_was_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conftest, "COMMAND", (sys.executable, "-I", str(INSIDE), "imports", "bartizan"))
    with shop() as (port, asked), ExitStack() as stack:
        running = conftest.start(stack, configuration=configured(tmp_path, port), environment={"KEY": KEY})
        token = running.token()
        assert curl(running, token, "/pets?limit=5&q=a%20b", "-H", "X-Tenant: abc", "-H", "Cookie: a=b") == (
            200,
            {"path": "/api/pets?limit=5&q=a%20b"},
        )
        assert asked[-1]["fields"]["authorization"] == f"Bearer {KEY}"
        assert asked[-1]["fields"]["x-tenant"] == "abc"
        assert "cookie" not in asked[-1]["fields"]
        assert curl(running, token, "/shop/pets", *JSON, "-d", CAT.replace('":', '" : '))[0] == 201
        assert asked[-1]["body"] == CAT
        assert curl(running, token, "/pets/1", "-X", "PUT", *JSON, "-d", CAT)[0] == 200
        assert curl(running, token, "/pets/1", "-X", "PATCH", "-H", "Content-Length: 0")[0] == 200
        assert (asked[-1]["method"], asked[-1]["body"]) == ("PATCH", "")
        assert curl(running, token, "/pets/1", "-X", "PATCH", *JSON, "-d", "{}")[0] == 200
        assert curl(running, token, "/pets/1/notes/caf%C3%A9", "-I", "-o", "/dev/null")[0] == 200
        count = len(asked)
        for target, options, status, param in (
            ("/pets", (*JSON, "-d", '{"name":"Tom","price":0}'), 422, "/price"),
            ("/pets", (*JSON, "-d", '{"name":"Tom","price":1,"x":1}'), 422, "/x"),
            ("/pets", (*JSON, "-d", '{"name":"Tom","born":"never","price":1}'), 422, "/born"),
            ("/pets", ("-d", CAT), 415, None),
            ("/pets/1", ("-X", "PATCH", "-d", "{}"), 415, None),
            ("/pets?limit=x", (), 400, "limit"),
            ("/pets/%2e%2e", (), 400, "petId"),
            ("/pets/1/notes/a%2fb", (), 400, "note"),
            ("/pets/1", ("-X", "DELETE"), 403, None),
            ("/photo", ("-X", "POST", *JSON, "-d", "{}"), 404, None),
            ("/v1/models", (), 404, None),
        ):
            found, problem = curl(running, token, target, *options)
            assert (found, problem.get("param")) == (status, param), problem
        assert len(asked) == count
        kinds = running.run("ledger", "query", "--json", "--kind", "gateway.request.admitted").stdout
        assert {one["detail"]["route"] for one in json.loads(kinds)} >= {
            "list-pets",
            "add-pet",
            "touch-pet",
            "show-note",
        }
        log = (running.state / "run" / "platform.log").read_text()
        assert "ATTACK import" not in log, log
        assert "Traceback" not in log, log
