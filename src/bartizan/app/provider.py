"""Access tokens for programs: `bartizan.token_provider`, where a client library takes a callable as its key.

Rules of this file: a token is fetched when one is needed and used until a minute before it expires. Calls
from many threads fetch once. Nothing is written to a disk, and no token or secret stands in an error.
"""

import base64
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote_plus, urlencode, urlsplit

import msgspec

from bartizan.app.address import HERE
from bartizan.app.admin.asking import OwnerRefused
from bartizan.app.bearing import WANTED, Bearing, Token
from bartizan.app.bound_provider import BoundProvider
from bartizan.app.device_key import device_key
from bartizan.app.folder import Folder
from bartizan.app.owner import Owner, PlatformSilent
from bartizan.clock import SECOND, Clock, Nanoseconds, SystemClock
from bartizan.config import environment, find, resolve
from bartizan.crypto.secret import Reticent, Secret
from bartizan.crypto.tls import CertificateUnusable
from bartizan.egress.faults import EgressFault
from bartizan.egress.http import Client, Response
from bartizan.identity.holder import Holder
from bartizan.typed_json import decoded

EARLY: Final = Nanoseconds(60 * SECOND)
"""How long before its end a token is renewed; at most half its life."""
LIFE_S: Final = 600
"""Life of the tokens that are asked for, in seconds."""
STATE: Final = ".bartizan"
"""Name of the state folder, beside the configuration or in the working folder."""
_MOST: Final = 1 << 16
_NONCES: Final = 2
"""How often another nonce is heeded for one token."""


class TokenUnavailable(RuntimeError):
    """No token can be had; the message says why and what to do."""


class _Answer(Reticent, frozen=True):
    access_token: str
    expires_in: int
    token_type: str = "Bearer"  # noqa: S105 - a kind


class TokenProvider:
    """A callable that returns a token which is valid now.

    Args:
        fetch: returns a new token.
        clock: tells when one has to be renewed.
    """

    __slots__ = ("_clock", "_fetch", "_lock", "_token")

    def __init__(self, fetch: Callable[[Clock], Token], clock: Clock) -> None:
        """Fetch nothing yet."""
        self._fetch, self._clock = fetch, clock
        self._lock = threading.Lock()
        self._token: Token | None = None

    def __call__(self) -> str:
        """Return a valid token, a new one where the last is about to expire.

        Raises:
            TokenUnavailable: none can be had.
        """
        with self._lock:
            if self._token is None or self._clock.now() >= self._token.until:
                self._token = self._fetch(self._clock)
            return self._token.value

    def for_state(self, folder: str | Path) -> "TokenProvider":
        """Return a provider of the owner's tokens for the platform on another state folder."""
        path = Path(folder)
        return TokenProvider(lambda clock: owners_token(Folder(path), clock), self._clock)

    def bound(self, folder: str | Path | None = None) -> BoundProvider:
        """Return a provider of the owner's tokens that are bound to this program's key (DPoP).

        Args:
            folder: the state folder of the platform; None finds it as the command does.
        """
        bearing = Bearing(self._clock)
        path = None if folder is None else Path(folder)

        def fetch(clock: Clock) -> Token:
            return owners_token(_found() if path is None else Folder(path), clock, bearing)

        return BoundProvider(fetch, bearing, self._clock)

    def bound_for_client(
        self,
        token_url: str,
        client_id: str,
        secret: str,
        *,
        ca: str | Path,
        audience: str = "",
        device: str | Path | None = None,
    ) -> BoundProvider:
        """Return a provider of a registered client's tokens that are bound to this program's key, or to its device's.

        Args:
            token_url, client_id, secret, ca, audience: as of `for_client`.
            device: file of the device's key, as `bartizan device enrol` made it; None for a new key of this program's own.
        Raises:
            TokenUnavailable: the URL is not one that a secret may be sent to.
            FileNotFoundError, KeyExposed, KeyUnreadable, DeviceKeyInvalid: the device's key cannot be used.
        """
        bearing = Bearing(self._clock, None if device is None else device_key(Path(device), make=False))
        fetch = clients_token(
            token_url, client_id, secret, ca=Path(ca), audience=audience, holder=bearing.holder
        )
        return BoundProvider(fetch, bearing, self._clock)

    def for_client(
        self, token_url: str, client_id: str, secret: str, *, ca: str | Path, audience: str = ""
    ) -> "TokenProvider":
        """Return a provider of a registered client's tokens, by client credentials (RFC 6749 section 4.4).

        Args:
            token_url: of the authorization server, `https://localhost:8443/oauth/token`; http on loopback only.
            client_id: as registered.
            secret: a reference to the client's secret, `env:NAME`, `file:PATH` or `keyring:NAME`.
            ca: file of the authority to trust, `.bartizan/ca.pem`.
            audience: whom the tokens are for; empty for the server's default, the gateway.
        Raises:
            TokenUnavailable: the URL is not one that a secret may be sent to.
        """
        fetch = clients_token(token_url, client_id, secret, ca=Path(ca), audience=audience)
        return TokenProvider(fetch, self._clock)


