"""Whose word an attestation is: Ed25519 and ML-DSA-65 together, and P-256 for formats that know nothing else.

Rules of this file: a signer is three keys in one file, PEM blocks in a fixed order, the P-256 key first so that other tools, which
read one block, take the public file as it is. An id is the SHA-256 of a key's SubjectPublicKeyInfo. Both signatures are looked at
before either is judged.
"""

import hashlib
import re
from typing import Final

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from bartizan.artifact.dsse import Envelope, Signature, pae
from bartizan.artifact.errors import ArtifactFault, Unproven
from bartizan.crypto.ecdsa import EcSigningKey, EcVerifyingKey, NotAnEcKey
from bartizan.crypto.secret import Secret
from bartizan.crypto.signature import Algorithm, NotAKey, SignatureInvalid, SigningKey, VerifyingKey

MOST_OCTETS: Final = 65_536
"""Of a file of public keys."""
_BLOCK: Final = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----\r?\n[A-Za-z0-9+/=\r\n]+-----END \1-----\r?\n?")
_BLOCKS: Final = 3


class KeysUnusable(ArtifactFault):
    """A file does not hold the keys that it should."""

    def __init__(self, what: str) -> None:
        """Say what is wrong."""
        super().__init__(what)


class Verifier(msgspec.Struct, frozen=True):
    """The public halves.

    Attributes:
        ec: for formats of others.
        ed25519, ml_dsa_65: for Bartizan's; both or none, for a file of another tool has the first alone.
    """

    ec: EcVerifyingKey
    ed25519: VerifyingKey | None = None
    ml_dsa_65: VerifyingKey | None = None

    @property
    def both(self) -> tuple[VerifyingKey, VerifyingKey]:
        """Those of Bartizan's signatures.

        Raises:
            KeysUnusable: there are none.
        """
        if self.ed25519 is None or self.ml_dsa_65 is None:
            raise KeysUnusable(
                "the file of public keys has no Ed25519 and ML-DSA-65 keys: take the one of `bartizan sign-key`"
            )
        return self.ed25519, self.ml_dsa_65

    @property
    def id(self) -> str:
        """What people tell it by: the id of its Ed25519 key, or where it has none the SHA-256 of its EC key's PEM."""
        return hashlib.sha256(self.ec.pem).hexdigest() if self.ed25519 is None else key_id(self.ed25519)

    def pem(self) -> bytes:
        """Return the file of public keys."""
        return self.ec.pem + b"".join(
            _public(key).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo) for key in self.both
        )


class Signer(msgspec.Struct, frozen=True):
    """The private halves; it prints nothing of them."""

    ec: EcSigningKey
    ed25519: SigningKey
    ml_dsa_65: SigningKey

    @classmethod
    def generate(cls) -> "Signer":
        """Return new random keys."""
        return cls(
            EcSigningKey.generate(),
            SigningKey.generate(Algorithm.ED25519),
            SigningKey.generate(Algorithm.ML_DSA_65),
        )

    @classmethod
    def from_pem(cls, pem: Secret) -> "Signer":
        """Return the keys of a private key file.

        Raises:
            KeysUnusable: it does not hold the three, in order.
        """
        blocks = [Secret(block) for block in _blocks(pem.reveal())]
        if len(blocks) != _BLOCKS:
            raise KeysUnusable("this is not a file of `bartizan sign-key`: it does not hold three keys")
        try:
            return cls(
                EcSigningKey.from_pem(blocks[0]),
                SigningKey.from_pem(Algorithm.ED25519, blocks[1]),
                SigningKey.from_pem(Algorithm.ML_DSA_65, blocks[2]),
            )
        except (NotAnEcKey, NotAKey) as fault:
            raise KeysUnusable(f"this is not a file of `bartizan sign-key`: {fault}") from None

    def pem(self) -> Secret:
        """Return the private key file."""
        return Secret(b"".join(key.pem().reveal() for key in (self.ec, self.ed25519, self.ml_dsa_65)))

    @property
    def verifier(self) -> Verifier:
        """The public halves."""
        return Verifier(self.ec.verifying, self.ed25519.verifying, self.ml_dsa_65.verifying)


