"""A client puts words of its own wherever it may write anything, in the form of names, to have them in the record for ever.

Whatever stands there cannot be erased, and who reads the record would read the client's words. So none may be in it.
"""

import base64
import json
import socket
import ssl
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack

import pytest

from tests.e2e.conftest import Platform, start
from tests.sealed import files

pytestmark = pytest.mark.slow

WORD = "zq7mark.of-mine_9"
"""Of the form of a configured name, which the vocabulary takes where the platform puts one."""
CONFIGURATION = """
[[service]]
name = "assistant"
upstream = "http://127.0.0.1:9/v1"
allow_private = ["127.0.0.1:9"]

[[service]]
name = "tools"
upstream = "http://127.0.0.1:9/mcp"
protocol = "mcp"
allow_private = ["127.0.0.1:9"]

[[service]]
name = "claude"
upstream = "http://127.0.0.1:9/v1"
protocol = "anthropic"
allow_private = ["127.0.0.1:9"]
"""


@pytest.fixture(scope="module")
def running() -> Iterator[Platform]:
    with ExitStack() as stack:
        yield start(stack, configuration=CONFIGURATION)


def send(running: Platform, octets: bytes, name: str = "localhost") -> bytes:
    """Send octets over TLS, asking for a server of this name, and return the first of what comes back."""
    context = ssl.create_default_context(cafile=str(running.authority))
    context.check_hostname = False
    raw = socket.create_connection(("127.0.0.1", running.port), timeout=20)
    try:
        with context.wrap_socket(raw, server_hostname=name) as line:
            line.sendall(octets)
            return line.recv(4096)
    except (OSError, ssl.SSLError):
        return b""


def request(method: str, path: str, fields: Mapping[str, str], body: bytes = b"") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in fields.items()]
    lines += [f"Content-Length: {len(body)}"] if body else []
    return "\r\n".join([*lines, "", ""]).encode() + body


def forged(part: str) -> str:
    """Return a token that nobody signed, with the word in each place of one of its parts."""
    head = {"alg": "ES256", "typ": "at+jwt", "kid": "k"}
    claims = {"iss": "i", "aud": "a", "sub": "s", "client_id": "c", "jti": "j", "exp": 2**31, "iat": 1}
    chosen = head if part == "head" else claims
    said = {
        name: WORD if isinstance(value, str) and name not in {"alg", "typ"} else value
        for name, value in chosen.items()
    }
    parts = (said if part == "head" else head), (said if part == "claims" else claims)
    texts = [base64.urlsafe_b64encode(json.dumps(each).encode()).decode().rstrip("=") for each in parts]
    return ".".join([*texts, "AAAA"])


def tries(token: str) -> Iterator[bytes]:
    """Yield requests with the word in each place that a client can write to."""
    mine = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    yield from of_models(mine)
    yield from of_tokens(token)
    yield from of_tools(mine)
    yield f"GET http://{WORD}/v1/models HTTP/1.1\r\nHost: {WORD}\r\n\r\n".encode()
    yield f"{WORD} {WORD} {WORD}\r\n\r\n".encode()
    yield f"GET /v1/models HTTP/1.1\r\nHost: localhost\r\n{WORD}\r\n\r\n".encode()


def post(mine: Mapping[str, str], path: str, document: object, **fields: str) -> bytes:
    return request("POST", path, {**mine, **fields}, json.dumps(document).encode())


