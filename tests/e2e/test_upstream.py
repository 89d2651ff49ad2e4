"""A user's own service behind the gateway: over TLS and plain, under the service's credential, streamed as it comes."""

import http.server
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from bartizan.clock import SystemClock
from bartizan.crypto.x509 import certificate_pem, leaf_request, make_authority, sign_leaf
from tests.e2e.conftest import Platform, Start
from tests.sealed import files

pytestmark = pytest.mark.slow

ANSWER = {
    "id": "1",
    "object": "chat.completion",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "hello"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
}
PATIENCE_S = 60
"""How long each side waits for the other; nothing is as slow on purpose."""
SECRET = "sk-upstream-credential-0123456789"  # noqa: S105  # of our own test service
CHAT = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}


class Service(http.server.BaseHTTPRequestHandler):
    """An OpenAI-compatible service that remembers what it was asked."""

    protocol_version = "HTTP/1.1"
    asked: list[dict[str, Any]]
    read: threading.Semaphore | None

    def do_POST(self) -> None:  # the library's name
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append({"path": self.path, "headers": dict(self.headers), "body": body})
        if body.get("stream"):
            self._stream()
            return
        answer = json.dumps(ANSWER).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.send_header("Set-Cookie", "session=upstream")
        self.end_headers()
        self.wfile.write(answer)

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in (b'data: {"n":1}\n\n', b'data: {"n":2}\n\n', b"data: [DONE]\n\n"):
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            self.wfile.flush()
            if self.read is not None and not self.read.acquire(timeout=PATIENCE_S):
                self.close_connection = True  # and the client never sees the end
                return
        self.wfile.write(b"0\r\n\r\n")

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def service(
    context: ssl.SSLContext | None = None, read: threading.Semaphore | None = None
) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Yield the port of a running service and what it is asked.

    Args:
        context: where it speaks TLS.
        read: released for each piece of a stream that the client has; the next one waits for that.
    """
    asked: list[dict[str, Any]] = []
    handler = type("Recording", (Service,), {"asked": asked, "read": read})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield int(server.server_address[1]), asked
        finally:
            server.shutdown()
            thread.join()


def certified(folder: Path, names: tuple[str, ...]) -> ssl.SSLContext:
    """Return a server's context under an authority of its own, whose certificate is `folder/authority.pem`."""
    now = SystemClock().now()
    authority, key = make_authority("server", names, now)
    leaf_key, request = leaf_request(names)
    (folder / "authority.pem").write_bytes(certificate_pem(authority))
    (folder / "leaf.pem").write_bytes(leaf_key + sign_leaf(authority, key, request, names, now))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "leaf.pem")
    return context


def configured(scheme: str, port: int, more: str = "") -> str:
    return (
        f'[[service]]\nname = "assistant"\nupstream = "{scheme}://localhost:{port}/v1"\n'
        f'allow_private = ["localhost:{port}"]\ncredential = "env:UPSTREAM_KEY"\n{more}'
    )


def ask(
    running: Platform, path: str, body: dict[str, Any], read: threading.Semaphore | None = None
) -> tuple[int, dict[str, str], bytes]:
    """Return status, header fields and body; `read` is released for each event of it, as it comes."""
    context = ssl.create_default_context(cafile=str(running.authority))
    connection = HTTPSConnection("localhost", running.port, timeout=PATIENCE_S, context=context)
    connection.request(
        "POST",
        path,
        json.dumps(body),
        {
            "Authorization": f"Bearer {running.token()}",
            "Content-Type": "application/json",
            "Cookie": "client=secret",
            "X-Forwarded-For": "203.0.113.9",
            "OpenAI-Organization": "org-of-the-client",
        },
    )
    answer = connection.getresponse()
    lines = []
    while line := answer.readline():
        lines.append(line)
        if read is not None and line.startswith(b"data:"):
            read.release()
    connection.close()
    return answer.status, {k.lower(): v for k, v in answer.getheaders()}, b"".join(lines)


