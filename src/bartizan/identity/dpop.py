"""Verifying a proof of possession: DPoP, RFC 9449.

Rules of this file: a proof is good for one request at one server, once. What decides is decided before the signature
is looked at, cheapest first: whose key it is too, for its thumbprint stands in the token. A nonce of ours is always
needed, so that nothing can be made ahead, and what has to be remembered against repetition is a minute old at
most. A nonce is taken by the server alone that gave it, so no other can be shown a proof again. A memory that is full
refuses.
Source: RFC 9449 sections 4.2, 4.3, 8, 9 and 11.1; RFC 7638 (thumbprint).
"""

import hashlib
import hmac
import re
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    SECP384R1,
    EllipticCurve,
    EllipticCurvePublicNumbers,
)
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, HashAlgorithm

from bartizan.clock import SECOND, Nanoseconds
from bartizan.crypto.secret import Reticent, Secret
from bartizan.identity.compact import NotCompact, encoded, octets_of, read_object, take_apart
from bartizan.identity.proof_refusal import (
    ProofElsewhere,
    ProofForged,
    ProofMalformed,
    ProofMissing,
    ProofOfAnother,
    ProofReplayed,
    ProofsFull,
    ProofStale,
    ProofUntimely,
)

MAX_PROOF: Final = 2048
"""Longest proof that is looked at, in characters."""
ALGORITHMS: Final = ("ES256", "ES384")
"""What a proof may be signed with; one with a key of RSA costs a stranger nothing and us much."""
SLOT: Final = Nanoseconds(20 * SECOND)
"""How long one nonce is given out."""
SLOTS: Final = 3
"""How many of the latest nonces are taken; so long a proof is good, and is remembered."""
MOST_PROOFS: Final = 1 << 19
"""Proofs that are remembered; each costs about 90 octets."""
KEYS: Final = 4096
"""Keys that are remembered as read; each costs about 1.5 KB."""
APART: Final = Nanoseconds(300 * SECOND)
"""How far `iat` may lie from our clock: the nonce tells the age, this only finds a clock that is wrong."""
_HEADER: Final = frozenset({"typ", "alg", "jwk"})
_PUBLIC: Final = frozenset({"kty", "crv", "x", "y"})
_BESIDE: Final = frozenset({"alg", "ext", "key_ops", "kid", "use"})
_TYPE: Final = "dpop+jwt"
_TEXT: Final = 255
_TARGET: Final = re.compile(r"(https?)://([^/?#]{1,255})(/[^?#]*)?(?:[?#].*)?", re.IGNORECASE)
_DEFAULT_PORT: Final = {"https": ":443", "http": ":80"}


class _Curve(msgspec.Struct, frozen=True):
    name: str
    curve: EllipticCurve
    digest: HashAlgorithm
    octets: int


_CURVES: Final = {
    "ES256": _Curve("P-256", SECP256R1(), SHA256(), 32),
    "ES384": _Curve("P-384", SECP384R1(), SHA384(), 48),
}


class ProofKey(msgspec.Struct, frozen=True):
    """A key that a proof shows.

    Attributes:
        thumbprint: SHA-256, base64url, as `cnf.jkt` has it.
        verifies: (signed octets, signature octets) -> whether the signature is this key's.
    """

    thumbprint: str
    verifies: Callable[[bytes, bytes], bool]


class Wanted(Reticent, frozen=True):
    """What a proof must be for.

    Attributes:
        method: of the request.
        targets: URLs, any of which it may name: scheme and host in lower case, no port that is the scheme's own, no
            query.
        token: that it comes with; empty at the token endpoint.
        key: thumbprint that it must have; empty where any key will do, as at the token endpoint.
    """

    method: str
    targets: tuple[str, ...]
    token: str = ""
    key: str = ""


