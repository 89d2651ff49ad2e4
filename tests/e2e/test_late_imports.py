"""A confined worker imports nothing any more, whatever it is asked: what libraries load late was rehearsed.

An import that comes too late fails with PermissionError, which looks like a connection that is dropped.
"""

import json
import ssl
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPException, HTTPSConnection
from pathlib import Path

import pytest

from tests.e2e import conftest
from tests.e2e.conftest import Platform

pytestmark = pytest.mark.slow

INSIDE = Path(__file__).parents[1] / "attacks" / "inside.py"
JSON = {"Content-Type": "application/json"}
CHAT = {"model": "sample", "messages": [{"role": "user", "content": "hi"}]}
TOOLS = {
    **CHAT,
    "tools": [{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}],
}


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    """Yield a platform whose workers print each module that they try to import once confined."""
    command = (sys.executable, "-I", str(INSIDE), "imports", "bartizan")
    monkeypatch.setattr(conftest, "COMMAND", command)
    with ExitStack() as stack:
        yield conftest.start(stack)


def ask(running: Platform, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> None:
    context = ssl.create_default_context(cafile=str(running.authority))
    connection = HTTPSConnection("localhost", running.port, timeout=60, context=context)
    try:
        connection.request(method, path, body, headers)
        connection.getresponse().read()
    except (OSError, HTTPException):
        pass  # dropped: the log says why
    finally:
        connection.close()


def test_nothing_is_imported_once_a_worker_is_confined(watched: Platform) -> None:
    known = {"Authorization": f"Bearer {watched.token()}"}
    for token in (known, {}, {"Authorization": "Bearer x.y.z"}, {"Authorization": "Basic eA=="}):
        for body in (CHAT, {**CHAT, "stream": True}, TOOLS, {}, {"model": 1}):
            ask(watched, "POST", "/v1/chat/completions", json.dumps(body).encode(), {**token, **JSON})
        ask(watched, "POST", "/v1/completions", b'{"model":"sample","prompt":"hi"}', {**token, **JSON})
        ask(watched, "POST", "/v1/embeddings", b'{"model":"sample","input":["hi"]}', {**token, **JSON})
        ask(watched, "POST", "/v1/chat/completions", b"\xff{", {**token, **JSON})
        ask(watched, "POST", "/v1/chat/completions", b"x" * 5_000_000, {**token, **JSON})
        for path in (
            "/v1/models",
            "/healthz",
            "/nowhere",
            "/oauth/jwks",
            "/.well-known/oauth-authorization-server",
        ):
            ask(watched, "GET", path, None, token)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    ask(watched, "POST", "/oauth/token", b"grant_type=client_credentials&client_id=a&client_secret=b", form)
    for method in ("PUT", "CONNECT", "OPTIONS"):
        ask(watched, method, "/v1/models", None, known)
    assert watched.run("identity", "add", "somebody", "--role", "caller").returncode == 0
    assert watched.run("identity", "revoke", "workload.somebody").returncode == 0
    log = (watched.state / "run" / "platform.log").read_text()
    assert "ATTACK import" not in log, log
    assert "Traceback" not in log, log
