import datetime as dt
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_der_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st

from bartizan.clock import SECOND, Nanoseconds, SystemClock
from bartizan.crypto.svid import LONGEST_S, SvidWrong, read_svid, sign_svid, svid_request
from bartizan.crypto.x509 import RequestRefused, leaf_request, make_authority, sign_leaf

NOW = SystemClock().now()
AUTHORITY, KEY = make_authority("client", (), NOW)
URI = "spiffe://bartizan.local/workload/app"
PRIVATE, REQUEST = svid_request()
GOOD = sign_svid(AUTHORITY, KEY, REQUEST, URI, NOW)


def later(seconds: float) -> Nanoseconds:
    return Nanoseconds(NOW + int(seconds * SECOND))


def reason(der: bytes, now: Nanoseconds = NOW) -> str:
    with pytest.raises(SvidWrong) as caught:
        read_svid(der, AUTHORITY, now)
    return caught.value.reason


def made(*extensions: x509.ExtensionType, key: ec.EllipticCurvePublicKey | None = None) -> bytes:
    """A certificate that the authority's real key has signed, of another form."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(AUTHORITY.subject)
        .public_key(key or ec.generate_private_key(ec.SECP256R1()).public_key())
        .serial_number(1)
        .not_valid_before(dt.datetime.fromtimestamp(NOW // SECOND - 60, dt.UTC))
        .not_valid_after(dt.datetime.fromtimestamp(NOW // SECOND + 60, dt.UTC))
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(KEY, SHA256()).public_bytes(Encoding.DER)


def usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(True, False, False, False, False, signs, False, False, False)


NAMES = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(URI)])
LEAF = x509.BasicConstraints(ca=False, path_length=None)
CLIENT = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])


def test_a_workloads_certificate_says_who_it_is_and_for_how_long() -> None:
    found = read_svid(GOOD, AUTHORITY, NOW)
    private = load_der_private_key(PRIVATE, None)
    assert (found.uri, found.until) == (URI, (NOW // SECOND + LONGEST_S) * SECOND)
    assert found.key == private.public_key()
    assert found.digest == x509.load_der_x509_certificate(GOOD).fingerprint(SHA256())
    assert read_svid(made(NAMES, LEAF, usage(signs=False), CLIENT), AUTHORITY, NOW).uri == URI


def test_openssl_takes_it_for_a_client_and_for_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_bytes(AUTHORITY.public_bytes(Encoding.PEM))
    (tmp_path / "leaf.pem").write_bytes(x509.load_der_x509_certificate(GOOD).public_bytes(Encoding.PEM))
    (tmp_path / "other.pem").write_bytes(
        x509.load_der_x509_certificate(
            sign_svid(AUTHORITY, KEY, REQUEST, "spiffe://elsewhere.example/workload/app", NOW)
        ).public_bytes(Encoding.PEM)
    )

    def verified(purpose: str, leaf: str) -> bool:
        words: list[str | Path] = [
            "openssl",
            "verify",
            "-purpose",
            purpose,
            "-CAfile",
            tmp_path / "ca.pem",
            tmp_path / leaf,
        ]
        return subprocess.run(words, capture_output=True, check=False).returncode == 0

    assert verified("sslclient", "leaf.pem")
    assert not verified("sslserver", "leaf.pem")
    assert not verified("sslclient", "other.pem")


@pytest.mark.parametrize(("seconds", "good"), [(-299, True), (-302, False), (3598, True), (3601, False)])
def test_it_is_good_for_its_time_and_no_longer(seconds: int, good: bool) -> None:  # noqa: FBT001
    if good:
        assert read_svid(GOOD, AUTHORITY, later(seconds)).uri == URI
    else:
        assert reason(GOOD, later(seconds)) == "svid-expired"


def test_another_authority_of_the_same_name_certifies_nobody() -> None:
    stranger, key = make_authority("client", (), NOW)
    assert stranger.subject == AUTHORITY.subject
    assert reason(sign_svid(stranger, key, REQUEST, URI, NOW)) == "svid-forged"
    server, key = make_authority("server", ("localhost",), NOW)
    _, request = leaf_request(("localhost",))
    pem = sign_leaf(server, key, request, ("localhost",), NOW)
    der = x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)
    assert reason(der) == "svid-malformed"  # of another issuer


@pytest.mark.parametrize(
    "extensions",
    [
        (),
        (LEAF, usage(signs=False), CLIENT),
        (x509.SubjectAlternativeName([x509.DNSName(URI)]), LEAF, usage(signs=False), CLIENT),
        (x509.SubjectAlternativeName([*NAMES, *NAMES]), LEAF, usage(signs=False), CLIENT),
        (x509.SubjectAlternativeName([*NAMES, x509.DNSName("a")]), LEAF, usage(signs=False), CLIENT),
        (NAMES, x509.BasicConstraints(ca=True, path_length=0), usage(signs=False), CLIENT),
        (NAMES, LEAF, usage(signs=True), CLIENT),
        (NAMES, LEAF, usage(signs=False)),
        (NAMES, LEAF, usage(signs=False), x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])),
        (NAMES, usage(signs=False), CLIENT),
    ],
)
def test_what_the_authority_signed_for_something_else_is_no_workloads(
    extensions: tuple[x509.ExtensionType, ...],
) -> None:
    assert reason(made(*extensions)) == "svid-malformed"


def test_the_authoritys_own_certificate_and_a_key_on_another_curve_are_no_workloads() -> None:
    assert reason(AUTHORITY.public_bytes(Encoding.DER)) == "svid-malformed"
    large = ec.generate_private_key(ec.SECP384R1()).public_key()
    assert reason(made(NAMES, LEAF, usage(signs=False), CLIENT, key=large)) == "svid-malformed"


@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
def test_no_octet_of_it_can_be_changed(at: int, difference: int) -> None:
    changed = bytearray(GOOD)
    changed[at] ^= difference
    assert reason(bytes(changed)) in {"svid-forged", "svid-malformed", "svid-expired"}


@given(st.binary(max_size=400))
def test_garbage_is_no_certificate(octets: bytes) -> None:
    assert reason(octets) == "svid-malformed"


def test_nothing_of_a_request_counts_but_its_key() -> None:
    _, asks_for_more = leaf_request(("gateway.example",))
    found = read_svid(sign_svid(AUTHORITY, KEY, asks_for_more, URI, NOW), AUTHORITY, NOW)
    assert found.uri == URI
    weak = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    pem = weak.sign(ed25519.Ed25519PrivateKey.generate(), None).public_bytes(Encoding.PEM)
    for hostile in (b"", b"-----BEGIN CERTIFICATE REQUEST-----", pem):
        with pytest.raises(RequestRefused):
            sign_svid(AUTHORITY, KEY, hostile, URI, NOW)


@pytest.mark.parametrize("seconds", [0, -1, LONGEST_S + 1])
def test_none_lives_longer_than_an_hour(seconds: int) -> None:
    with pytest.raises(ValueError, match="lives"):
        sign_svid(AUTHORITY, KEY, REQUEST, URI, NOW, seconds)
