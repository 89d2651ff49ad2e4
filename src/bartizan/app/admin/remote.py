"""A client of the Admin API over the network, which shows tokens that are bound to a key of its own.

Rules of this file: the address is the issuer's, for a proof names it. A request is sent again where another nonce is
wanted, which the platform has refused before it did anything, and in no other case.
"""

from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

from typing_extensions import override

from bartizan.app.admin.asking import SECONDS
from bartizan.app.admin.client import Admin
from bartizan.egress.http import Client, Response

_NONCES: Final = 2


class Bound(Protocol):
    """What shows a token with each request (`bartizan.token_provider.bound_for_client`)."""

    def headers(self, method: str, url: str) -> dict[str, str]:
        """Return the fields that one request shows it with."""
        ...

    def told(self, status: int, headers: dict[str, str]) -> bool:
        """Take note of an answer; return whether the same request should be sent again, with new fields."""
        ...


class Remote(Admin):
    """A client over TLS; opens a connection a question.

    Args:
        url: of the gateway, as its metadata names the issuer: `https://HOST:PORT`.
        provider: shows tokens for the audience `bartizan:control`.
        ca: file of the authority to trust.
        groups: key-agreement groups to offer, where others than the usual ones are wanted.
    Raises:
        ValueError: another URL.
    """

    __slots__ = ("_ca", "_groups", "_host", "_port", "_provider", "_url")

    def __init__(self, url: str, provider: Bound, *, ca: str | Path, groups: str | None = None) -> None:
        """Ask nothing yet."""
        parts = urlsplit(url)
        if parts.scheme != "https" or not parts.hostname or parts.path.strip("/"):
            raise ValueError("the Admin API is at https://HOST[:PORT], the gateway's own address")
        self._url = url.rstrip("/")
        self._host, self._port = parts.hostname, parts.port or 443
        self._provider, self._ca, self._groups = provider, Path(ca), groups

    @override
    def send(self, method: str, target: str, headers: tuple[tuple[str, str], ...], body: bytes) -> Response:
        """Return the answer to a request.

        Raises:
            TokenUnavailable, EgressFault, CertificateUnusable; OSError: the authority cannot be read.
        """
        response = self._sent(method, target, headers, body)
        for _ in range(_NONCES):
            if not self._provider.told(response.status, dict(response.headers)):
                break
            response = self._sent(method, target, headers, body)
        return response

    def _sent(self, method: str, target: str, headers: tuple[tuple[str, str], ...], body: bytes) -> Response:
        shown = self._provider.headers(method, self._url + target)
        allowed = frozenset({self._host})  # whoever writes the address into a program means it
        client = Client.over_tls(
            self._host,
            self._port,
            self._ca.read_bytes(),
            groups=self._groups,
            allowed=allowed,
            timeout_s=SECONDS,
        )
        return client.request(method, target, (*headers, *shown.items()), body)
