"""Certificates that say which workload holds a key: making them, and believing them.

Rules of this file: a workload's certificate names one URI and nothing else, signs no other, and lives an hour at most.
The authority says which URI; of the request nothing counts but its key. Whoever is shown one asks whether this very
authority signed it: no chain is built, and nothing that comes with it is trusted.
Source: X.509-SVID specification, sections 2 to 5; RFC 5280 sections 4.2 and 6.1.
"""

import datetime as dt
import warnings
from typing import Final

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from bartizan.clock import SECOND, Nanoseconds
from bartizan.crypto.x509 import BACKDATED, read_request, usage

LONGEST_S: Final = 3600
_FAULTS: Final = (
    Warning,
    x509.InvalidVersion,
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.ExtensionNotFound,
    x509.DuplicateExtension,
)
_EXTENSIONS: Final = (*_FAULTS, x509.UnsupportedGeneralNameType)
"""What reading a hostile certificate may raise."""


class SvidWrong(Exception):
    """A certificate that proves no workload; `reason` is its word in events."""

    def __init__(self, reason: str) -> None:
        """Carry the word."""
        super().__init__(reason)
        self.reason = reason


class Svid(msgspec.Struct, frozen=True):
    """What the certificate of a workload says that an authority vouches for.

    Attributes:
        uri: of the workload.
        key: public; on P-256 where it is one of our own.
        digest: SHA-256 of the certificate.
        until: it is good, UTC nanoseconds.
    """

    uri: str
    key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey
    digest: bytes
    until: Nanoseconds


def svid_request() -> tuple[bytes, bytes]:
    """Return a new P-256 key (PKCS 8 DER, unencrypted) and a request (PEM) that names nothing."""
    key = ec.generate_private_key(ec.SECP256R1())
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, SHA256())
    return (
        key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        request.public_bytes(Encoding.PEM),
    )


def sign_svid(
    authority: x509.Certificate,
    key: ec.EllipticCurvePrivateKey,
    csr_pem: bytes,
    uri: str,
    now: Nanoseconds,
    seconds: int = LONGEST_S,
) -> bytes:
    """Return the certificate (DER) of a workload for the key of a request.

    Args:
        authority, key: the client authority.
        csr_pem: the request; only its key is used.
        uri: SPIFFE ID, of the authority's trust domain.
        now: start of validity, less five minutes.
        seconds: length of validity from now, 1 to `LONGEST_S`.
    Raises:
        RequestRefused: the request cannot be read, is not signed by its key, or has another key than P-256.
        ValueError: another life.
    """
    if not 1 <= seconds <= LONGEST_S:
        raise ValueError("an SVID lives from 1 s to LONGEST_S")
    public = read_request(csr_pem).public_key()
    issuer = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    certificate = (
        x509.CertificateBuilder()
        .serial_number(x509.random_serial_number())
        .not_valid_before(_instant(now - BACKDATED))
        .not_valid_after(_instant(now + seconds * SECOND))
        .subject_name(x509.Name([]))
        .issuer_name(authority.subject)
        .public_key(public)
        .add_extension(x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri)]), critical=True)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer), critical=False)
        .sign(key, SHA256())
    )
    return certificate.public_bytes(Encoding.DER)


def read_svid(der: bytes, authority: x509.Certificate, now: Nanoseconds) -> Svid:
    """Return what a certificate says that this authority signed for a workload, and that is good now.

    Args:
        der: of the certificate alone.
        authority: the client authority.
        now: the instant.
    Raises:
        SvidWrong: with the word of the first fault.
    """
    try:
        with warnings.catch_warnings():  # a serial that is not positive is read with one
            warnings.simplefilter("error")
            certificate = x509.load_der_x509_certificate(der)
        certificate.verify_directly_issued_by(authority)
    except InvalidSignature as fault:
        raise SvidWrong("svid-forged") from fault
    except _FAULTS as fault:
        raise SvidWrong("svid-malformed") from fault
    starts, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if not starts <= _instant(now) < ends:
        raise SvidWrong("svid-expired")
    try:
        uri, key = _uri(certificate), certificate.public_key()
    except _EXTENSIONS as fault:
        raise SvidWrong("svid-malformed") from fault
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise SvidWrong("svid-malformed")
    return Svid(uri, key, certificate.fingerprint(SHA256()), Nanoseconds(int(ends.timestamp()) * SECOND))


def _uri(certificate: x509.Certificate) -> str:
    """Return the one name of a leaf for clients. Raises one of `_EXTENSIONS` where it is something else."""
    extensions = certificate.extensions
    names = list(extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    authority = extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    used = extensions.get_extension_for_class(x509.KeyUsage).value
    purposes = list(extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    signs = authority or used.key_cert_sign or not used.digital_signature
    if signs or purposes != [ExtendedKeyUsageOID.CLIENT_AUTH] or len(names) != 1:
        raise ValueError("not the certificate of a workload")
    name = names[0]
    if not isinstance(name, x509.UniformResourceIdentifier):
        raise ValueError("not the name of a workload")  # noqa: TRY004  # data from outside, not a caller's mistake
    return name.value


def _instant(at: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(at // SECOND, dt.UTC)
