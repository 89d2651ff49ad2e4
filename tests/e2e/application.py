"""An application of somebody's, at an address of its own, to which a person is sent back with a code."""

import base64
import hashlib
import json
import secrets
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from typing_extensions import override

from tests.e2e.conftest import Platform

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Application(ThreadingHTTPServer):
    """Asks people to let it act for them; shares no code with the platform."""

    def __init__(self, running: Platform) -> None:
        super().__init__(("127.0.0.1", 0), _Pages)
        self.running, self.client, self.secret = running, "", ""
        self.verifier = secrets.token_urlsafe(32)
        self.way, self.came = "", dict[str, str]()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"

    @property
    def back(self) -> str:
        return f"{self.url}back"

    def begin(self, state: str, **wanted: str) -> None:
        """Push a request, with how its person is to sign in, and link to its question from the front page."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        pushed = self.ask(
            "/oauth/par",
            response_type="code",
            redirect_uri=self.back,
            code_challenge=base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            code_challenge_method="S256",
            state=state,
            **wanted,
        )
        told = {"client_id": self.client, "request_uri": pushed["request_uri"]}
        self.way, self.came = f"{self.running.url}/oauth/authorize?{urlencode(told)}", {}

    def token(self) -> str:
        """Return the token of the code that came."""
        told = self.ask(
            "/oauth/token",
            grant_type="authorization_code",
            code=self.came["code"],
            code_verifier=self.verifier,
            redirect_uri=self.back,
        )
        return str(told["access_token"])

    def ask(self, path: str, **said: str) -> dict[str, Any]:
        """Return what the authorization server answers this application."""
        own = {"client_id": self.client, "client_secret": self.secret}
        context = ssl.create_default_context(cafile=str(self.running.authority))
        with closing(
            HTTPSConnection("localhost", self.running.port, timeout=60, context=context)
        ) as connection:
            connection.request("POST", path, urlencode(said | own), FORM)
            found: dict[str, Any] = json.loads(connection.getresponse().read())
        return found


class _Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Application)
        where = urlsplit(self.path)
        if where.path == "/back":
            self.server.came = dict(parse_qsl(where.query))
        page = f'<!doctype html><title>Shop</title><a id="begin" href="{self.server.way}">begin</a>'.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    @override
    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def application(running: Platform) -> Iterator[Application]:
    """Yield an application that is not registered yet."""
    with Application(running) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()