def of_models(mine: Mapping[str, str]) -> Iterator[bytes]:
    chat = {"model": "sample", "messages": [{"role": "user", "content": "hi"}]}
    path = "/v1/chat/completions"
    yield post(mine, path, {**chat, "model": WORD})
    yield post(
        mine, path, {**chat, "user": WORD, "messages": [{"role": "user", "name": WORD, "content": WORD}]}
    )
    yield post(mine, path, {**chat, WORD: WORD})
    yield post(
        mine, path, {**chat, "tools": [{"type": "function", "function": {"name": WORD, "description": WORD}}]}
    )
    yield post(mine, path, {**chat, "stop": WORD, "metadata": {WORD: WORD}, "service_tier": WORD})
    for name in (
        "User-Agent",
        "Referer",
        "X-Request-Id",
        "Tracestate",
        "Baggage",
        "Cookie",
        "Origin",
        "Via",
        WORD,
    ):
        yield post(mine, path, chat, **{name: WORD})
    yield post(
        mine,
        path,
        chat,
        **{"Traceparent": f"00-{WORD}-{WORD}-01", "X-Forwarded-For": WORD, "Forwarded": f"for={WORD}"},
    )
    yield post(mine, f"/{WORD}/v1/chat/completions", chat)
    yield post(mine, f"/v1/{WORD}", chat)
    yield post(mine, f"{path}?{WORD}={WORD}", chat)
    yield request("GET", f"/v1/models/{WORD}", mine)
    yield request(WORD.upper().replace(".", "").replace("_", ""), path, mine)
    message = {"model": WORD, "max_tokens": 9, "messages": [{"role": "user", "content": WORD}]}
    version = {"anthropic-version": "2023-06-01", "anthropic-beta": WORD}
    yield post(mine, "/claude/v1/messages", message, **version)


def of_tokens(token: str) -> Iterator[bytes]:
    yield request("GET", "/v1/models", {"Authorization": f"Bearer {WORD}"})
    yield request("GET", "/v1/models", {"Authorization": f"{WORD} {token}"})
    for part in ("head", "claims"):
        yield request("GET", "/v1/models", {"Authorization": f"Bearer {forged(part)}"})
    basic = base64.b64encode(f"{WORD}:{WORD}".encode()).decode()
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for body in (
        f"grant_type=client_credentials&client_id={WORD}&client_secret={WORD}",
        f"grant_type={WORD}&client_id=workload.drill&client_secret={WORD}&audience={WORD}&scope={WORD}",
        f"{WORD}={WORD}",
    ):
        yield request("POST", "/oauth/token", form, body.encode())
        yield request("POST", "/oauth/token", {**form, "Authorization": f"Basic {basic}"}, body.encode())


def of_tools(mine: Mapping[str, str]) -> Iterator[bytes]:
    tools = {"Accept": "application/json, text/event-stream"}
    call = {
        "jsonrpc": "2.0",
        "id": WORD,
        "method": "tools/call",
        "params": {"name": WORD, "arguments": {WORD: WORD}},
    }
    yield post(mine, "/tools/mcp", call, **tools)
    yield post(mine, "/tools/mcp", {**call, "method": WORD}, **tools)
    yield post(mine, "/tools/mcp", call, **tools, **{"Mcp-Session-Id": WORD, "Mcp-Protocol-Version": WORD})
    begin = {"protocolVersion": WORD, "capabilities": {}, "clientInfo": {"name": WORD, "version": WORD}}
    yield post(
        mine, "/tools/mcp", {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": begin}, **tools
    )


def test_no_word_of_a_clients_is_in_the_record_or_the_log(running: Platform) -> None:
    token = running.token()
    answers = [send(running, octets) for octets in tries(token)]
    answers.append(send(running, next(tries(token)), name=f"{WORD.replace('_', '-')}.example"))
    statuses = Counter(answer[9:12] for answer in answers)
    assert statuses[b"502"] + statuses[b"503"] >= 15  # they were admitted, and there is no service
    assert sum(count for status, count in statuses.items() if status.startswith(b"4")) >= 15
    last = send(running, request("GET", "/v1/models", {"Authorization": f"Bearer {token}"}))
    named = next(line for line in last.split(b"\r\n") if line.lower().startswith(b"x-request-id:"))
    running.record(named.split()[1].decode(), "gateway.request.completed")
    time.sleep(1.5)  # refusals are summed up for a second
    held = dict(files(running.state))
    assert any(path.name == "tree.db" for path in held)
    said = {
        path
        for path, octets in held.items()
        for word in (WORD, "zq7mark", "ZQ7MARK")
        if word.encode() in octets
    }
    assert said == set()
    entries = json.loads(running.run("ledger", "query", "--json", "--limit", "1000").stdout)
    assert len(entries) > 30
    assert "zq7" not in json.dumps(entries).lower()
