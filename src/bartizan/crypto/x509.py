"""Bartizan's own certificate authorities, and the leaves they sign.

Rules of this file: an authority can sign certificates for the names it was made for and for nothing else
(critical name constraints, one purpose, no further authority below). A leaf holds the names that its request
asks for, each of which must be allowed. Keys are P-256 with SHA-256; serials are random.
"""

import datetime as dt
import ipaddress
from typing import Final, Literal

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from bartizan.clock import DAY, MINUTE, SECOND, Nanoseconds
from bartizan.crypto.trust_domain import TRUST_DOMAIN

Kind = Literal["server", "client"]
"""What an authority's leaves prove: the name of a server, or the identity of a client."""

AUTHORITY_DAYS: Final = 3650
LEAF_DAYS: Final = 7
BACKDATED: Final = Nanoseconds(5 * MINUTE)
"""Certificates start this long before now, so that a client whose clock is a little behind accepts them."""

_PURPOSE: Final = {
    "server": ExtendedKeyUsageOID.SERVER_AUTH,
    "client": ExtendedKeyUsageOID.CLIENT_AUTH,
}
_NO_NAMES: Final = (
    x509.ExtensionNotFound,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    ValueError,
)
"""What reading a hostile request's names may raise; all but the last derive from `Exception` alone."""
_EVERY_ADDRESS: Final = (
    x509.IPAddress(ipaddress.ip_network("0.0.0.0/0")),
    x509.IPAddress(ipaddress.ip_network("::/0")),
)


class NameNotAllowed(ValueError):
    """A certificate was asked for a name outside those that the authority may certify."""

    def __init__(self, name: str) -> None:
        """Name the name; it comes from this installation's own request."""
        super().__init__(f"{name!r} is not among the names this authority certifies: add it to `listen`")
        self.name = name


class RequestRefused(ValueError):
    """A certificate request that cannot be honoured; `fault` says why."""

    def __init__(self, fault: str) -> None:
        """Name the fault."""
        super().__init__(f"certificate request refused: {fault}")
        self.fault = fault


def make_authority(
    kind: Kind,
    names: tuple[str, ...],
    now: Nanoseconds,
    key: ec.EllipticCurvePrivateKey | None = None,
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """Return a self-signed authority, valid for ten years, and its key.

    Args:
        kind: of what its leaves prove.
        names: for a server authority: DNS names (their subdomains included) and addresses it may certify.
            For a client authority: the trust domain whose URIs alone it certifies; `TRUST_DOMAIN` where there is none.
        now: start of validity, less five minutes.
        key: the key to use; a new one where none is given.
    Raises:
        RequestRefused: a server authority without a name, or a client authority with several.
    Source: RFC 5280, sections 4.2.1.3, 4.2.1.9, 4.2.1.10.
    """
    if not names and kind == "server":
        raise RequestRefused("a server authority needs names")
    if len(names) > 1 and kind == "client":
        raise RequestRefused("a client authority is one trust domain's")
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Bartizan {kind} authority")])
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    builder = (
        _dated(now, AUTHORITY_DAYS)
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage(signs_certificates=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([_PURPOSE[kind]]), critical=False)
        .add_extension(_constraints(kind, names), critical=True)
        .add_extension(identifier, critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False
        )
    )
    return builder.sign(key, SHA256()), key


def leaf_request(names: tuple[str, ...]) -> tuple[bytes, bytes]:
    """Return a new P-256 key (PKCS 8 PEM, unencrypted) and a request (PEM) for a leaf with these names."""
    key = ec.generate_private_key(ec.SECP256R1())
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([]))
        .add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), critical=True)
        .sign(key, SHA256())
    )
    return key_pem(key), request.public_bytes(Encoding.PEM)