def parsed(pem: bytes) -> Verifier:
    """Return the public keys of a file: of `bartizan sign-key`, or of a single EC key.

    Raises:
        KeysUnusable: it is neither.
    """
    blocks = _blocks(pem[: MOST_OCTETS + 1])
    if len(pem) > MOST_OCTETS or len(blocks) not in {1, _BLOCKS}:
        raise KeysUnusable(
            "this is not a file of public keys: PEM with one EC key, or with the three of `bartizan sign-key`"
        )
    try:
        ec = EcVerifyingKey.from_pem(blocks[0])
        if len(blocks) == 1:
            return Verifier(ec)
        return Verifier(
            ec, _verifying(blocks[1], Algorithm.ED25519), _verifying(blocks[2], Algorithm.ML_DSA_65)
        )
    except (NotAnEcKey, NotAKey) as fault:
        raise KeysUnusable(f"this is not a file of public keys: {fault}") from None


def _blocks(pem: bytes) -> list[bytes]:
    blocks = [found.group() for found in _BLOCK.finditer(pem)]
    return blocks if b"".join(blocks).split() == pem.split() else []


def _verifying(pem: bytes, algorithm: Algorithm) -> VerifyingKey:
    try:
        key = load_pem_public_key(pem)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise NotAKey(algorithm) from None
    fits = isinstance(key, Ed25519PublicKey if algorithm is Algorithm.ED25519 else MLDSA65PublicKey)
    if not fits or not isinstance(key, Ed25519PublicKey | MLDSA65PublicKey):
        raise NotAKey(algorithm)
    return VerifyingKey(algorithm, key.public_bytes_raw())


def _public(key: VerifyingKey) -> Ed25519PublicKey | MLDSA65PublicKey:
    if key.algorithm is Algorithm.ED25519:
        return Ed25519PublicKey.from_public_bytes(key.raw)
    return MLDSA65PublicKey.from_public_bytes(key.raw)


def key_id(key: VerifyingKey) -> str:
    """Return the id of a key: 64 hexadecimal digits."""
    return hashlib.sha256(
        _public(key).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    ).hexdigest()


# ---- signatures ---------------------------------------------------------------------------------------------
def sealed(payload_type: str, payload: bytes, signer: Signer) -> Envelope:
    """Return an envelope with both signatures over a payload."""
    message = pae(payload_type, payload)
    keys = (signer.ed25519, signer.ml_dsa_65)
    signatures = tuple(Signature(key_id(key.verifying), key.sign(message)) for key in keys)
    return Envelope(payload_type, payload, signatures)


def opened(envelope: Envelope, payload_type: str, verifier: Verifier) -> bytes:
    """Return the payload of an envelope that both keys signed.

    Args:
        envelope: of which nothing is proven.
        payload_type: that is expected.
        verifier: whom is trusted.
    Raises:
        Unproven: another type, another key, a signature too few, too many or in another place, or one that does not verify.
        KeysUnusable: the verifier has not both keys.
    """
    keys = verifier.both
    if envelope.payload_type != payload_type:
        raise Unproven("the payload is of another type than is expected")
    ids = [key_id(key) for key in keys]
    if [one.keyid for one in envelope.signatures] != ids:
        raise Unproven(_told(envelope, ids))
    message = pae(payload_type, envelope.payload)
    wrong = [
        fault
        for key, one in zip(keys, envelope.signatures, strict=True)
        if (fault := _fault(key, one.octets, message))
    ]
    if wrong:
        raise Unproven("; ".join(wrong))
    return envelope.payload


def _fault(key: VerifyingKey, signature: bytes, message: bytes) -> str:
    try:
        key.verify(signature, message)
    except SignatureInvalid as fault:
        return str(fault)
    return ""


def _told(envelope: Envelope, ids: list[str]) -> str:
    there = [one.keyid for one in envelope.signatures]
    if not set(there) & set(ids):
        return "it is signed by other keys than those that are trusted"
    if len(there) < len(ids):
        return "one of the two signatures is missing: both Ed25519 and ML-DSA-65 are required"
    return "its signatures are not one of each key, Ed25519 first"
