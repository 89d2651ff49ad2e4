"""How an evaluation reaches a model: at its service, or through the gateway, as the owner.

Rules of this file: a key is read from a reference and goes into one header field; through the gateway each request shows the
owner's token with a proof of its key. Connections stay open, one a thread.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import msgspec

from bartizan.app.address import Upstream
from bartizan.app.address import upstream as taken_apart
from bartizan.app.authority_files import authorities
from bartizan.app.bearing import NONCE, Bearing
from bartizan.app.bound_provider import BoundProvider
from bartizan.app.folder import Folder
from bartizan.app.forms import Reference
from bartizan.app.owner import PlatformSilent
from bartizan.app.provider import owners_token
from bartizan.app.running import status
from bartizan.app.service_settings import Service
from bartizan.clock import SystemClock
from bartizan.config import environment, resolve
from bartizan.crypto.secret import Secret
from bartizan.egress.http import Client, Response
from bartizan.egress.session import Session
from bartizan.threats.evaluation.chat import LARGEST, Send

DIRECT: Final = "direct"
GATEWAY: Final = "gateway"
"""Words for both ways."""
SECONDS: Final = 300.0
"""How long one answer is waited for."""
_JSON: Final = ("content-type", "application/json")
_PATH: Final = "/chat/completions"
_REFUSED: Final = 401
_NONCES: Final = 2
"""How often another nonce is heeded for one request."""


class Endpoint(msgspec.Struct, frozen=True):
    """An OpenAI-compatible endpoint, as somebody names it.

    Attributes:
        url: taken apart.
        key: reference to its key; None where it wants none.
        authorities: PEM file of who may certify it; None takes the machine's.
        allowed: what may be reached besides public addresses.
        folder: that paths start from.
    """

    url: Upstream
    key: Reference | None
    authorities: str | None
    allowed: frozenset[str]
    folder: Path

    @property
    def where(self) -> str:
        """Its address, for a run's terms and for people: without its key."""
        return f"{self.url.origin}{self.url.path}"


def of_service(service: Service, folder: Path) -> Endpoint:
    """Return a configured service as its own endpoint, with the credential that the gateway presents.

    Args:
        service: one that speaks OpenAI's API.
        folder: of the configuration.
    """
    url = taken_apart(service.upstream, service.root)
    allowed = frozenset(service.allow_private)
    return Endpoint(url, service.credential, service.authorities, allowed, folder)


def at_url(url: str, key: str | None, authorities_file: str | None, folder: Path) -> Endpoint:
    """Return an endpoint that is named by its URL; whoever names the address means it, wherever it lies.

    Raises:
        AddressInvalid: it is no URL that can be used.
    """
    found = taken_apart(url)
    return Endpoint(found, key, authorities_file, frozenset({found.host}), folder)


@contextmanager
def direct(endpoint: Endpoint) -> Iterator[Send]:
    """Yield what asks an endpoint; its connections are closed afterwards.

    Raises:
        SecretMissing: its key is not to be had.
        AuthoritiesMissing: nobody is there to trust.
    """
    client = _client(
        endpoint.url, endpoint.allowed, lambda: authorities(endpoint.authorities, endpoint.folder).encode()
    )
    key = resolve(endpoint.key, environment(), endpoint.folder, Secret) if endpoint.key else None

    def fields() -> tuple[tuple[str, str], ...]:
        return () if key is None else (("authorization", f"Bearer {key.reveal().decode('ascii')}"),)

    target = endpoint.url.path + _PATH
    with closing(_Sessions(client)) as sessions:
        yield lambda body: sessions.mine().request("POST", target, (_JSON, *fields()), body, most=LARGEST)


@contextmanager
def through_gateway(folder: Folder, service: str) -> Iterator[Send]:
    """Yield what asks a service through the platform that runs on a state folder, as its owner; closes as `direct`.

    Raises:
        PlatformSilent: none runs there.
        OSError: the authority's certificate cannot be read.
    """
    found = status(folder)
    if found is None:
        raise PlatformSilent(folder)
    url = taken_apart(found.url, "")
    client = _client(url, frozenset({url.host}), folder.authority.read_bytes)
    clock = SystemClock()
    bearing = Bearing(clock)
    tokens = BoundProvider(lambda now: owners_token(folder, now, bearing), bearing, clock)
    sessions = _Sessions(client)
    target = f"/{service}/v1{_PATH}"

    def send(body: bytes) -> Response:
        answer = _shown(sessions.mine(), tokens, found.url, target, body)
        for _ in range(_NONCES):
            tokens.told(answer.status, dict(answer.headers))
            if answer.status != _REFUSED or not answer.header(NONCE):
                break  # else the nonce is new to this request, whoever else has been told it already
            answer = _shown(sessions.mine(), tokens, found.url, target, body)
        return answer

    with closing(sessions):
        yield send


def _shown(session: Session, tokens: BoundProvider, base: str, target: str, body: bytes) -> Response:
    fields: Mapping[str, str] = tokens.headers("POST", base + target)
    return session.request("POST", target, (_JSON, *fields.items()), body, most=LARGEST)


def _client(url: Upstream, allowed: frozenset[str], trusted: Callable[[], bytes]) -> Client:
    if not url.tls:
        return Client.plain(url.host, url.port, allowed=allowed, timeout_s=SECONDS)
    return Client.over_tls(url.host, url.port, trusted(), allowed=allowed, timeout_s=SECONDS)


class _Sessions:
    """One connection a thread."""

    def __init__(self, client: Client) -> None:
        self._client, self._local = client, threading.local()
        self._every: list[Session] = []  # appending is atomic

    def mine(self) -> Session:
        """Return the calling thread's."""
        found: Session | None = getattr(self._local, "session", None)
        if found is None:
            found = self._local.session = Session(self._client)
            self._every.append(found)
        return found

    def close(self) -> None:
        """Close all of them; nobody asks any more."""
        for session in self._every:
            session.close()
