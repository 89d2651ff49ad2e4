"""A client that authenticates by signing: private_key_jwt.

Rules of this file: an assertion is for this issuer, by its exact name and no other, and good once: what was used is
remembered in the store until it has expired, across restarts. What decides is decided before the signature is looked
at, and nothing is remembered before that holds, so that only a client can fill its own share of the memory. The
algorithm is the registered key's. What is wrong, the client is not told; the record has it.
Source: RFC 7523 sections 2.2 and 3, and its revision on audiences (the issuer alone); RFC 8725 section 3.
"""

import hashlib
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, delete, func, insert, select

from bartizan.access.tables import ASSERTION
from bartizan.clock import SECOND, Nanoseconds
from bartizan.identity.compact import NotCompact, read_object, take_apart
from bartizan.identity.token import CLOCK_SKEW, Issuer, PinnedKey

LONGEST_S: Final = 300
"""How far ahead `exp` may lie, seconds."""
MAX_ASSERTION: Final = 4096
"""Longest assertion that is looked at, in characters."""
MOST: Final = 4096
"""Assertions that are remembered for one client; beyond that it waits until some have expired."""
_HEADER: Final = frozenset({"alg", "kid", "typ"})
_TYPES: Final = frozenset({"jwt", "client-authentication+jwt"})
_TEXT: Final = 255


class AssertionWrong(Exception):
    """An assertion that is not accepted; `reason` is its word in events."""

    def __init__(self, reason: str) -> None:
        """Carry the word."""
        super().__init__(reason)
        self.reason = reason


class Asserted(msgspec.Struct, frozen=True):
    """What a good assertion says.

    Attributes:
        client: who signed it.
        id: its `jti`.
        expires: instant, UTC nanoseconds.
    """

    client: str
    id: str
    expires: Nanoseconds


def claimed(assertion: str) -> str:
    """Return the client that an assertion names, unverified; its keys are looked up by it.

    Raises:
        AssertionWrong: it names none.
    """
    return _text(_claims(assertion), "sub")


def verify(assertion: str, keys: Issuer, issuer: str, now: Nanoseconds) -> Asserted:
    """Return what an assertion says that one of these keys signed for this issuer, and that is good now.

    Args:
        assertion: compact JWS.
        keys: of the client that it names.
        issuer: our own URL.
        now: the instant of the request.
    Raises:
        AssertionWrong: with the word of the first fault.
    """
    claims = _claims(assertion)
    client = _text(claims, "sub")
    if client != keys.url or claims.get("iss") != client:
        raise AssertionWrong("assertion-of-another")
    if claims.get("aud") not in (issuer, [issuer]):
        raise AssertionWrong("assertion-elsewhere")
    expires = _require_timely(claims, now)
    name = _text(claims, "jti")
    parts = take_apart(assertion)
    key = _key(parts.header, keys)
    if not key.verifies(parts.signed, parts.signature):
        raise AssertionWrong("assertion-forged")
    return Asserted(client, name, expires)


def take(connection: Connection, asserted: Asserted, now: Nanoseconds) -> None:
    """Take an assertion for no other request.

    Raises:
        AssertionWrong: it was taken before, or too many of this client are remembered.
    """
    connection.execute(delete(ASSERTION).where(ASSERTION.c.expires <= now))
    digest = hashlib.sha256(f"{asserted.client} {asserted.id}".encode()).digest()
    if connection.execute(select(ASSERTION.c.client).where(ASSERTION.c.digest == digest)).first() is not None:
        raise AssertionWrong("assertion-replayed")
    count = select(func.count()).where(ASSERTION.c.client == asserted.client)
    if connection.execute(count).scalar_one() >= MOST:
        raise AssertionWrong("assertions-full")
    row = {"digest": digest, "client": asserted.client, "expires": asserted.expires}
    connection.execute(insert(ASSERTION).values(row))


def _claims(assertion: str) -> dict[str, Any]:
    if len(assertion) > MAX_ASSERTION:
        raise AssertionWrong("assertion-malformed")
    try:
        return read_object(take_apart(assertion).payload, "payload")
    except NotCompact as fault:
        raise AssertionWrong("assertion-malformed") from fault


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= _TEXT or not value.isprintable():
        raise AssertionWrong("assertion-malformed")
    return value


def _require_timely(claims: dict[str, Any], now: Nanoseconds) -> Nanoseconds:
    """Return the instant of `exp`, which must be near; `iat` and `nbf`, where they stand, must be past."""
    second, ends = now // SECOND, claims.get("exp")
    if type(ends) is not int:
        raise AssertionWrong("assertion-malformed")
    if not second < ends <= second + LONGEST_S:
        raise AssertionWrong("assertion-untimely")
    for name in ("iat", "nbf"):
        start = claims.get(name, second)
        if type(start) is not int or start > second + CLOCK_SKEW // SECOND:
            raise AssertionWrong("assertion-untimely")
    return Nanoseconds(ends * SECOND)


def _key(octets: bytes, keys: Issuer) -> PinnedKey:
    try:
        header = read_object(octets, "header")
    except NotCompact as fault:
        raise AssertionWrong("assertion-malformed") from fault
    if not {"alg"} <= header.keys() <= _HEADER or not all(isinstance(each, str) for each in header.values()):
        raise AssertionWrong("assertion-malformed")  # no key of its own, no address of one, no extension
    if header.get("typ", "jwt").lower() not in _TYPES:
        raise AssertionWrong("assertion-malformed")
    alone = next(iter(keys.keys)) if len(keys.keys) == 1 else ""
    key = keys.keys.get(header.get("kid", alone))
    if key is None or key.algorithm != header["alg"]:
        raise AssertionWrong("assertion-key-unknown")
    return key