def owners_token(folder: Folder, clock: Clock, bearing: Bearing | None = None) -> Token:
    """Return a new token of the owner, from the platform that runs on a state folder.

    Args:
        folder: the state folder.
        clock: the time.
        bearing: whose key it is to be bound to; None for a bearer token.
    Raises:
        TokenUnavailable: none runs there, or it gives none.
    """
    now = clock.now()
    try:
        key = "" if bearing is None else bearing.holder.thumbprint
        issued = Owner(folder).token("user.owner", "bartizan:gateway", LIFE_S, key)
    except PlatformSilent as fault:
        raise TokenUnavailable(
            f"no platform runs on {folder.root}; start one with `bartizan up`, "
            "or name its state folder: bartizan.token_provider.for_state(DIR)"
        ) from fault
    except (OwnerRefused, EgressFault) as fault:
        raise TokenUnavailable(f"the platform on {folder.root} gives no token: {fault}") from fault
    return _lasting(issued.access_token, issued.expires_in, now, bound=bearing is not None)


def clients_token(
    token_url: str,
    client_id: str,
    secret: str,
    *,
    ca: Path,
    audience: str = "",
    groups: str | None = None,
    holder: Holder | None = None,
) -> Callable[[Clock], Token]:
    """Return what fetches a new token of a registered client each time that it is called.

    Args:
        token_url, client_id, secret, ca, audience: as of `TokenProvider.for_client`.
        groups: key-agreement groups to offer, where others than the usual ones are wanted.
        holder: whose key tokens are to be bound to; None for bearer tokens.
    Raises:
        TokenUnavailable: the URL is not one that a secret may be sent to; and, from what is returned: none is to be had.
    """
    client, target = _client(token_url, ca, groups)
    form = urlencode({"grant_type": "client_credentials"} | ({"audience": audience} if audience else {}))
    bearing = None if holder is None else Bearing(SystemClock(), holder)

    def fetch(clock: Clock) -> Token:
        known = resolve(secret, environment(), Path.cwd(), Secret).reveal().decode("ascii")
        pair = f"{quote_plus(client_id)}:{quote_plus(known)}".encode()
        headers = (
            ("content-type", "application/x-www-form-urlencoded"),
            ("authorization", f"Basic {base64.b64encode(pair).decode()}"),
        )
        return _fetched(client().request, _Request(token_url, target, headers, form.encode(), bearing), clock)

    return fetch


def _found() -> Folder:
    """Return the state folder of the platform here: beside the configuration, else in the working folder."""
    file = find(Path.cwd())
    return Folder((Path.cwd() if file is None else file.parent) / STATE)


def _found_token(clock: Clock) -> Token:
    return owners_token(_found(), clock)


def _client(url: str, ca: Path, groups: str | None) -> tuple[Callable[[], Client], str]:
    parts = urlsplit(url)
    host, tls = parts.hostname or "", parts.scheme == "https"
    if not host or not (tls or (parts.scheme == "http" and host in HERE)):
        raise TokenUnavailable(
            "a token URL is https://HOST/PATH; http:// is for this machine's loopback only"
        )
    port = parts.port or (443 if tls else 80)
    # Whoever writes the address into a program means it, wherever it lies.
    allowed = frozenset({host})

    def client() -> Client:
        if not tls:
            return Client.plain(host, port, allowed=allowed)
        try:
            return Client.over_tls(host, port, ca.read_bytes(), groups=groups, allowed=allowed)
        except OSError as fault:
            raise TokenUnavailable(f"cannot read the authority to trust, {ca}: {fault.strerror}") from fault
        except CertificateUnusable as fault:
            raise TokenUnavailable(f"{ca} holds no certificate of an authority") from fault

    return client, parts.path or "/"


class _Request(Reticent, frozen=True):
    """A request for a token, by POST: to whom, its target, fields and body, and whose key it is to be bound to."""

    url: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    bearing: Bearing | None


def _fetched(request: Callable[..., Response], wanted: _Request, clock: Clock) -> Token:
    now, where = clock.now(), wanted.url
    try:
        response = _asked(request, wanted)
        answer = decoded(response.body, _Answer) if response.status == 200 else None  # noqa: PLR2004  # OK
    except EgressFault as fault:
        raise TokenUnavailable(f"{where} gives no token: {fault}") from fault
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise TokenUnavailable(f"{where} answers something that holds no token") from fault
    if answer is None:
        raise TokenUnavailable(f"{where} gives no token: {response.status} {_reason(response.body)}")
    return _lasting(answer.access_token, answer.expires_in, now, bound=answer.token_type.lower() == "dpop")


def _asked(request: Callable[..., Response], wanted: _Request) -> Response:
    """Return the answer to a request for a token, asked once more where a proof needs another nonce."""
    bearing = wanted.bearing
    if bearing is None:
        return request("POST", wanted.target, wanted.headers, wanted.body, most=_MOST)
    for _ in range(_NONCES):
        response = _proven(request, wanted, bearing)
        another = bearing.told(response.status, dict(response.headers))
        if not (another and WANTED.encode() in response.body):
            return response
    return _proven(request, wanted, bearing)


def _proven(request: Callable[..., Response], wanted: _Request, bearing: Bearing) -> Response:
    headers = (*wanted.headers, ("dpop", bearing.proof("POST", wanted.url)))
    return request("POST", wanted.target, headers, wanted.body, most=_MOST)


def _lasting(value: str, seconds: int, now: Nanoseconds, *, bound: bool = False) -> Token:
    life = max(seconds, 0) * SECOND
    return Token(value, Nanoseconds(now + life - min(EARLY, life // 2)), bound)


def _reason(body: bytes) -> str:
    """Return what a problem document or an OAuth error says."""
    try:
        told = msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    words = (told.get(name) for name in ("detail", "error", "title"))
    return next((word[:200] for word in words if isinstance(word, str) and word.isprintable()), "")


def provider() -> TokenProvider:
    """Return a provider of the owner's tokens for the platform found from the working folder, as commands find it."""
    return TokenProvider(_found_token, SystemClock())
