import datetime as dt
import ipaddress
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError
from hypothesis import given
from hypothesis import strategies as st

from bartizan.clock import DAY, SECOND, Nanoseconds, SystemClock
from bartizan.crypto.x509 import (
    AUTHORITY_DAYS,
    NameNotAllowed,
    RequestRefused,
    certificate_pem,
    key_pem,
    leaf_request,
    load_key,
    make_authority,
    sign_leaf,
)

NAMES = ("localhost", "gateway.example", "127.0.0.1", "::1")
NOW = SystemClock().now()
CERTIFICATE, KEY = make_authority("server", NAMES, NOW)


def leaf(names: tuple[str, ...], now: Nanoseconds = NOW, days: int = 7) -> x509.Certificate:
    _, request = leaf_request(names)
    return x509.load_pem_x509_certificate(sign_leaf(CERTIFICATE, KEY, request, names, now, days))


def forged(
    names: list[x509.GeneralName], authority: x509.Certificate, key: ec.EllipticCurvePrivateKey
) -> bytes:
    """A leaf for names that the authority is not for, signed with its real key: what a thief of it could make."""
    own = ec.generate_private_key(ec.SECP256R1())
    start = dt.datetime.fromtimestamp(NOW // SECOND, dt.UTC)
    usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    identifier = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(authority.subject)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start - dt.timedelta(minutes=1))
        .not_valid_after(start + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=True)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False
        )
        .sign(key, SHA256())
        .public_bytes(Encoding.PEM)
    )


def verify(chain: x509.Certificate, name: str, now: Nanoseconds = NOW) -> None:
    subject: x509.GeneralName
    try:
        subject = x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        subject = x509.DNSName(name)
    instant = dt.datetime.fromtimestamp(now // SECOND, dt.UTC)
    PolicyBuilder().store(Store([CERTIFICATE])).time(instant).build_server_verifier(subject).verify(chain, [])


def openssl(
    folder: Path, authority: x509.Certificate, leaf_pem: bytes, purpose: str = "sslserver", *more: str
) -> str:
    (folder / "ca.pem").write_bytes(certificate_pem(authority))
    (folder / "leaf.pem").write_bytes(leaf_pem)
    command = [
        "openssl",
        "verify",
        "-x509_strict",
        "-purpose",
        purpose,
        "-CAfile",
        "ca.pem",
        *more,
        "leaf.pem",
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=20, check=False)
    return done.stdout + done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_a_leaf_is_accepted_for_each_of_its_names(name: str) -> None:
    verify(leaf(NAMES), name)


def test_openssl_accepts_a_leaf_under_its_strict_rules(tmp_path: Path) -> None:
    assert "leaf.pem: OK" in openssl(tmp_path, CERTIFICATE, leaf(NAMES).public_bytes(Encoding.PEM))


@pytest.mark.parametrize(
    "name", ["evil.example", "localhost.evil.example", "127.0.0.2", "::2", "*.localhost"]
)
def test_a_leaf_for_a_name_outside_is_refused(name: str) -> None:
    _, request = leaf_request((name, "localhost"))
    with pytest.raises(NameNotAllowed) as fault:
        sign_leaf(CERTIFICATE, KEY, request, NAMES, NOW)
    assert fault.value.name in {name, str(ipaddress.ip_address(name)) if name[0] in "1:" else name}


@pytest.mark.parametrize("name", ["evil.example", "10.0.0.1", "2001:db8::1"])
def test_a_leaf_outside_is_rejected_by_those_who_trust_the_authority(name: str, tmp_path: Path) -> None:
    try:
        general: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        general = x509.DNSName(name)
    bad = forged([general], CERTIFICATE, KEY)
    with pytest.raises(VerificationError):
        verify(x509.load_pem_x509_certificate(bad), name)
    assert "permitted subtree violation" in openssl(tmp_path, CERTIFICATE, bad)


def test_an_authority_for_names_alone_certifies_no_address(tmp_path: Path) -> None:
    authority, key = make_authority("server", ("localhost",), NOW)
    bad = forged([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))], authority, key)
    assert "excluded subtree violation" in openssl(tmp_path, authority, bad)


def test_an_authority_for_addresses_alone_certifies_no_name(tmp_path: Path) -> None:
    authority, key = make_authority("server", ("127.0.0.1",), NOW)
    bad = forged([x509.DNSName("localhost")], authority, key)
    assert "excluded subtree violation" in openssl(tmp_path, authority, bad)


@pytest.mark.parametrize(
    ("general", "verdict"),
    [
        (x509.UniformResourceIdentifier("spiffe://bartizan.local/workload/drill"), "leaf.pem: OK"),
        (
            x509.UniformResourceIdentifier("spiffe://evil.example/workload/drill"),
            "permitted subtree violation",
        ),
        (x509.DNSName("localhost"), "excluded subtree violation"),
        (x509.IPAddress(ipaddress.ip_address("127.0.0.1")), "excluded subtree violation"),
    ],
)
def test_a_client_authority_certifies_its_trust_domain_only(
    general: x509.GeneralName, verdict: str, tmp_path: Path
) -> None:
    authority, key = make_authority("client", (), NOW)
    assert verdict in openssl(tmp_path, authority, forged([general], authority, key), "sslclient")


def test_neither_authority_stands_in_for_the_other(tmp_path: Path) -> None:
    client, key = make_authority("client", (), NOW)
    uri = x509.UniformResourceIdentifier("spiffe://bartizan.local/x")
    assert "OK" not in openssl(tmp_path, client, forged([uri], client, key), "sslserver")
    assert "OK" not in openssl(tmp_path, CERTIFICATE, leaf(NAMES).public_bytes(Encoding.PEM), "sslclient")