class Proofs:
    """What one server takes: its nonces, and the proofs that it has taken.

    Args:
        secret: 32 octets that this server alone has.
    """

    __slots__ = ("_floor", "_held", "_keys", "_nonces", "_secret", "_seen")

    def __init__(self, secret: Secret) -> None:
        """Remember nothing yet."""
        self._secret = secret
        self._keys: OrderedDict[bytes, ProofKey] = OrderedDict()
        self._seen: dict[int, set[bytes]] = {}
        self._nonces: dict[int, str] = {}
        self._held, self._floor = 0, -1

    def __len__(self) -> int:
        """Return how many proofs are remembered."""
        return self._held

    def nonce(self, now: Nanoseconds) -> str:
        """Return the nonce that is given out now: 22 characters."""
        return self._nonce(now // SLOT)

    def verify(self, proof: str, wanted: Wanted, now: Nanoseconds) -> str:
        """Return the thumbprint of the key of a proof that is good for this request, and take it for no other.

        Raises:
            ProofRefused: one of its subclasses, for the first fault.
        """
        if not proof:
            raise ProofMissing
        if len(proof) > MAX_PROOF:
            raise ProofMalformed("length")
        try:
            parts = take_apart(proof)
            claims = read_object(parts.payload, "payload")
        except NotCompact as fault:
            raise ProofMalformed(fault.part) from fault
        slot = self._slot(claims.get("nonce"), now)
        _require_here(claims, wanted)
        _require_timely(claims.get("iat"), now)
        seen = self._seen_of(slot)
        key = self._keys.get(parts.head) or _read_key(parts.header)
        _require_key(key, wanted)
        name = _name_of(claims.get("jti"), key.thumbprint)
        if name in seen:
            raise ProofReplayed
        if self._held >= MOST_PROOFS:
            raise ProofsFull
        if not key.verifies(parts.signed, parts.signature):
            raise ProofForged
        seen.add(name)
        self._held += 1
        self._keep(parts.head, key)
        return key.thumbprint

    def _slot(self, nonce: object, now: Nanoseconds) -> int:
        """Return the number of a nonce that was given out lately; forget what no nonce can bring back."""
        newest = now // SLOT
        for slot in [slot for slot in self._nonces if slot <= newest - SLOTS]:
            del self._nonces[slot]
            self._held -= len(self._seen.pop(slot, ()))
            self._floor = max(self._floor, slot)
        if isinstance(nonce, str) and nonce.isascii():
            for slot in range(newest, newest - SLOTS, -1):
                if slot > self._floor and hmac.compare_digest(nonce, self._nonce(slot)):
                    return slot
        raise ProofStale

    def _nonce(self, slot: int) -> str:
        found = self._nonces.get(slot)
        if found is None:
            mac = hmac.digest(self._secret.reveal(), b"dpop nonce" + slot.to_bytes(8, "big"), "sha256")
            found = self._nonces[slot] = encoded(mac[:16])
        return found

    def _seen_of(self, slot: int) -> set[bytes]:
        return self._seen.setdefault(slot, set())

    def _keep(self, head: bytes, key: ProofKey) -> None:
        self._keys[head] = key
        self._keys.move_to_end(head)
        if len(self._keys) > KEYS:
            self._keys.popitem(last=False)


def _require_key(key: ProofKey, wanted: Wanted) -> None:
    if wanted.key and not hmac.compare_digest(key.thumbprint, wanted.key):
        raise ProofOfAnother


def _require_here(claims: dict[str, Any], wanted: Wanted) -> None:
    if claims.get("htm") != wanted.method:
        raise ProofElsewhere("htm")
    if _target(claims.get("htu")) not in wanted.targets:
        raise ProofElsewhere("htu")
    if wanted.token:
        _require_token(claims, wanted)


def _require_token(claims: dict[str, Any], wanted: Wanted) -> None:
    shown = claims.get("ath")
    meant = encoded(hashlib.sha256(wanted.token.encode("utf-8", "surrogatepass")).digest())
    if not isinstance(shown, str) or not shown.isascii() or not hmac.compare_digest(shown, meant):
        raise ProofElsewhere("ath")


def _target(named: object) -> str:
    """Return a URL as targets have it, empty where it is none.

    Source: RFC 9449 section 4.3: query and fragment are ignored, syntax and scheme are normalised.
    """
    found = _TARGET.fullmatch(named) if isinstance(named, str) else None
    if found is None:
        return ""
    scheme, host, path = found[1].lower(), found[2].lower(), found[3] or "/"
    return f"{scheme}://{host.removesuffix(_DEFAULT_PORT[scheme])}{path}"


def _require_timely(issued: object, now: Nanoseconds) -> None:
    if isinstance(issued, bool) or not isinstance(issued, (int, float)):
        raise ProofMalformed("iat")
    if abs(issued - now // SECOND) > APART // SECOND:
        raise ProofUntimely


def _name_of(name: object, thumbprint: str) -> bytes:
    if not isinstance(name, str) or not 0 < len(name) <= _TEXT or not name.isprintable():
        raise ProofMalformed("jti")
    return hashlib.sha256(f"{thumbprint} {name}".encode()).digest()[:16]


def _read_key(octets: bytes) -> ProofKey:
    """Return the key that the header of a proof shows.

    Raises:
        ProofMalformed: not the header of a proof, or not a public key on its algorithm's curve.
    """
    try:
        header = read_object(octets, "header")
    except NotCompact as fault:
        raise ProofMalformed(fault.part) from fault
    shown, algorithm = header.get("jwk"), header.get("alg")
    if header.keys() != _HEADER or header["typ"] != _TYPE or not isinstance(algorithm, str):
        raise ProofMalformed("header")
    curve = _CURVES.get(algorithm)
    if curve is None:
        raise ProofMalformed("alg")
    return _key(shown, curve)


def public_key(shown: object, algorithm: str) -> ProofKey:
    """Return the key that a JWK holds.

    Args:
        shown: JWK, as it was decoded.
        algorithm: that it is used with, a word of `ALGORITHMS`.
    Raises:
        ProofMalformed: not a public key on that algorithm's curve.
    """
    curve = _CURVES.get(algorithm)
    if curve is None:
        raise ProofMalformed("alg")
    return _key(shown, curve)


def _key(shown: object, curve: _Curve) -> ProofKey:
    if not isinstance(shown, dict) or not shown.keys() >= _PUBLIC or not shown.keys() <= _PUBLIC | _BESIDE:
        raise ProofMalformed("jwk")  # a private key shown is a key that is no longer its owner's alone
    if (shown["kty"], shown["crv"]) != ("EC", curve.name):
        raise ProofMalformed("jwk")
    try:
        x, y = (octets_of(shown[name].encode("ascii"), "jwk") for name in ("x", "y"))
        if (len(x), len(y)) != (curve.octets, curve.octets):
            raise ProofMalformed("jwk")
        numbers = EllipticCurvePublicNumbers(int.from_bytes(x, "big"), int.from_bytes(y, "big"), curve.curve)
        public = numbers.public_key()
    except (NotCompact, ValueError, AttributeError) as fault:
        raise ProofMalformed("jwk") from fault
    method, half = ECDSA(curve.digest), curve.octets

    def verifies(signed: bytes, signature: bytes) -> bool:
        if len(signature) != 2 * half:
            return False
        r, s = int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")
        try:
            public.verify(encode_dss_signature(r, s), signed, method)
        except InvalidSignature:
            return False
        return True

    return ProofKey(thumbprint(shown), verifies)


def thumbprint(key: dict[str, Any]) -> str:
    """Return the thumbprint of a public key on an elliptic curve, base64url.

    Args:
        key: JWK.
    Source: RFC 7638 section 3.
    """
    text = msgspec.json.encode({name: key[name] for name in ("crv", "kty", "x", "y")})
    return encoded(hashlib.sha256(text).digest())
