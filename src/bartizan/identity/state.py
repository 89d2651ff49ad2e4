"""What every worker must know to judge a request: one generation, pushed whole as one sealed memory file.

Rules of this file: a state is complete and immutable; a worker decides on exactly one. It holds no private
key. Content keys are in it, so it travels in sealed memory only, never in a message or a log.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
from typing_extensions import override

from bartizan.clock import Nanoseconds
from bartizan.identity.device import Fleet
from bartizan.identity.external import Link, Profile
from bartizan.identity.principal import Principal
from bartizan.identity.token import Issuer, IssuerInvalid, pin

MAX_STATE: Final = 64 * 1024 * 1024
"""Largest encoded state that is read, in octets."""


class StateInvalid(ValueError):
    """Octets that are not an encoded state."""

    def __init__(self, fault: str) -> None:
        """Say what is wrong."""
        super().__init__(f"pushed state: {fault}")
        self.fault = fault


class TrustedIssuer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An issuer as it travels.

    Attributes:
        url: exact value of `iss`.
        algorithms: its allow-list.
        keys: public JWKs, each with `kid` and `alg`.
        embedded: whether it is our own authorization server, whose `sub` is the id of a principal; no
            other issuer can speak of our principals by their ids.
        profile: how an external issuer's tokens are read; only the embedded one has none.
    """

    url: str
    algorithms: tuple[str, ...]
    keys: tuple[dict[str, str], ...]
    embedded: bool
    profile: Profile | None = None


class PolicySource(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything the policy engine decides on.

    Attributes:
        text: Cedar policies.
        schema: Cedar schema.
        entities: Cedar JSON of roles, principals and services.
        flagged: pseudonym -> when a sign-in of its own was flagged last, UTC nanoseconds.
    """

    text: str
    schema: str
    entities: str
    flagged: dict[str, Nanoseconds] = {}

    @property
    def digest(self) -> str:
        """Return SHA-256, hexadecimal, over the parts with their lengths."""
        parts = [part.encode() for part in (self.text, self.schema, self.entities)]
        parts += [f"{about} {at}".encode() for about, at in sorted(self.flagged.items())]
        return hashlib.sha256(b"".join(len(part).to_bytes(8, "big") + part for part in parts)).hexdigest()


class State(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that decisions of one generation rest on; the supervisor numbers generations.

    Attributes:
        issuers: who may sign tokens.
        principals: everybody who is known, the revoked included.
        policy: what the engine decides on.
        revoked: `jti` of each revoked token -> instant from which it is expired anyway, UTC nanoseconds.
        links: whom external issuers' subjects are here.
        ended: `external.ended_key` -> instant at or before which tokens were issued that are refused.
        fleet: devices that are known.
        evidence: public key that evidence is sealed to (`crypto.sealing`); empty where none is kept.
    """

    issuers: tuple[TrustedIssuer, ...]
    principals: tuple[Principal, ...]
    policy: PolicySource
    revoked: dict[str, Nanoseconds]
    links: tuple[Link, ...] = ()
    ended: dict[str, Nanoseconds] = {}
    fleet: Fleet = Fleet()
    evidence: bytes = b""

    @override
    def __repr__(self) -> str:
        """Return sizes only."""
        return f"State({len(self.issuers)} issuers, {len(self.principals)} principals)"


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(State)


def encode(state: State) -> bytes:
    """Return the octets of a state (MessagePack)."""
    return _ENCODER.encode(state)


def decode(octets: bytes) -> State:
    """Return the state of `encode`.

    Raises:
        StateInvalid: too large, or not of the form.
    """
    if len(octets) > MAX_STATE:
        raise StateInvalid(f"has {len(octets)} octets, at most {MAX_STATE} are read")
    try:
        return _DECODER.decode(octets)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise StateInvalid("not of its form") from fault


def pinned(issuers: Iterable[TrustedIssuer]) -> Mapping[str, Issuer]:
    """Return issuers by `iss`, ready to verify with.

    Raises:
        IssuerInvalid: keys or algorithms that cannot be pinned, or two issuers of one name.
    """
    by_url: dict[str, Issuer] = {}
    for issuer in issuers:
        if issuer.url in by_url:
            raise IssuerInvalid(issuer.url, "is listed twice")
        if issuer.embedded is not (issuer.profile is None):
            raise IssuerInvalid(issuer.url, "is either embedded or has a profile")
        by_url[issuer.url] = pin(issuer.url, issuer.algorithms, issuer.keys, issuer.profile)
    return by_url
