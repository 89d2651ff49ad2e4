"""Believing certificates of workloads that another trust domain's authorities signed.

Rules of this file: a certificate is believed by the authorities of the one trust domain that it names, and by no others; no
list of authorities of two domains exists here. The path is OpenSSL's to build, from what came with the certificate and from
those authorities alone, each of which ends a path. A leaf names one URI, is no authority, and has a key to sign with that
signs no certificates.
Source: X.509-SVID specification, sections 2 to 5 and appendix A; RFC 5280, section 6.1.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512
from cryptography.x509.oid import ExtendedKeyUsageOID
from OpenSSL import SSL, crypto

from bartizan.clock import SECOND, Nanoseconds
from bartizan.crypto.svid import Svid, SvidWrong

MOST: Final = 5
"""Certificates that a workload shows: its own, and those between it and an authority."""
LONGEST: Final = 8192
"""Octets of one certificate."""
_LEAST_RSA: Final = 2048
_CURVES: Final = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
_DIGESTS: Final = (SHA256, SHA384, SHA512)
_SCHEME: Final = "spiffe://"
_FLAGS: Final = crypto.X509StoreFlags.X509_STRICT | crypto.X509StoreFlags.PARTIAL_CHAIN
"""An authority of the bundle ends a path, also where another one signed it."""
_UNREADABLE: Final = (
    x509.InvalidVersion,
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.ExtensionNotFound,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    crypto.Error,
    SSL.Error,
)
"""What reading a hostile certificate may raise."""


class NotAnAuthority(ValueError):
    """A certificate that does not sign for the trust domain whose bundle holds it."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__("a certificate of the bundle is no signing certificate of this trust domain")


def named_domain(der: bytes) -> str:
    """Return the trust domain that a certificate claims to be of: which authorities to ask, and nothing more.

    Raises:
        SvidWrong: it names no one URI.
    """
    try:
        uri = _only_uri(_loaded(der))
    except _UNREADABLE as fault:
        raise SvidWrong("svid-malformed") from fault
    return uri.removeprefix(_SCHEME).partition("/")[0] if uri.startswith(_SCHEME) else ""


def is_named(der: bytes, uri: str) -> bool:
    """Return whether a certificate is a workload's of this SPIFFE ID, whoever signed it."""
    try:
        leaf = _loaded(der)
        return _only_uri(leaf) == uri and not _is_authority(leaf.extensions)
    except _UNREADABLE:
        return False


def require_authority(der: bytes, trust_domain: str) -> None:
    """Return if a certificate may stand in the bundle of a trust domain.

    Raises:
        NotAnAuthority: it signs no certificates, has a weak key, or says that it is somebody else's.
    """
    try:
        _require_signer(_loaded(der), trust_domain)
    except _UNREADABLE as fault:
        raise NotAnAuthority from fault


def verify_chain(
    chain: Sequence[bytes], authorities: Sequence[bytes], trust_domain: str, now: Nanoseconds
) -> Svid:
    """Return what a workload's certificate says that this trust domain's authorities vouch for now.

    Args:
        chain: certificates (DER), the workload's own first.
        authorities: of the trust domain's bundle, DER; those of no other.
        trust_domain: that the certificate must name.
        now: the instant.
    Raises:
        SvidWrong: with the word of the first fault.
    """
    if not 1 <= len(chain) <= MOST:
        raise SvidWrong("svid-malformed")
    try:
        leaf, *between = map(_loaded, chain)
        uri, key = _only_uri(leaf), _leaf_key(leaf)
        for each in between:
            _require_signer(each, trust_domain)
    except _UNREADABLE as fault:
        raise SvidWrong("svid-malformed") from fault
    if not uri.startswith(f"{_SCHEME}{trust_domain}/"):
        raise SvidWrong("svid-of-another-domain")
    if not leaf.not_valid_before_utc <= _instant(now) < leaf.not_valid_after_utc:
        raise SvidWrong("svid-expired")
    _require_path(leaf, between, authorities, now)
    until = Nanoseconds(int(leaf.not_valid_after_utc.timestamp()) * SECOND)
    return Svid(uri, key, leaf.fingerprint(SHA256()), until)


