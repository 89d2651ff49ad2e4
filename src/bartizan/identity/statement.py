"""What a device's key, or an authority over devices, signed: that a key asks to be admitted, and what holds of a machine.

Rules of this file: pure. What decides is decided before the signature is looked at. A statement is for one platform by its
URL, is young, and says words of a closed set alone; one of another type is none. A device's key stands in the header, and
makes the statement that device's; an authority's stands in the configuration, and no header names it.
Source: RFC 7515; RFC 8725 sections 3.8 to 3.12; RFC 7638.
"""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from bartizan.clock import SECOND, Nanoseconds
from bartizan.identity.compact import Compact, NotCompact, read_object, take_apart
from bartizan.identity.device import AHEAD, CLAIMS, ITSELF, Authority
from bartizan.identity.dpop import ProofKey, public_key
from bartizan.identity.principal import NAME
from bartizan.identity.proof_refusal import ProofMalformed

ENROLMENT: Final = "device-enrolment+jwt"
POSTURE: Final = "device-posture+jwt"
MEDIA: Final = b"application/jwt"
MOST: Final = 4096
"""Longest statement that is looked at, in characters."""
YOUNG: Final = Nanoseconds(300 * SECOND)
"""How long after it was signed a statement can be told."""
_OWN_HEADER: Final = frozenset({"typ", "alg", "jwk"})
_OTHERS_HEADER: Final = frozenset({"typ", "alg"})
_OTHERS_ALGORITHMS: Final = ("EdDSA", "Ed25519")
"""No set: what a stranger sends in its place may have no hash."""
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_HOLDER: Final = re.compile(rf"(?:user|workload)\.{NAME.pattern}")


class StatementRefused(ValueError):
    """A statement that is not taken; `reason` is its word in events, of a closed set."""

    MALFORMED: ClassVar[str] = "statement-malformed"
    ELSEWHERE: ClassVar[str] = "statement-elsewhere"
    UNTIMELY: ClassVar[str] = "statement-untimely"
    FORGED: ClassVar[str] = "statement-forged"
    STRANGER: ClassVar[str] = "authority-unknown"

    def __init__(self, reason: str) -> None:
        """Name the fault; never what was sent."""
        super().__init__(reason)
        self.reason = reason


class AuthorityInvalid(ValueError):
    """A file that holds no public key of Ed25519, which an authority signs with."""


class Enrolment(msgspec.Struct, frozen=True):
    """A key that asks to be admitted.

    Attributes:
        key: its thumbprint.
        public: JWK of it, as JSON.
        name: that it asks to be called.
        at: when it signed that, UTC nanoseconds.
    """

    key: str
    public: str
    name: str
    at: Nanoseconds


class Stated(msgspec.Struct, frozen=True):
    """What somebody claims of a device.

    Attributes:
        by: name of the authority, or `ITSELF`.
        key: thumbprint of the device's.
        at: when it was signed, UTC nanoseconds.
        holds: those of `CLAIMS` that are so.
        admit: whether the authority asks that a key which asks for it be admitted.
        holder: id of whose tokens may be bound to it then; empty for everybody's.
        hardware: whether the authority vouches that the key cannot leave the machine.
    """

    by: str
    key: str
    at: Nanoseconds
    holds: tuple[str, ...]
    admit: bool = False
    holder: str = ""
    hardware: bool = False


def read_authority(pem: bytes) -> bytes:
    """Return the raw octets of a public key in PEM.

    Raises:
        AuthorityInvalid: it holds none of Ed25519.
    """
    try:
        found = load_pem_public_key(pem)
    except ValueError as fault:
        raise AuthorityInvalid("holds no public key in PEM") from fault
    if not isinstance(found, Ed25519PublicKey):
        raise AuthorityInvalid("holds a key of another kind than Ed25519")
    return found.public_bytes_raw()


def enrolment(text: str, audience: str, now: Nanoseconds) -> Enrolment:
    """Return what a key that asks to be admitted says.

    Args:
        text: the statement.
        audience: this platform's URL.
        now: the instant.
    Raises:
        StatementRefused: it is none.
    """
    parts, header, claims = _opened(text, ENROLMENT)
    key, public = _own_key(header)
    at = _require_here(claims, audience, now, {"aud", "iat", "name"})
    name = claims["name"]
    if not isinstance(name, str) or NAME.fullmatch(name) is None:
        raise StatementRefused(StatementRefused.MALFORMED)
    _require_signed(parts, key.verifies)
    return Enrolment(key.thumbprint, public, name, at)


def posture(text: str, audience: str, authorities: Mapping[str, Authority], now: Nanoseconds) -> Stated:
    """Return what is claimed of a device, by its own key or by an authority.

    Args:
        text: the statement.
        audience: this platform's URL.
        authorities: by name.
        now: the instant.
    Raises:
        StatementRefused: it is none.
    """
    parts, header, claims = _opened(text, POSTURE)
    if "jwk" in header:
        key, _ = _own_key(header)
        at = _require_here(claims, audience, now, {"aud", "iat", "posture"})
        _require_signed(parts, key.verifies)
        return Stated(ITSELF, key.thumbprint, at, _holds(claims["posture"]))
    return _of_authority(parts, header, claims, audience, authorities, now)


