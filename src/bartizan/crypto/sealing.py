"""Sealing to whoever holds a private key: who seals cannot read it back, and what it is about is bound to it.

Rules of this file: one suite and no other, HPKE in base mode: X25519 with ML-KEM-768 (X-Wing), HKDF-SHA-256, AES-256-GCM.
It says nothing of who sealed: anybody may who has the public key.
Source: RFC 9180; draft-connolly-cfrg-xwing-kem; FIPS 203.
"""

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from bartizan.crypto.secret import Secret

PUBLIC_OCTETS: Final = 1184 + 32
"""Of a public key: ML-KEM-768's, then X25519's."""
OVERHEAD: Final = 1088 + 32 + 16
"""Octets that sealing adds: both encapsulations and the tag."""
_SEED, _SCALAR = 64, 32
_SUITE: Final = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class KeyMisshapen(ValueError):
    """Octets that are no key for this."""

    def __init__(self) -> None:
        """Say so, and nothing of what stands there."""
        super().__init__("not a key that anything is sealed with")


class SealBroken(ValueError):
    """Sealed to another key, about something else, or altered."""

    def __init__(self) -> None:
        """Say what that means."""
        super().__init__("it was altered, is about something else, or was sealed to another key")


def new_key() -> Secret:
    """Return a new private key, as text: hexadecimal of ML-KEM's seed, then of X25519's scalar."""
    seed = MLKEM768PrivateKey.generate().private_bytes_raw()
    return Secret((seed + X25519PrivateKey.generate().private_bytes_raw()).hex().encode())


class SealingKey:
    """A private key, which opens what was sealed to its public half."""

    __slots__ = ("_private", "public")

    def __init__(self, text: Secret) -> None:
        """Take the text of `new_key`.

        Raises:
            KeyMisshapen: it is none.
        """
        try:
            octets = bytes.fromhex(text.reveal().decode("ascii"))
        except ValueError:
            octets = b""
        if len(octets) != _SEED + _SCALAR:
            raise KeyMisshapen
        seed, scalar = octets[:_SEED], octets[_SEED:]
        one, other = MLKEM768PrivateKey.from_seed_bytes(seed), X25519PrivateKey.from_private_bytes(scalar)
        self._private = MLKEM768X25519PrivateKey(one, other)
        self.public = one.public_key().public_bytes_raw() + other.public_key().public_bytes_raw()

    def open(self, sealed: bytes, about: bytes) -> bytes:
        """Return what was sealed.

        Args:
            sealed: octets of `seal`.
            about: as they were when it was sealed.
        Raises:
            SealBroken: one of the two is not so.
        """
        try:
            return _SUITE.decrypt(sealed, self._private, info=about)
        except (InvalidTag, ValueError) as fault:
            raise SealBroken from fault


def seal(plain: bytes, public: bytes, about: bytes) -> bytes:
    """Return octets that the holder of the private key alone can read, `OVERHEAD` longer.

    Args:
        plain: what is sealed.
        public: of a `SealingKey`.
        about: what it is bound to, in the clear; whoever opens it has to name the same.
    Raises:
        KeyMisshapen: that is no public key.
    """
    if len(public) != PUBLIC_OCTETS:
        raise KeyMisshapen
    try:
        one = MLKEM768PublicKey.from_public_bytes(public[:-_SCALAR])
        other = X25519PublicKey.from_public_bytes(public[-_SCALAR:])
    except ValueError as fault:
        raise KeyMisshapen from fault
    return _SUITE.encrypt(plain, MLKEM768X25519PublicKey(one, other), info=about)