def test_an_authority_signs_certificates_and_has_no_authority_below() -> None:
    extensions = CERTIFICATE.extensions
    usage = extensions.get_extension_for_class(x509.KeyUsage)
    limits = extensions.get_extension_for_class(x509.BasicConstraints)
    assert usage.critical
    assert usage.value.key_cert_sign
    assert not usage.value.digital_signature
    assert not usage.value.crl_sign
    assert limits.critical
    assert (limits.value.ca, limits.value.path_length) == (True, 0)
    assert extensions.get_extension_for_class(x509.NameConstraints).critical


def test_an_authority_cannot_be_extended_by_a_second_one(tmp_path: Path) -> None:
    own, own_key = make_authority("server", NAMES, NOW)
    below = x509.CertificateBuilder().issuer_name(CERTIFICATE.subject)
    for part in own.extensions:
        if not isinstance(part.value, x509.AuthorityKeyIdentifier):
            below = below.add_extension(part.value, part.critical)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "below")])
    second = (
        below.subject_name(name)
        .public_key(own_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(own.not_valid_before_utc)
        .not_valid_after(own.not_valid_after_utc)
        .sign(KEY, SHA256())
    )
    (tmp_path / "below.pem").write_bytes(certificate_pem(second))
    leaf_pem = sign_leaf(second, own_key, leaf_request(("localhost",))[1], NAMES, NOW)
    said = openssl(tmp_path, CERTIFICATE, leaf_pem, "sslserver", "-untrusted", "below.pem")
    assert "path length constraint exceeded" in said


def test_a_leaf_is_for_servers_and_signs_nothing() -> None:
    extensions = leaf(NAMES).extensions
    usage = extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature
    assert not usage.key_cert_sign
    assert list(extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [
        ExtendedKeyUsageOID.SERVER_AUTH
    ]
    assert not extensions.get_extension_for_class(x509.BasicConstraints).value.ca


@given(days=st.integers(1, 90), seconds=st.integers(10**9, 4 * 10**9))
def test_validity_begins_five_minutes_ago_and_ends_after_its_days(days: int, seconds: int) -> None:
    made = leaf(("localhost",), Nanoseconds(seconds * SECOND), days)
    assert made.not_valid_before_utc.timestamp() == seconds - 300
    assert made.not_valid_after_utc.timestamp() == seconds + days * 86_400


def test_an_authority_lasts_ten_years() -> None:
    assert CERTIFICATE.not_valid_after_utc - CERTIFICATE.not_valid_before_utc == dt.timedelta(
        days=AUTHORITY_DAYS, minutes=5
    )


def test_an_expired_leaf_is_rejected() -> None:
    with pytest.raises(VerificationError):
        verify(leaf(NAMES), "localhost", Nanoseconds(NOW + 8 * DAY))


def test_no_two_certificates_share_a_serial() -> None:
    serials = {leaf(("localhost",)).serial_number for _ in range(50)}
    assert len(serials) == 50
    assert min(serials) > 2**64


def test_the_same_key_can_have_its_authority_made_anew() -> None:
    again, key = make_authority("server", NAMES, NOW, KEY)
    assert key is KEY
    assert again.serial_number != CERTIFICATE.serial_number
    assert again.public_key() == CERTIFICATE.public_key()


def test_only_p256_requests_are_signed() -> None:
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    builder = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([]))
        .add_extension(names, critical=True)
    )
    for request in (
        builder.sign(ed25519.Ed25519PrivateKey.generate(), None),
        builder.sign(ec.generate_private_key(ec.SECP384R1()), SHA256()),
    ):
        with pytest.raises(RequestRefused, match="P-256"):
            sign_leaf(CERTIFICATE, KEY, request.public_bytes(Encoding.PEM), NAMES, NOW)


def test_a_request_without_a_name_is_refused() -> None:
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")]))
        .sign(ec.generate_private_key(ec.SECP256R1()), SHA256())
    )
    with pytest.raises(RequestRefused, match="names no server"):
        sign_leaf(CERTIFICATE, KEY, request.public_bytes(Encoding.PEM), NAMES, NOW)


def test_a_request_signed_by_another_key_is_refused() -> None:
    _, one = leaf_request(("localhost",))
    der = bytearray(x509.load_pem_x509_csr(one).public_bytes(Encoding.DER))
    der[-1] ^= 1
    broken = x509.load_der_x509_csr(bytes(der)).public_bytes(Encoding.PEM)
    with pytest.raises(RequestRefused):
        sign_leaf(CERTIFICATE, KEY, broken, NAMES, NOW)


@given(st.binary(max_size=200))
def test_what_is_no_request_is_refused_by_name(octets: bytes) -> None:
    with pytest.raises(RequestRefused):
        sign_leaf(CERTIFICATE, KEY, octets, NAMES, NOW)


def test_a_key_comes_back_from_its_pem_and_nothing_else_does() -> None:
    assert load_key(key_pem(KEY)).private_numbers() == KEY.private_numbers()
    other = ec.generate_private_key(ec.SECP384R1())
    for pem in (key_pem(other), b"", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"):
        with pytest.raises(RequestRefused) as fault:
            load_key(pem)
        assert "AAAA" not in str(fault.value)


@pytest.mark.parametrize(("kind", "names"), [("server", ()), ("client", ("corp.example", "other.example"))])
def test_an_authority_is_bounded_from_the_start(kind: str, names: tuple[str, ...]) -> None:
    with pytest.raises(RequestRefused):
        make_authority(kind, names, NOW)  # type: ignore[arg-type]  # the two kinds, as words