def _of_authority(
    parts: Compact,
    header: Mapping[str, Any],
    claims: Mapping[str, Any],
    audience: str,
    authorities: Mapping[str, Authority],
    now: Nanoseconds,
) -> Stated:
    if header.keys() != _OTHERS_HEADER or header["alg"] not in _OTHERS_ALGORITHMS:
        raise StatementRefused(StatementRefused.MALFORMED)
    optional = claims.keys() & {"admit", "holder", "hardware"}
    at = _require_here(claims, audience, now, {"aud", "iat", "posture", "iss", "sub", *optional})
    named, key, holder = claims["iss"], claims["sub"], claims.get("holder", "")
    authority = authorities.get(named) if isinstance(named, str) else None
    if authority is None:
        raise StatementRefused(StatementRefused.STRANGER)
    words = (claims.get("admit", False), claims.get("hardware", False))
    if not all(isinstance(each, bool) for each in words) or not isinstance(holder, str):
        raise StatementRefused(StatementRefused.MALFORMED)
    if not isinstance(key, str) or not _KEY.fullmatch(key) or (holder and not _HOLDER.fullmatch(holder)):
        raise StatementRefused(StatementRefused.MALFORMED)
    holds = _holds(claims["posture"])
    _require_signed(parts, _verifier(authority.key))
    return Stated(authority.name, key, at, holds, words[0] and authority.admits, holder, words[1])


def _opened(text: str, kind: str) -> tuple[Compact, dict[str, Any], dict[str, Any]]:
    if len(text) > MOST:
        raise StatementRefused(StatementRefused.MALFORMED)
    try:
        parts = take_apart(text)
        header, claims = read_object(parts.header, "header"), read_object(parts.payload, "payload")
    except NotCompact as fault:
        raise StatementRefused(StatementRefused.MALFORMED) from fault
    if header.get("typ") != kind:
        raise StatementRefused(StatementRefused.MALFORMED)
    return parts, header, claims


def _own_key(header: Mapping[str, Any]) -> tuple[ProofKey, str]:
    """Return the key that a header shows, and its JWK as JSON."""
    algorithm = header.get("alg")
    if header.keys() != _OWN_HEADER or not isinstance(algorithm, str):
        raise StatementRefused(StatementRefused.MALFORMED)
    try:
        key = public_key(header["jwk"], algorithm)
    except ProofMalformed as fault:
        raise StatementRefused(StatementRefused.MALFORMED) from fault
    shown = {name: header["jwk"][name] for name in ("kty", "crv", "x", "y")}
    return key, msgspec.json.encode(shown).decode()


def _require_here(
    claims: Mapping[str, Any], audience: str, now: Nanoseconds, wanted: set[str]
) -> Nanoseconds:
    """Return when a statement was signed that is for here and young, and says what it may."""
    if claims.keys() != wanted:
        raise StatementRefused(StatementRefused.MALFORMED)
    if claims["aud"] != audience:
        raise StatementRefused(StatementRefused.ELSEWHERE)
    issued = claims["iat"]
    if isinstance(issued, bool) or not isinstance(issued, int) or not 0 <= issued < 2**33:
        raise StatementRefused(StatementRefused.MALFORMED)
    at = Nanoseconds(issued * SECOND)
    if not -AHEAD <= now - at <= YOUNG:
        raise StatementRefused(StatementRefused.UNTIMELY)
    return at


def _holds(said: object) -> tuple[str, ...]:
    """Return which claims are so; what is not said is unknown, which is not so."""
    if not isinstance(said, dict) or not said.keys() <= set(CLAIMS):
        raise StatementRefused(StatementRefused.MALFORMED)
    if not all(isinstance(each, bool) for each in said.values()):
        raise StatementRefused(StatementRefused.MALFORMED)
    return tuple(name for name in CLAIMS if said.get(name) is True)


def _require_signed(parts: Compact, verifies: Callable[[bytes, bytes], bool]) -> None:
    if not verifies(parts.signed, parts.signature):
        raise StatementRefused(StatementRefused.FORGED)


def _verifier(key: bytes) -> Callable[[bytes, bytes], bool]:
    public = Ed25519PublicKey.from_public_bytes(key)

    def verifies(signed: bytes, signature: bytes) -> bool:
        try:
            public.verify(signature, signed)
        except InvalidSignature:
            return False
        return True

    return verifies


def fingerprint(key: str) -> str:
    """Return a thumbprint as people compare it: 64 hexadecimal digits."""
    return base64.urlsafe_b64decode(f"{key}=").hex()


def thumbprint_of(fingerprint: str) -> str:
    """Return the thumbprint of `fingerprint`.

    Raises:
        ValueError: not 64 hexadecimal digits.
    """
    octets = binascii.unhexlify(fingerprint)
    if len(octets) != 32:  # noqa: PLR2004 - of SHA-256
        raise ValueError("not 64 hexadecimal digits")
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()
