"""Signatures with Ed25519 and with ML-DSA: what Bartizan signs carries both, and both must hold.

ML-DSA-44 (FIPS 204) is what the C2SP cosignature format names; what outlives the record, such as the attestation of an
artifact, has ML-DSA-65. Ed25519 (RFC 8032) stands beside either, so that neither a quantum computer nor a flaw in a young
algorithm is enough.
"""

import enum
from typing import Final, final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import (
    MLDSA44PrivateKey,
    MLDSA44PublicKey,
    MLDSA65PrivateKey,
    MLDSA65PublicKey,
)
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
    ML_DSA_65 = "ml-dsa-65"


SIGNATURE_OCTETS: Final = {Algorithm.ED25519: 64, Algorithm.ML_DSA_44: 2420, Algorithm.ML_DSA_65: 3309}
"""Length of a signature."""
PUBLIC_OCTETS: Final = {Algorithm.ED25519: 32, Algorithm.ML_DSA_44: 1312, Algorithm.ML_DSA_65: 1952}
"""Length of a raw public key."""
_Private = Ed25519PrivateKey | MLDSA44PrivateKey | MLDSA65PrivateKey
_PRIVATE: Final[
    dict[Algorithm, type[Ed25519PrivateKey] | type[MLDSA44PrivateKey] | type[MLDSA65PrivateKey]]
] = {
    Algorithm.ED25519: Ed25519PrivateKey,
    Algorithm.ML_DSA_44: MLDSA44PrivateKey,
    Algorithm.ML_DSA_65: MLDSA65PrivateKey,
}


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
        """Take the raw octets of a public key (32 for Ed25519, 1312 and 1952 for ML-DSA).

        Raises:
            NotAKey: octets of another length.
        """
        if len(raw) != PUBLIC_OCTETS[algorithm]:
            raise NotAKey(algorithm)
        self.algorithm = algorithm
        self._key: Ed25519PublicKey | MLDSA44PublicKey | MLDSA65PublicKey
        match algorithm:
            case Algorithm.ED25519:
                self._key = Ed25519PublicKey.from_public_bytes(raw)
            case Algorithm.ML_DSA_44:
                self._key = MLDSA44PublicKey.from_public_bytes(raw)
            case Algorithm.ML_DSA_65:
                self._key = MLDSA65PublicKey.from_public_bytes(raw)

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

    def __init__(self, algorithm: Algorithm, key: _Private) -> None:
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
            case Algorithm.ML_DSA_65:
                return cls(algorithm, MLDSA65PrivateKey.generate())

    @classmethod
    def from_pem(cls, algorithm: Algorithm, pem: Secret) -> "SigningKey":
        """Return the key of a PEM file (PKCS 8, unencrypted).

        Raises:
            NotAKey: not PEM, or a key of another algorithm.
        """
        try:
            key = load_pem_private_key(pem.reveal(), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise NotAKey(algorithm) from None  # the parser's words may quote the file
        if not isinstance(key, _PRIVATE[algorithm]):
            raise NotAKey(algorithm)
        return cls(algorithm, key)

    def pem(self) -> Secret:
        """Return the key as PEM (PKCS 8, unencrypted), for a file of the keyring."""
        return Secret(self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))

    @property
    def verifying(self) -> VerifyingKey:
        """The public half."""
        return VerifyingKey(self.algorithm, self._key.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """Return the signature over the message, of `SIGNATURE_OCTETS`."""
        return self._key.sign(message)
