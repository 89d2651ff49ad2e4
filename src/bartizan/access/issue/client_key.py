"""Public keys of clients: reading what the owner hands in, keeping it, finding it again.

Rules of this file: a private key is refused before it is kept anywhere. Each key has one algorithm from the day it
is registered; what an assertion says of itself changes nothing about that.
Source: RFC 7517 sections 4 and 5; RFC 8725 section 3.1.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from joserfc import jwk
from joserfc.errors import JoseError
from sqlalchemy import Connection, delete, insert, select

from bartizan.access.errors import ClientKeyRefused
from bartizan.access.issue.client_certificate import holds_certificates, read_certificates
from bartizan.access.tables import CLIENT, CLIENT_KEY
from bartizan.identity.principal import Principal
from bartizan.identity.token import ALGORITHMS, Issuer, IssuerInvalid, pin

MOST_KEYS: Final = 4
"""Keys of one client: enough to bring a new one in before the old one goes."""
MAX_KEYS: Final = 16_384
"""Longest document of keys that is read, in octets."""
_PRIVATE: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_OF_CURVE: Final = {"P-256": "ES256", "P-384": "ES384"}
_SHOWN: Final = ("kty", "crv", "x", "y", "n", "e")
_TEXT: Final = 64


def read_keys(document: bytes) -> tuple[dict[str, str], ...]:
    """Return the public keys of a document, each with `kid` and `alg`; of certificates, what is kept of each.

    Args:
        document: a JWK, a set of them, or certificates (PEM).
    Raises:
        ClientKeyRefused: it is none of these, holds a private key, or one that cannot be pinned.
    """
    if len(document) > MAX_KEYS:
        raise ClientKeyRefused(f"the file has more than {MAX_KEYS} octets")
    if holds_certificates(document):
        return read_certificates(document)
    try:
        found = msgspec.json.decode(document)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise ClientKeyRefused("the file is not JSON; a JWK or a set of them is needed (RFC 7517)") from fault
    listed = found.get("keys") if isinstance(found, dict) and "keys" in found else [found]
    if not isinstance(listed, list) or not 1 <= len(listed) <= MOST_KEYS:
        raise ClientKeyRefused(f"between 1 and {MOST_KEYS} keys are needed")
    keys = tuple(_public(each) for each in listed)
    try:
        pin("client", ALGORITHMS, keys)
    except IssuerInvalid as fault:
        raise ClientKeyRefused(fault.fault) from fault
    return keys


def _public(key: Any) -> dict[str, str]:  # noqa: ANN401 - whatever stood in the file
    if not isinstance(key, dict):
        raise ClientKeyRefused("a key is not a JSON object")
    if key.keys() & _PRIVATE:
        raise ClientKeyRefused("a key is private or shared: hand in its public half alone, and change it")
    try:
        read = jwk.import_key({name: key[name] for name in _SHOWN if name in key})
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as fault:
        raise ClientKeyRefused("a key is not a public JWK") from fault
    kid = key.get("kid", read.thumbprint())
    algorithm = key.get("alg", _OF_CURVE.get(str(key.get("crv")), "PS256" if key.get("kty") == "RSA" else ""))
    if not isinstance(kid, str) or not 0 < len(kid) <= _TEXT or not kid.isprintable():
        raise ClientKeyRefused("a key's kid is not a short text")
    if algorithm not in ALGORITHMS:
        raise ClientKeyRefused(f"a key's alg must be one of {', '.join(sorted(ALGORITHMS))}")
    shown = read.as_dict(private=False)
    return {name: str(shown[name]) for name in _SHOWN if name in shown} | {"kid": kid, "alg": algorithm}


def give_keys(connection: Connection, principal: Principal, keys: Sequence[dict[str, str]]) -> None:
    """Have a client authenticate by these keys, or certificates, from now on; earlier ones, and its secret, no longer work."""
    connection.execute(delete(CLIENT).where(CLIENT.c.id == principal.client))
    connection.execute(delete(CLIENT_KEY).where(CLIENT_KEY.c.client == principal.client))
    for key in keys:
        row = {"client": principal.client, "kid": key["kid"], "jwk": msgspec.json.encode(key).decode()}
        connection.execute(insert(CLIENT_KEY).values(row))


def listed(connection: Connection, client: str) -> tuple[dict[str, str], ...]:
    """Return a client's keys as JWKs; none where it has none or is unknown."""
    rows = connection.execute(
        select(CLIENT_KEY.c.jwk).where(CLIENT_KEY.c.client == client).order_by(CLIENT_KEY.c.kid)
    )
    return tuple(msgspec.json.decode(row.jwk, type=dict[str, str]) for row in rows)


def keys_of(connection: Connection, client: str) -> Issuer:
    """Return a client's keys that sign, pinned; none where it has none, shows certificates, or is unknown."""
    return pin(client, ALGORITHMS, [key for key in listed(connection, client) if "kty" in key])
