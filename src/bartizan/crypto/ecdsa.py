"""ECDSA on the NIST curves: for formats of others that know nothing else.

Keys are made on P-256; signatures of P-384 and P-521 are verified too, each with the SHA-2 of its length.

Source: FIPS 186-5; signatures are DER (RFC 3279 section 2.2.3).
"""

from typing import Final, final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from bartizan.crypto.secret import Secret

_HASHES: Final[dict[str, HashAlgorithm]] = {
    "secp256r1": SHA256(),
    "secp384r1": SHA384(),
    "secp521r1": SHA512(),
}


class NotAnEcKey(ValueError):
    """PEM that holds no key on P-256, P-384 or P-521."""

    def __init__(self) -> None:
        """Say what is expected."""
        super().__init__("this is not an EC key on P-256, P-384 or P-521 in PEM")


class EcSignatureInvalid(Exception):
    """A signature was not made by this key over this message."""

    def __init__(self) -> None:
        """Name the algorithm."""
        super().__init__("the ECDSA signature does not verify")


@final
class EcVerifyingKey:
    """The public half."""

    __slots__ = ("_key",)

    def __init__(self, key: ec.EllipticCurvePublicKey) -> None:
        """Take a key on one of the curves.

        Raises:
            NotAnEcKey: it is on another.
        """
        if key.curve.name not in _HASHES:
            raise NotAnEcKey
        self._key = key

    @classmethod
    def from_pem(cls, pem: bytes) -> "EcVerifyingKey":
        """Return the key of a PEM block (SubjectPublicKeyInfo).

        Raises:
            NotAnEcKey.
        """
        try:
            key = load_pem_public_key(pem)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise NotAnEcKey from None
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise NotAnEcKey
        return cls(key)

    @property
    def pem(self) -> bytes:
        """The key as PEM."""
        return self._key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def verify(self, signature: bytes, message: bytes) -> None:
        """Return if the signature is this key's over the message.

        Raises:
            EcSignatureInvalid: it is not.
        """
        try:
            self._key.verify(signature, message, ec.ECDSA(_HASHES[self._key.curve.name]))
        except InvalidSignature:
            raise EcSignatureInvalid from None


@final
class EcSigningKey:
    """The private half, on P-256; it prints nothing of itself."""

    __slots__ = ("_key",)

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        """Take a key; `generate` and `from_pem` make one."""
        self._key = key

    @classmethod
    def generate(cls) -> "EcSigningKey":
        """Return a new random key."""
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def from_pem(cls, pem: Secret) -> "EcSigningKey":
        """Return the key of a PEM block (PKCS 8, unencrypted).

        Raises:
            NotAnEcKey: not PEM, or a key of another kind.
        """
        try:
            key = load_pem_private_key(pem.reveal(), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise NotAnEcKey from None  # the parser's words may quote the file
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
            raise NotAnEcKey
        return cls(key)

    def pem(self) -> Secret:
        """Return the key as PEM (PKCS 8, unencrypted)."""
        return Secret(self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))

    @property
    def verifying(self) -> EcVerifyingKey:
        """The public half."""
        return EcVerifyingKey(self._key.public_key())

    def sign(self, message: bytes) -> bytes:
        """Return the signature over the message, DER."""
        return self._key.sign(message, ec.ECDSA(SHA256()))
