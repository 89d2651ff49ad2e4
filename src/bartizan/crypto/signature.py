"""Signatures with Ed25519 and with ML-DSA-44: what Bartizan signs carries both, and both must hold.

ML-DSA-44 (FIPS 204) is what the C2SP cosignature format names; Ed25519 (RFC 8032) stands beside it, so that
neither a quantum computer nor a flaw in a young algorithm is enough.
"""

import enum
from typing import Final, final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from bartizan.crypto.secret import Secret


class Algorithm(enum.Enum):
    """What a key signs with."""

    ED25519 = "ed25519"
    ML_DSA_44 = "ml-dsa-44"


SIGNATURE_OCTETS: Final = {Algorithm.ED25519: 64, Algorithm.ML_DSA_44: 2420}
"""Length of a signature."""
PUBLIC_OCTETS: Final = {Algorithm.ED25519: 32, Algorithm.ML_DSA_44: 1312}
"""Length of a raw public key."""


class SignatureInvalid(Exception):
    """A signature was not made by this key over this message."""

    def __init__(self, algorithm: Algorithm) -> None:
        """Name the algorithm."""
        super().__init__(f"the {algorithm.value} signature does not verify")
        self.algorithm = algorithm


class NotAKey(ValueError):
    """Octets that hold no key of the algorithm."""

    def __init__(self, algorithm: Algorithm) -> None:
        """Name the algorithm that was expected."""
        super().__init__(f"this is not a key for {algorithm.value}")
        self.algorithm = algorithm


@final
class VerifyingKey:
    """The public half."""

    __slots__ = ("_key", "algorithm")

    def __init__(self, algorithm: Algorithm, raw: bytes) -> None:
        """Take the raw octets of a public key (32 for Ed25519, 1312 for ML-DSA-44).

        Raises:
            NotAKey: octets of another length.
        """
        if len(raw) != PUBLIC_OCTETS[algorithm]:
            raise NotAKey(algorithm)
        self.algorithm = algorithm
        self._key: Ed25519PublicKey | MLDSA44PublicKey
        match algorithm:
            case Algorithm.ED25519:
                self._key = Ed25519PublicKey.from_public_bytes(raw)
            case Algorithm.ML_DSA_44:
                self._key = MLDSA44PublicKey.from_public_bytes(raw)

    @property
    def raw(self) -> bytes:
        """The raw octets of the key."""
        return self._key.public_bytes_raw()

    def verify(self, signature: bytes, message: bytes) -> None:
        """Return if the signature is this key's over the message.

        Raises:
            SignatureInvalid: it is not.
        """
        try:
            self._key.verify(signature, message)
        except InvalidSignature as fault:
            raise SignatureInvalid(self.algorithm) from fault


@final
class SigningKey:
    """The private half; it prints nothing of itself."""

    __slots__ = ("_key", "algorithm")

    def __init__(self, algorithm: Algorithm, key: Ed25519PrivateKey | MLDSA44PrivateKey) -> None:
        """Take a private key of the algorithm; `generate` and `from_pem` make one."""
        self.algorithm, self._key = algorithm, key

    @classmethod
    def generate(cls, algorithm: Algorithm) -> "SigningKey":
        """Return a new random key."""
        match algorithm:
            case Algorithm.ED25519:
                return cls(algorithm, Ed25519PrivateKey.generate())
            case Algorithm.ML_DSA_44:
                return cls(algorithm, MLDSA44PrivateKey.generate())

    @classmethod
    def from_pem(cls, algorithm: Algorithm, pem: Secret) -> "SigningKey":
        """Return the key of a PEM file (PKCS 8, unencrypted).

        Raises:
            NotAKey: not PEM, or a key of another algorithm.
        """
        try:
            key = load_pem_private_key(pem.reveal(), password=None)
        except (ValueError, TypeError):
            raise NotAKey(algorithm) from None  # the parser's words may quote the file
        if algorithm is Algorithm.ED25519 and isinstance(key, Ed25519PrivateKey):
            return cls(algorithm, key)
        if algorithm is Algorithm.ML_DSA_44 and isinstance(key, MLDSA44PrivateKey):
            return cls(algorithm, key)
        raise NotAKey(algorithm)

    def pem(self) -> Secret:
        """Return the key as PEM (PKCS 8, unencrypted), for a file of the keyring."""
        return Secret(self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))

    @property
    def verifying(self) -> VerifyingKey:
        """The public half."""
        return VerifyingKey(self.algorithm, self._key.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """Return the signature over the message: 64 or 2420 octets."""
        return self._key.sign(message)
