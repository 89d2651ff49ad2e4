"""What the tokens of an issuer besides our own may look like, and what is read of them.

Rules of this file: pure. An issuer says who somebody is at its own place, and nothing else: which of our roles that
means stands in the configuration, and `owner` cannot stand there.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from bartizan.clock import Nanoseconds
from bartizan.identity.claim import text
from bartizan.identity.refusal import ClientRefused, TokenNotForAccess

NEVER_MAPPED: Final = frozenset({"owner", "drill"})
"""Roles that no claim can give: whose they are is said on this machine."""
TOLERATED: Final = frozenset({"x5t", "x5t#S256"})
"""Members of a header that many issuers add; they are never read."""
_OTHER_KINDS: Final = frozenset({"events", "at_hash", "c_hash", "s_hash"})
"""Claims of logout tokens, security events and ID tokens, which an issuer may sign with the same key and type."""
_MOST_VALUES: Final = 256


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one external issuer's tokens are read.

    Attributes:
        name: as configured; stands in events.
        audiences: of which `aud` must hold one.
        types: values of the header's `typ`, in lower case.
        clients: who may have asked for the token; empty for all.
        claim: names that lead to the claim that holds the issuer's roles; empty where none is read.
        mapped: a value of that claim -> our roles; values that are not here mean nothing.
        given: roles of everybody whom the issuer registers here.
        register: whether somebody new is registered by the first token.
    """

    name: str
    audiences: tuple[str, ...]
    types: tuple[str, ...] = ("at+jwt",)
    clients: tuple[str, ...] = ()
    claim: tuple[str, ...] = ()
    mapped: dict[str, tuple[str, ...]] = {}
    given: tuple[str, ...] = ()
    register: bool = False


class Link(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which of our principals an external issuer's subject is.

    Attributes:
        issuer, subject: `iss` and `sub`.
        principal: id.
        roles: that the issuer's claims gave, sorted.
        of: when the token was issued that gave them, UTC nanoseconds; 0 where roles were given by hand, and stay.
    """

    issuer: str
    subject: str
    principal: str
    roles: tuple[str, ...]
    of: Nanoseconds


class Said(msgspec.Struct, frozen=True):
    """What an external token says besides who signed it, for whom and for how long.

    Attributes:
        client: `client_id` or `azp`, or empty.
        id: `jti`, or a digest of the token.
        session: `sid`, or empty.
        roles: of ours, sorted.
    """

    client: str
    id: str
    session: str
    roles: tuple[str, ...]


def said(payload: Mapping[str, object], profile: Profile, token: str) -> Said:
    """Return what a token says, which is not verified yet.

    Args:
        payload: its claims.
        profile: of its issuer.
        token: the whole of it.
    Raises:
        TokenNotForAccess: it is a token of another kind.
        ClientRefused: asked for by a client that is not listed.
        ClaimMissing: a claim is not of its form.
    """
    if not _OTHER_KINDS.isdisjoint(payload):
        raise TokenNotForAccess
    client = _optional(payload, "client_id") or _optional(payload, "azp")
    if profile.clients and client not in profile.clients:
        raise ClientRefused
    return Said(
        client=client,
        id=_optional(payload, "jti") or f"x-{hashlib.sha256(token.encode()).hexdigest()[:32]}",
        session=_optional(payload, "sid"),
        roles=roles(payload, profile),
    )


def roles(payload: Mapping[str, object], profile: Profile) -> tuple[str, ...]:
    """Return our roles that a token's claims mean, sorted."""
    found = set(profile.given)
    for value in _values(payload, profile.claim):
        found.update(profile.mapped.get(value, ()))
    return tuple(sorted(found - NEVER_MAPPED))


def ended_key(kind: str, issuer: str, name: str) -> str:
    """Return under what it is kept that a subject's or a session's tokens are over.

    Args:
        kind: `sub` or `sid`.
        issuer, name: whose, and its value.
    Returns:
        SHA-256, hexadecimal.
    """
    return hashlib.sha256(msgspec.json.encode((kind, issuer, name))).hexdigest()


def _values(payload: Mapping[str, object], claim: tuple[str, ...]) -> Iterable[str]:
    if not claim:
        return ()
    value: object = payload
    for name in claim:
        value = value.get(name) if isinstance(value, dict) else None
    listed = value.split(" ") if isinstance(value, str) else value
    if not isinstance(listed, list):
        return ()
    return [each for each in listed[:_MOST_VALUES] if isinstance(each, str)]


def _optional(payload: Mapping[str, object], claim: str) -> str:
    return text(payload, claim) if claim in payload else ""
