"""The other side of a proof of possession: who holds the key, and makes proofs with it.

Rules of this file: the key lives as long as the process and is written nowhere, unless it is a device's, which brings it.
Source: RFC 9449 section 4.2.
"""

import hashlib
import secrets
from collections.abc import Mapping
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from typing_extensions import override

from bartizan.clock import SECOND, Nanoseconds
from bartizan.identity.compact import encoded
from bartizan.identity.dpop import thumbprint

_HALF: Final = 32
_METHOD: Final = ECDSA(SHA256())


class Holder:
    """A key of one holder's own, on P-256."""

    __slots__ = ("_header", "_key", "_public", "thumbprint")

    def __init__(self, key: EllipticCurvePrivateKey | None = None) -> None:
        """Make a new key, or take one that is there already.

        Args:
            key: on P-256.
        """
        self._key = key or generate_private_key(SECP256R1())
        numbers = self._key.public_key().public_numbers()
        point = {
            name: encoded(each.to_bytes(_HALF, "big")) for name, each in (("x", numbers.x), ("y", numbers.y))
        }
        public = {"kty": "EC", "crv": "P-256", **point}
        self._public = public
        self._header = self._headed("dpop+jwt")
        self.thumbprint = thumbprint(public)

    @override
    def __repr__(self) -> str:
        """Return the thumbprint only."""
        return f"Holder({self.thumbprint})"

    def proof(self, method: str, target: str, now: Nanoseconds, *, token: str = "", nonce: str = "") -> str:
        """Return a proof for one request.

        Args:
            method: of the request.
            target: its URL without a query.
            now: the instant.
            token: that it is sent with; empty at a token endpoint.
            nonce: that the server gave last; empty where it gave none.
        """
        claims: dict[str, str | int] = {
            "jti": secrets.token_urlsafe(12),
            "htm": method,
            "htu": target,
            "iat": now // SECOND,
        }
        if token:
            claims["ath"] = encoded(hashlib.sha256(token.encode("ascii")).digest())
        if nonce:
            claims["nonce"] = nonce
        return self.sign(claims)

    def sign(self, claims: dict[str, str | int]) -> str:
        """Return a proof that says this."""
        return self._signed(self._header, claims)

    def state(self, kind: str, claims: Mapping[str, object]) -> str:
        """Return a statement of this key.

        Args:
            kind: its `typ`.
            claims: what it says.
        """
        return self._signed(self._headed(kind), claims)

    def _headed(self, kind: str) -> str:
        return encoded(msgspec.json.encode({"typ": kind, "alg": "ES256", "jwk": self._public}))

    def _signed(self, header: str, claims: Mapping[str, object]) -> str:
        signed = f"{header}.{encoded(msgspec.json.encode(claims))}"
        r, s = decode_dss_signature(self._key.sign(signed.encode("ascii"), _METHOD))
        return f"{signed}.{encoded(r.to_bytes(_HALF, 'big') + s.to_bytes(_HALF, 'big'))}"
