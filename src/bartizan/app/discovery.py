"""Asking an external issuer for its keys: OpenID discovery, then the document that it leads to.

Rules of this file: it blocks, so it runs off the loop. The issuer that is configured is the only one that is asked; its
document must name it to the letter, and leads nowhere but to its own origin or one that is listed. A bounded part of
each answer is taken, for a bounded time; no redirect is followed and nothing of an answer is repeated. A key that
cannot be pinned is left out, so that one odd key does not take the others away.
Source: OpenID Connect Discovery 1.0 section 4; RFC 7517.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from bartizan import __version__
from bartizan.app.address import AddressInvalid, Upstream, upstream
from bartizan.app.issuer_plan import Issuer
from bartizan.crypto.tls import CertificateUnusable
from bartizan.egress.faults import AddressRefused, CertificateRefused, ResponseMalformed, ResponseTooLarge
from bartizan.egress.http import Client
from bartizan.identity.compact import NotCompact, read_object
from bartizan.identity.token import IssuerInvalid, pin

SECONDS: Final = 10.0
"""Longest that one answer may take."""
MOST_OCTETS: Final = 256 * 1024
MOST_KEYS: Final = 32
_PATH: Final = "/.well-known/openid-configuration"
_OK: Final = 200
_PUBLIC: Final = frozenset({"kty", "crv", "x", "y", "n", "e", "kid", "alg", "use"})
_SECRET: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_KINDS: Final = {
    "ES256": ("EC", "P-256"),
    "ES384": ("EC", "P-384"),
    "PS256": ("RSA", ""),
    "RS256": ("RSA", ""),
}

Keys = tuple[dict[str, str], ...]


class IssuerUnread(Exception):
    """An issuer's keys could not be had; `word` says why, in a closed set."""

    def __init__(self, word: str) -> None:
        """Carry the word."""
        super().__init__(word)
        self.word = word


def read_keys(issuer: Issuer) -> Keys:
    """Return the public keys that an issuer publishes now, each with `kid` and `alg`.

    Raises:
        IssuerUnread: they could not be had, or none of them can be pinned.
    """
    there = _place(issuer.url, "malformed")
    document = _document(issuer, there, there.path + _PATH)
    if document.get("issuer") != issuer.url:
        raise IssuerUnread("issuer-differs")
    where = document.get("jwks_uri")
    if not isinstance(where, str):
        raise IssuerUnread("malformed")
    keys_at = _place(where, "keys-elsewhere")
    if not _may_be(keys_at, there, issuer):
        raise IssuerUnread("keys-elsewhere")
    listed = _document(issuer, keys_at, keys_at.path or "/").get("keys")
    if not isinstance(listed, list) or len(listed) > MOST_KEYS:
        raise IssuerUnread("malformed")
    found = pinnable(issuer.url, issuer.algorithms, listed)
    if not found:
        raise IssuerUnread("no-keys")
    return found


def pinnable(url: str, algorithms: Sequence[str], listed: Sequence[object]) -> Keys:
    """Return those of an issuer's keys that may be pinned, by `kid`; the first of one `kid` counts.

    Args:
        url: of the issuer.
        algorithms: its allow-list; a key that names none gets the first that is of its kind.
        listed: members of `keys`.
    """
    found: dict[str, dict[str, str]] = {}
    for key in listed:
        if not isinstance(key, dict) or key.keys() & _SECRET or key.get("use", "sig") != "sig":
            continue
        public = {name: value for name, value in key.items() if name in _PUBLIC and isinstance(value, str)}
        public.setdefault("alg", next(_fitting(algorithms, public), ""))
        try:
            pin(url, algorithms, (public,))
        except IssuerInvalid:
            continue
        found.setdefault(public["kid"], public)
    return tuple(found[kid] for kid in sorted(found))


def _fitting(algorithms: Sequence[str], key: Mapping[str, str]) -> Iterator[str]:
    kind = key.get("kty", ""), key.get("crv", "")
    return (each for each in algorithms if _KINDS[each] == kind)


def _place(url: str, word: str) -> Upstream:
    try:
        return upstream(url, "")
    except AddressInvalid as fault:
        raise IssuerUnread(word) from fault


def _may_be(found: Upstream, home: Upstream, issuer: Issuer) -> bool:
    """Return whether keys may be fetched from there: from home, or over TLS from an origin that is listed."""
    if (found.tls, found.host, found.port) == (home.tls, home.host, home.port):
        return True
    return found.tls and found.authority in issuer.keys_at


def _document(issuer: Issuer, there: Upstream, path: str) -> dict[str, Any]:
    fields = (("accept", "application/json"), ("user-agent", f"bartizan/{__version__}"))
    try:
        answer = _client(issuer, there).request("GET", path, fields, most=MOST_OCTETS)
        if answer.status != _OK:
            raise IssuerUnread("unavailable")
        return read_object(answer.body, "document")
    except AddressRefused as fault:
        raise IssuerUnread("address-refused") from fault
    except (CertificateRefused, CertificateUnusable) as fault:
        raise IssuerUnread("untrusted") from fault
    except (ResponseMalformed, ResponseTooLarge, NotCompact) as fault:
        raise IssuerUnread("malformed") from fault
    except OSError as fault:
        raise IssuerUnread("unreachable") from fault


def _client(issuer: Issuer, there: Upstream) -> Client:
    allowed = frozenset(issuer.allowed)
    if not there.tls:
        return Client.plain(there.host, there.port, allowed=allowed, timeout_s=SECONDS)
    pem = issuer.authorities.encode()
    return Client.over_tls(there.host, there.port, pem, allowed=allowed, timeout_s=SECONDS)
