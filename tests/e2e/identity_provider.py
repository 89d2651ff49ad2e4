"""A real identity provider, oidc-provider (certified by the OpenID Foundation), and somebody who signs in there.

Whoever signs in is a browser without a screen: it keeps cookies, follows redirects and fills in the forms.
"""

import base64
import fcntl
import hashlib
import json
import re
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPMessage
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import (
    HTTPCookieProcessor,
    HTTPRedirectHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    build_opener,
)

import pytest
from typing_extensions import override

HERE = Path(__file__).parent / "idp"
NODE, NPM = shutil.which("node"), shutil.which("npm")
needed = pytest.mark.skipif(
    not (NODE and NPM), reason="needs a real identity provider: apt-get install nodejs npm"
)
RESOURCE = "https://ai.example.com"
CALLBACK = "https://app.example.com/callback"
INSTALL_S = 180


def installed() -> None:
    """Have the provider as `package-lock.json` pins it; one process at a time."""
    with (HERE / "package-lock.json").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = hashlib.sha256(lock.read()).hexdigest()
        mark = HERE / "node_modules" / ".pinned"
        if mark.is_file() and mark.read_text() == wanted:
            return
        assert NPM is not None
        words = (NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
        done = subprocess.run(words, cwd=HERE, capture_output=True, text=True, timeout=INSTALL_S, check=False)
        assert done.returncode == 0, done.stderr
        mark.write_text(wanted)


@contextmanager
def provider(port: int = 0, algorithm: str = "ES256") -> Iterator[str]:
    """Yield the issuer of a new provider, with new keys, that runs meanwhile."""
    installed()
    assert NODE is not None
    words = (NODE, "idp.mjs", str(port), algorithm)
    with subprocess.Popen(words, cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            assert process.stdout is not None
            yield str(json.loads(process.stdout.readline())["issuer"])
        finally:
            process.kill()


class _Halts(HTTPRedirectHandler):
    """Follows redirects, but not to the application: that is where the code is."""

    @override
    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        if newurl.startswith(CALLBACK):
            raise _Arrived(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class _Arrived(Exception):
    def __init__(self, url: str) -> None:
        super().__init__("signed in")
        self.url = url


def send(
    opener: OpenerDirector, url: str, body: dict[str, Any] | bytes | None = None, **fields: str
) -> tuple[int, bytes]:
    data = urlencode(body).encode() if isinstance(body, dict) else body
    try:
        with opener.open(Request(url, data, fields), timeout=20) as answer:  # noqa: S310  # 127.0.0.1
            return answer.status, answer.read()
    except HTTPError as refused:
        return refused.code, refused.read()


def opener() -> OpenerDirector:
    jar = CookieJar(DefaultCookiePolicy(allowed_domains=["127.0.0.1"]))
    return build_opener(ProxyHandler({}), HTTPCookieProcessor(jar), _Halts)


@dataclass
class Application:
    """A client that is registered at the provider; people sign in through it."""

    issuer: str
    told: str
    id: str = ""
    secret: str = ""

    def __post_init__(self) -> None:
        wanted = {
            "redirect_uris": [CALLBACK],
            "grant_types": ["authorization_code", "client_credentials"],
            "response_types": ["code"],
            "id_token_signed_response_alg": "ES256",
            "backchannel_logout_uri": self.told,
            "backchannel_logout_session_required": True,
        }
        fields = {"Content-Type": "application/json"}
        status, said = send(opener(), f"{self.issuer}/reg", json.dumps(wanted).encode(), **fields)
        assert status == 201, said
        made = json.loads(said)
        self.id, self.secret = made["client_id"], made["client_secret"]

    def ask(self, **form: str) -> dict[str, Any]:
        """Return what the provider's token endpoint answers."""
        basic = base64.b64encode(f"{self.id}:{self.secret}".encode()).decode()
        status, said = send(opener(), f"{self.issuer}/token", form, Authorization=f"Basic {basic}")
        assert status == 200, said
        answer: dict[str, Any] = json.loads(said)
        return answer

    def own_token(self) -> str:
        """Return a token of the application itself."""
        return str(self.ask(grant_type="client_credentials", resource=RESOURCE)["access_token"])


@dataclass
class Visitor:
    """Somebody at a browser."""

    app: Application
    account: str
    browser: OpenerDirector = field(default_factory=opener)
    id_token: str = ""

    def sign_in(self) -> str:
        """Return an access token, by authorization code with PKCE."""
        verifier = secrets.token_urlsafe(32)
        digest = hashlib.sha256(verifier.encode()).digest()
        wanted = {
            "client_id": self.app.id,
            "response_type": "code",
            "redirect_uri": CALLBACK,
            "scope": "openid",
            "resource": RESOURCE,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            "state": secrets.token_hex(8),
        }
        code = self._code(f"{self.app.issuer}/auth?{urlencode(wanted)}")
        said = self.app.ask(
            grant_type="authorization_code",
            code=code,
            redirect_uri=CALLBACK,
            code_verifier=verifier,
            resource=RESOURCE,
        )
        self.id_token = str(said["id_token"])
        return str(said["access_token"])

    def _code(self, url: str) -> str:
        body: dict[str, Any] | None = None
        try:
            for _ in range(4):
                status, page = send(self.browser, url, body)
                assert status == 200, page
                url, body = self._filled(page.decode())
        except _Arrived as there:
            return parse_qs(urlsplit(there.url).query)["code"][0]
        pytest.fail("the provider asks for more than a name and consent")

    def _filled(self, page: str) -> tuple[str, dict[str, Any]]:
        action = re.search(r'<form[^>]*action="([^"]+)"', page)
        prompt = re.search(r'name="prompt" value="([a-z]+)"', page)
        assert action is not None, page
        assert prompt is not None, page
        more = {"login": self.account, "password": "any"} if prompt[1] == "login" else {}
        return action[1], {"prompt": prompt[1], **more}

    def sign_out(self) -> None:
        """Sign out at the provider, which tells every application."""
        url = f"{self.app.issuer}/session/end?{urlencode({'id_token_hint': self.id_token})}"
        _, page = send(self.browser, url)
        secret = re.search(rb'name="xsrf" value="([^"]+)"', page)
        assert secret is not None, page
        form = {"xsrf": secret[1].decode(), "logout": "yes"}
        status, said = send(self.browser, f"{self.app.issuer}/session/end/confirm", form)
        assert status == 200, said