def sign_leaf(
    authority: x509.Certificate,
    key: ec.EllipticCurvePrivateKey,
    csr_pem: bytes,
    names: tuple[str, ...],
    now: Nanoseconds,
    days: int = LEAF_DAYS,
    *,
    addresses: bool = True,
) -> bytes:
    """Return the certificate (PEM) of a server for a request whose every name is allowed.

    Args:
        authority, key: the server authority.
        csr_pem: the request; only its key and its subject alternative names are used.
        names: what may be certified: DNS names and addresses, compared exactly.
        now: start of validity, less five minutes.
        days: length of validity.
        addresses: whether those of the request's names that are addresses are certified too.
    Raises:
        NameNotAllowed: the request names something else.
        RequestRefused: the request cannot be read, is not signed by its key, names nothing, or has another
            key than P-256.
    """
    request = read_request(csr_pem)
    wanted = _wanted(request, names)
    if not addresses:
        wanted = x509.SubjectAlternativeName([name for name in wanted if isinstance(name, x509.DNSName)])
    issuer = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    public = request.public_key()
    certificate = (
        _dated(now, days)
        .subject_name(x509.Name([]))
        .issuer_name(authority.subject)
        .public_key(public)
        .add_extension(wanted, critical=True)  # RFC 5280, 4.2.1.6: critical, as the subject is empty
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer), critical=False)
        .sign(key, SHA256())
    )
    return certificate.public_bytes(Encoding.PEM)


def certificate_pem(certificate: x509.Certificate) -> bytes:
    """Return the certificate as PEM."""
    return certificate.public_bytes(Encoding.PEM)


def key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the private key as unencrypted PKCS 8 PEM; the caller keeps it secret."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def load_key(pem: bytes) -> ec.EllipticCurvePrivateKey:
    """Return the P-256 key of a PEM.

    Raises:
        RequestRefused: it is not an unencrypted P-256 key.
    """
    try:
        key = load_pem_private_key(pem, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as fault:
        raise RequestRefused("the key is not an unencrypted PEM") from fault
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise RequestRefused("the key is not on P-256")
    return key


def _dated(now: Nanoseconds, days: int) -> x509.CertificateBuilder:
    start, end = ((now - BACKDATED) // SECOND, (now + days * DAY) // SECOND)
    return (
        x509.CertificateBuilder()
        .serial_number(x509.random_serial_number())
        .not_valid_before(dt.datetime.fromtimestamp(start, dt.UTC))
        .not_valid_after(dt.datetime.fromtimestamp(end, dt.UTC))
    )


def usage(*, signs_certificates: bool) -> x509.KeyUsage:
    """Return what a key may be used for: to sign certificates, or else to sign what its holder says."""
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _constraints(kind: Kind, names: tuple[str, ...]) -> x509.NameConstraints:
    """Permit the names; exclude wholly each form of name of which none is permitted (else all are)."""
    if kind == "client":
        permitted: list[x509.GeneralName] = [x509.UniformResourceIdentifier(*(names or (TRUST_DOMAIN,)))]
    else:
        permitted = [_subtree(name) for name in names]
    forms = {type(name) for name in permitted}
    excluded: list[x509.GeneralName] = []
    if x509.DNSName not in forms:
        excluded.append(x509.DNSName(""))
    if x509.IPAddress not in forms:
        excluded.extend(_EVERY_ADDRESS)
    return x509.NameConstraints(permitted, excluded or None)


def _general(name: str) -> x509.DNSName | x509.IPAddress:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _subtree(name: str) -> x509.DNSName | x509.IPAddress:
    try:
        return x509.IPAddress(ipaddress.ip_network(ipaddress.ip_address(name)))
    except ValueError:
        return x509.DNSName(name)


def read_request(pem: bytes) -> x509.CertificateSigningRequest:
    """Return a request that its own key on P-256 has signed; what else it says is not looked at.

    Raises:
        RequestRefused: it is something else.
    """
    try:
        request = x509.load_pem_x509_csr(pem)
        signed, public = request.is_signature_valid, request.public_key()
    except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion) as fault:
        raise RequestRefused("it cannot be read") from fault
    if not signed:
        raise RequestRefused("it is not signed by its own key")
    if not isinstance(public, ec.EllipticCurvePublicKey) or not isinstance(public.curve, ec.SECP256R1):
        raise RequestRefused("its key is not on P-256")
    return request


def _wanted(request: x509.CertificateSigningRequest, names: tuple[str, ...]) -> x509.SubjectAlternativeName:
    try:
        wanted = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except _NO_NAMES as fault:
        raise RequestRefused("it names no server") from fault
    allowed = {_general(name) for name in names}
    for name in wanted:
        if name not in allowed:
            raise NameNotAllowed(str(name.value))
    if not list(wanted):
        raise RequestRefused("it names no server")
    return wanted
