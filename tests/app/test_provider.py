"""Providers against a server that answers as it is told, on real sockets; the real platform's is in tests/e2e."""

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import UnixStreamServer

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

import bartizan
from bartizan.app.bearing import Token
from bartizan.app.folder import Folder
from bartizan.app.provider import TokenProvider, TokenUnavailable, owners_token
from bartizan.clock import SECOND, Nanoseconds, SetClock

START = 1_800_000_000 * SECOND


class Server:
    """An authorization server that counts, and gives `status` and `body`, or else tokens numbered from 1."""

    def __init__(self, folder: Path | None = None) -> None:
        self.asked: list[tuple[str, dict[str, str], bytes]] = []
        self.status, self.body, self.life_s = 200, b"", 600
        outer = self

        class Answer(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                outer.asked.append((self.path, headers, self.rfile.read(int(headers["content-length"]))))
                token = {"access_token": f"token-{len(outer.asked)}", "expires_in": outer.life_s, "id": "t-0"}
                body = outer.body or json.dumps(token).encode()
                self.send_response(outer.status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            @override
            def log_message(self, format: str, *args: object) -> None:  # its name in the library
                return

            @override
            def address_string(self) -> str:
                return "unix"

        if folder is None:
            self.server: UnixStreamServer | ThreadingHTTPServer = ThreadingHTTPServer(
                ("127.0.0.1", 0), Answer
            )
            self.url = f"http://127.0.0.1:{self.server.server_address[1]}/oauth/token"
        else:
            self.server = UnixStreamServer(str(folder), Answer)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def folder() -> Iterator[Folder]:
    with tempfile.TemporaryDirectory(prefix="bartizan-") as path:
        made = Folder(Path(path) / "state")
        made.make()
        yield made


@pytest.fixture
def owner(folder: Folder) -> Iterator[Server]:
    server = Server(folder.owner_socket)
    yield server
    server.close()


@pytest.fixture
def issuer() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


def test_the_platform_of_a_state_folder_gives_the_owners_token(owner: Server, folder: Folder) -> None:
    assert owners_token(folder, SetClock(START)).value == "token-1"
    assert owner.asked[0][0] == "/admin/v1/tokens"
    assert json.loads(owner.asked[0][2])["principal"] == "user.owner"


def test_the_platform_is_found_from_the_working_folder(
    monkeypatch: pytest.MonkeyPatch, owner: Server, folder: Folder
) -> None:
    folder.root.rename(folder.root.parent / ".bartizan")
    monkeypatch.chdir(folder.root.parent)
    provider = TokenProvider(bartizan.token_provider._fetch, SetClock(START))
    assert provider() == f"token-{len(owner.asked)}"


def test_where_no_platform_runs_it_says_how_to_start_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TokenUnavailable, match=r"no platform runs on .*bartizan up"):
        bartizan.token_provider()


@given(st.lists(st.integers(0, 700), max_size=30), st.integers(0, 700))
def test_a_token_is_used_while_it_lasts_and_never_after(steps: list[int], life: int) -> None:
    clock, issued = SetClock(START), []

    def fetch(_: SetClock) -> Token:
        issued.append(clock.now())
        return Token(str(len(issued)), Nanoseconds(clock.now() + life * SECOND))

    provider = TokenProvider(fetch, clock)  # type: ignore[arg-type]  # its clock is the one set here
    for step in steps:
        clock.at += step * SECOND
        token = provider()
        age = clock.now() - issued[int(token) - 1]
        assert int(token) == len(issued)
        assert age < life * SECOND or age == 0
    assert len(issued) <= len(steps)


def test_a_token_is_renewed_a_minute_before_it_expires(owner: Server, folder: Folder) -> None:
    clock = SetClock(START)
    provider = TokenProvider(lambda at: owners_token(folder, at), clock)
    assert provider() == provider() == "token-1"
    clock.at += 539 * SECOND
    assert provider() == "token-1"
    clock.at += SECOND
    assert provider() == "token-2"
    assert len(owner.asked) == 2


def test_many_threads_fetch_once(owner: Server, folder: Folder) -> None:
    provider = bartizan.token_provider.for_state(folder.root)
    told: list[str] = []
    threads = [threading.Thread(target=lambda: told.append(provider())) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == ["token-1"] * 20
    assert len(owner.asked) == 1


def test_a_client_authenticates_with_its_own_credentials(
    issuer: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLIENT_SECRET", "s:cr+t%")
    provider = bartizan.token_provider.for_client(
        issuer.url, "load tester", "env:CLIENT_SECRET", ca=tmp_path / "ca.pem", audience="bartizan:gateway"
    )
    assert provider() == "token-1"
    path, headers, body = issuer.asked[0]
    assert path == "/oauth/token"
    assert headers["authorization"] == "Basic bG9hZCt0ZXN0ZXI6cyUzQWNyJTJCdCUyNQ=="
    assert body == b"grant_type=client_credentials&audience=bartizan%3Agateway"


REFUSALS = [
    (403, b'{"title":"Forbidden","detail":"that is not yours"}', "that is not yours"),
    (500, b"<html>", "gives no token: the platform answered 500"),
    (200, b"{}", "gives no token"),
    (200, b'{"access_token":7,"expires_in":600,"id":"t"}', "gives no token"),
]


@pytest.mark.parametrize(("status", "body", "words"), REFUSALS)
def test_a_refusal_is_told_in_plain_words(
    owner: Server, folder: Folder, status: int, body: bytes, words: str
) -> None:
    owner.status, owner.body = status, body
    with pytest.raises(TokenUnavailable, match=words):
        owners_token(folder, SetClock(START))


CLIENT_REFUSALS = [
    (401, b'{"error":"invalid_client"}', "401 invalid_client"),
    (403, b'{"title":"Forbidden","detail":"that is not yours"}', "403 that is not yours"),
    (500, b"<html>", "gives no token: 500"),
    (500, b"[" * 10_000, "gives no token: 500"),
    (200, b"{}", "holds no token"),
    (200, b'{"access_token":7,"expires_in":600}', "holds no token"),
    (200, b" " * 100_000, "gives no token"),
]


@pytest.mark.parametrize(("status", "body", "words"), CLIENT_REFUSALS)
def test_a_clients_refusal_is_told_in_plain_words(  # the arguments are the case
    issuer: Server, tmp_path: Path, status: int, body: bytes, words: str
) -> None:
    issuer.status, issuer.body = status, body
    secret = tmp_path / "secret"
    secret.write_text("s3cret")
    secret.chmod(0o600)
    provider = bartizan.token_provider.for_client(issuer.url, "id", f"file:{secret}", ca=tmp_path / "ca")
    with pytest.raises(TokenUnavailable, match=words) as fault:
        provider()
    assert "s3cret" not in str(fault.value)


def test_a_dead_socket_is_told_in_plain_words(folder: Folder) -> None:
    server = Server(folder.owner_socket)
    server.close()
    with pytest.raises(TokenUnavailable, match="no platform runs on"):
        owners_token(folder, SetClock(START))


@pytest.mark.parametrize("url", ["http://example.com/token", "ftp://localhost/", "localhost:8443", ""])
def test_a_secret_goes_over_tls_only(url: str, tmp_path: Path) -> None:
    with pytest.raises(TokenUnavailable, match="a token URL is https"):
        bartizan.token_provider.for_client(url, "id", "env:X", ca=tmp_path / "ca.pem")


@pytest.mark.parametrize(
    ("content", "words"), [(None, "cannot read the authority"), (b"x", "holds no certificate")]
)
def test_an_authority_that_cannot_be_trusted_is_named(
    tmp_path: Path, content: bytes | None, words: str
) -> None:
    ca, secret = tmp_path / "ca.pem", tmp_path / "secret"
    if content is not None:
        ca.write_bytes(content)
    secret.write_text("s3cret")
    secret.chmod(0o600)
    provider = bartizan.token_provider.for_client("https://localhost:1/t", "id", f"file:{secret}", ca=ca)
    with pytest.raises(TokenUnavailable, match=words):
        provider()


def test_a_token_does_not_print() -> None:
    assert "abc" not in repr(Token("abc", Nanoseconds(0)))


def test_importing_the_package_imports_nothing_else() -> None:
    code = "import sys, bartizan; print([name for name in sys.modules if name.startswith('bartizan.')])"
    told = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
    with pytest.raises(AttributeError, match="no attribute 'missing'"):
        bartizan.missing  # type: ignore[attr-defined]  # noqa: B018
