"""Tokens that nobody issued: what an attacker can build who has seen one valid token.

Rules of this file: only forgeries are made here. They are put together from octets, not by a JOSE library,
because a library refuses to write most of them.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

_OCTETS = 32  # a coordinate, and each half of a signature, on P-256


def read(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return header and claims of a token, unverified, as anybody can read them.

    Raises:
        ValueError: not a compact JWS around JSON.
    """
    header, claims, _signature = token.split(".")
    return json.loads(_decode(header)), json.loads(_decode(claims))


class Forger:
    """An attacker with a P-256 key of their own."""

    def __init__(self) -> None:
        """Make the key."""
        self._key = ec.generate_private_key(ec.SECP256R1())

    @property
    def jwk(self) -> dict[str, str]:
        """The public half, as a header can carry it (RFC 7517)."""
        point = self._key.public_key().public_numbers()
        return {
            "kty": "EC",
            "crv": "P-256",
            "x": _encode(point.x.to_bytes(_OCTETS, "big")),
            "y": _encode(point.y.to_bytes(_OCTETS, "big")),
        }

    def signed(self, header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
        """Return a token with a correct ES256 signature, by the wrong key."""
        text = _join(header, claims)
        r, s = decode_dss_signature(self._key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{text}.{_encode(r.to_bytes(_OCTETS, 'big') + s.to_bytes(_OCTETS, 'big'))}"


def unsigned(header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
    """Return a token with an empty signature."""
    return f"{_join(header, claims)}."


def tagged(header: Mapping[str, Any], claims: Mapping[str, Any], secret: bytes) -> str:
    """Return a token with an HS256 tag under some octets that the attacker knows."""
    text = _join(header, claims)
    return f"{text}.{_encode(hmac.digest(secret, text.encode(), hashlib.sha256))}"


def _join(header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
    return ".".join(_encode(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))


def _encode(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def published_key(keys: Mapping[str, Any], kid: str) -> ec.EllipticCurvePublicKey:
    """Return the public key of this id from a published JWK set.

    Raises:
        LookupError, ValueError: no such key, or not one on P-256.
    """
    found = next((key for key in keys["keys"] if key.get("kid") == kid), None)
    if found is None:
        raise LookupError("the issuer publishes no key with the id that its tokens name")
    x, y = (int.from_bytes(_decode(found[axis]), "big") for axis in "xy")
    return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