def test_a_request_goes_on_under_the_services_credential_and_nothing_of_the_clients(platform: Start) -> None:
    with service() as (port, asked):
        running = platform(configuration=configured("http", port), environment={"UPSTREAM_KEY": SECRET})
        status, fields, body = ask(running, "/v1/chat/completions", CHAT)
        assert (status, json.loads(body)) == (200, ANSWER)
        assert "set-cookie" not in fields
        assert fields["x-request-id"].startswith("q-")
        (seen,) = asked
        sent = {name.lower(): value for name, value in seen["headers"].items()}
        assert sent["authorization"] == f"Bearer {SECRET}"
        assert sent["host"] == f"localhost:{port}"
        assert not {"cookie", "x-forwarded-for", "openai-organization", "dpop"} & set(sent)
        assert (seen["path"], seen["body"]) == ("/v1/chat/completions", CHAT)
        assert ask(running, "/assistant/v1/chat/completions", CHAT)[0] == 200


def test_the_record_says_what_was_used_and_neither_prompt_nor_secret(platform: Start) -> None:
    with service() as (port, _):
        running = platform(configuration=configured("http", port), environment={"UPSTREAM_KEY": SECRET})
        assert ask(running, "/v1/chat/completions", CHAT)[0] == 200
        assert running.run("down").returncode == 0
    said = running.run("ledger", "query", "--json", "--kind", "gateway.request").stdout
    admitted, completed = json.loads(said)
    assert admitted["detail"]["service"] == "assistant"
    assert admitted["detail"]["group"] == "x25519"
    assert (completed["detail"]["input"], completed["detail"]["output"]) == (3, 2)
    everything = b"".join(octets for _, octets in files(running.state))
    assert SECRET.encode() not in everything
    assert b'"hi"' not in everything


def test_an_https_upstream_is_verified_and_each_piece_of_its_stream_is_passed_on_at_once(
    platform: Start, tmp_path: Path
) -> None:
    """It sends no piece before the client has the one before: where one is held back, neither goes on."""
    read = threading.Semaphore(0)
    with service(certified(tmp_path, ("localhost", "127.0.0.1")), read) as (port, asked):
        more = f'authorities = "{tmp_path / "authority.pem"}"\n'
        running = platform(
            configuration=configured("https", port, more), environment={"UPSTREAM_KEY": SECRET}
        )
        status, _, body = ask(running, "/v1/chat/completions", {**CHAT, "stream": True}, read)
        assert status == 200
        assert body.endswith(b"data: [DONE]\n\n")
        assert len(asked) == 1


@pytest.mark.parametrize("names", [("other.example",), ("localhost", "127.0.0.1")])
def test_an_upstream_with_another_name_or_authority_gets_no_request(
    platform: Start, tmp_path: Path, names: tuple[str, ...]
) -> None:
    with service(certified(tmp_path, names)) as (port, asked):
        if "localhost" in names:  # the right name under an authority that nobody named
            certified(tmp_path, names)
        more = f'authorities = "{tmp_path / "authority.pem"}"\n'
        running = platform(
            configuration=configured("https", port, more), environment={"UPSTREAM_KEY": SECRET}
        )
        status, _, body = ask(running, "/v1/chat/completions", CHAT)
        assert status == 502
        assert json.loads(body)["error"]["code"] == "upstream-unreachable"
        assert not asked


def test_the_sample_is_the_drills_alone_once_there_is_a_service(platform: Start) -> None:
    with service() as (port, _):
        running = platform(configuration=configured("http", port), environment={"UPSTREAM_KEY": SECRET})
        assert ask(running, "/sample/v1/chat/completions", CHAT)[0] == 403


def test_an_upstream_that_is_not_there_is_a_plain_answer(platform: Start) -> None:
    with service() as (port, _):
        pass
    running = platform(configuration=configured("http", port), environment={"UPSTREAM_KEY": SECRET})
    status, _, body = ask(running, "/v1/chat/completions", CHAT)
    assert status == 502
    assert json.loads(body)["error"]["type"] == "server_error"
