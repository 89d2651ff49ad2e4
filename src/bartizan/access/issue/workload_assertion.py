"""What workloads show at the token endpoint, and how it is signed: common to certificates and to tokens of a trust domain.

Rules of this file: pure. An algorithm fits one kind of key and no other; which kind it is, the key says.
Source: RFC 7518, sections 3.3 to 3.5; RFC 7521.
"""

from typing import Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384

from bartizan.access.issue.assertion import AssertionWrong
from bartizan.clock import Nanoseconds
from bartizan.identity.compact import Compact

_Curve = type[ec.SECP256R1] | type[ec.SECP384R1]
_EC: Final[dict[str, tuple[_Curve, SHA256 | SHA384, int]]] = {
    "ES256": (ec.SECP256R1, SHA256(), 32),
    "ES384": (ec.SECP384R1, SHA384(), 48),
}
_RSA: Final[dict[str, padding.PKCS1v15 | padding.PSS]] = {
    "RS256": padding.PKCS1v15(),
    "PS256": padding.PSS(padding.MGF1(SHA256()), SHA256.digest_size),
}
ALGORITHMS: Final = (*_EC, *_RSA)
"""By which an assertion may be signed."""


class Shown(msgspec.Struct, frozen=True):
    """What a good assertion shows.

    Attributes:
        principal: id of the workload's.
        certificate: SHA-256 of its certificate, base64url, as `cnf.x5t#S256` has it; empty where it showed a token.
        spiffe_id: its URI.
        domain: configured name of another trust domain that it is of; empty for our own.
        digest: of a token that is shown, by which it is known again; empty where it showed a certificate.
        until: when that token is over, UTC nanoseconds.
    """

    principal: str
    certificate: str
    spiffe_id: str
    domain: str = ""
    digest: bytes = b""
    until: Nanoseconds = Nanoseconds(0)


def require_signed(parts: Compact, algorithm: str, key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey) -> None:
    """Return if this key signed an assertion by this algorithm.

    Raises:
        AssertionWrong: it did not, or the algorithm is not one for it.
    """
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(parts.signature, parts.signed, _RSA[algorithm], SHA256())
            return
        curve, digest, half = _EC[algorithm]
        if not isinstance(key.curve, curve) or len(parts.signature) != 2 * half:
            raise AssertionWrong("assertion-forged")
        r, s = parts.signature[:half], parts.signature[half:]
        signature = encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))
        key.verify(signature, parts.signed, ec.ECDSA(digest))
    except (InvalidSignature, KeyError) as fault:
        raise AssertionWrong("assertion-forged") from fault