def _require_path(
    leaf: x509.Certificate,
    between: Sequence[x509.Certificate],
    authorities: Sequence[bytes],
    now: Nanoseconds,
) -> None:
    """Return if OpenSSL finds a path from a leaf to one of the authorities that is good now.

    Raises:
        SvidWrong: there is none.
    """
    store = crypto.X509Store()
    store.set_flags(_FLAGS)
    store.set_time(_instant(now).replace(tzinfo=None))
    try:
        for each in authorities:
            store.add_cert(crypto.X509.from_cryptography(x509.load_der_x509_certificate(each)))
        untrusted = [crypto.X509.from_cryptography(each) for each in between]
        found = crypto.X509StoreContext(store, crypto.X509.from_cryptography(leaf), untrusted)
        path = found.get_verified_chain()
    except crypto.X509StoreContextError as fault:
        raise SvidWrong("svid-forged") from fault
    except _UNREADABLE as fault:
        raise SvidWrong("svid-malformed") from fault
    if len(path) < 2:  # noqa: PLR2004  # a leaf that stands in the bundle would vouch for itself
        raise SvidWrong("svid-forged")


def _loaded(der: bytes) -> x509.Certificate:
    if len(der) > LONGEST:
        raise ValueError("a certificate is too long")
    found = x509.load_der_x509_certificate(der)
    if found.serial_number <= 0:
        raise ValueError("a serial number is not positive")  # RFC 5280, section 4.1.2.2
    if not isinstance(found.signature_hash_algorithm, _DIGESTS):
        raise ValueError("a certificate's signature is over another digest than SHA-2")  # noqa: TRY004  # from outside
    return found


def _only_uri(leaf: x509.Certificate) -> str:
    """Return the one name of a certificate. Raises one of `_UNREADABLE`."""
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    uris = names.get_values_for_type(x509.UniformResourceIdentifier)
    if len(uris) != 1:
        raise ValueError("not one URI")
    return uris[0]


def _leaf_key(leaf: x509.Certificate) -> ec.EllipticCurvePublicKey | rsa.RSAPublicKey:
    """Return the key of a certificate that is a workload's by its extensions. Raises one of `_UNREADABLE`."""
    extensions = leaf.extensions
    used = extensions.get_extension_for_class(x509.KeyUsage).value
    if _is_authority(extensions) or used.key_cert_sign or used.crl_sign or not used.digital_signature:
        raise ValueError("a leaf signs what its holder says, and no certificate or list")
    purposes = _purposes(extensions)
    if purposes is not None and ExtendedKeyUsageOID.CLIENT_AUTH not in purposes:
        raise ValueError("not for clients")
    return _key(leaf)


def _require_signer(certificate: x509.Certificate, trust_domain: str) -> None:
    """Return if a certificate signs others, of this trust domain if it names one. Raises one of `_UNREADABLE`."""
    extensions = certificate.extensions
    if not _is_authority(extensions):
        raise ValueError("not an authority")
    if not extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign:
        raise ValueError("may not sign certificates")
    _key(certificate)
    try:
        names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return
    named = [
        uri
        for uri in names.get_values_for_type(x509.UniformResourceIdentifier)
        if uri.lower().startswith("spiffe:")
    ]
    if named not in ([], [f"{_SCHEME}{trust_domain}"]):
        raise ValueError("an authority of another trust domain, or one that is a workload")


def _is_authority(extensions: x509.Extensions) -> bool:
    try:
        return extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _purposes(extensions: x509.Extensions) -> list[x509.ObjectIdentifier] | None:
    try:
        return list(extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    except x509.ExtensionNotFound:
        return None


def _key(certificate: x509.Certificate) -> ec.EllipticCurvePublicKey | rsa.RSAPublicKey:
    key = certificate.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, _CURVES):
        return key
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= _LEAST_RSA:
        return key
    raise ValueError("a key is weak, or of a kind that is not taken")


def _instant(at: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(at // SECOND, dt.UTC)
