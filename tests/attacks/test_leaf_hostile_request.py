"""A worker that was taken over asks the sealer for a certificate, with whatever octets it likes.

The sealer holds every key. What it cannot read it refuses by name: nothing that is asked of it ends it.
"""

import base64
from contextlib import suppress
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtensionOID, ObjectIdentifier
from hypothesis import given
from hypothesis import strategies as st

from bartizan.clock import Nanoseconds
from bartizan.crypto.x509 import NameNotAllowed, RequestRefused, make_authority, sign_leaf

NAMES = ("localhost", "127.0.0.1")
NOW = Nanoseconds(1_795_451_262_000_000_000)
UNSUPPORTED = {"x400Address": b"\x30\x02\xa3\x00", "ediPartyName": b"\x30\x02\xa5\x00"}


@cache
def authority() -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    return make_authority("server", NAMES, NOW)


@cache
def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def request(*extensions: x509.ExtensionType) -> x509.CertificateSigningRequest:
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    for extension in extensions:
        builder = builder.add_extension(extension, critical=True)
    return builder.sign(key(), SHA256())


def named(octets: bytes) -> bytes:
    """Return a request whose subject alternative names are these octets."""
    names = x509.UnrecognizedExtension(ExtensionOID.SUBJECT_ALTERNATIVE_NAME, octets)
    return request(names).public_bytes(Encoding.PEM)


def ask(pem: bytes) -> None:
    certificate, private = authority()
    sign_leaf(certificate, private, pem, NAMES, NOW)


def der(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return bytes((tag, 0x82)) + len(content).to_bytes(2, "big") + content


@pytest.mark.parametrize("kind", UNSUPPORTED)
def test_a_form_of_name_that_the_library_does_not_know_is_refused(kind: str) -> None:
    with pytest.raises(RequestRefused):
        ask(named(UNSUPPORTED[kind]))


def test_an_extension_that_is_there_twice_is_refused() -> None:
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    more = [x509.UnrecognizedExtension(ObjectIdentifier(oid), b"\x05\x00") for oid in ("1.2.3", "1.2.4")]
    asked = request(names, *more)
    twice = asked.tbs_certrequest_bytes.replace(b"\x06\x02\x2a\x04", b"\x06\x02\x2a\x03")
    assert twice != asked.tbs_certrequest_bytes
    algorithm = b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02"  # ecdsa-with-SHA256
    signature = der(0x03, b"\0", key().sign(twice, ec.ECDSA(SHA256())))
    octets = base64.encodebytes(der(0x30, twice, algorithm, signature))
    pem = b"-----BEGIN CERTIFICATE REQUEST-----\n" + octets + b"-----END CERTIFICATE REQUEST-----\n"
    with pytest.raises(RequestRefused):
        ask(pem)


def test_a_name_of_somebody_else_is_refused_beside_one_of_ours() -> None:
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.DNSName("bank.example")])
    with pytest.raises(NameNotAllowed):
        ask(request(names).public_bytes(Encoding.PEM))


def test_an_authority_is_not_made_by_asking_for_one() -> None:
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    certificate, private = authority()
    asked = request(names, x509.BasicConstraints(ca=True, path_length=None)).public_bytes(Encoding.PEM)
    leaf = x509.load_pem_x509_certificate(sign_leaf(certificate, private, asked, NAMES, NOW))
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


@given(st.binary(max_size=60))
def test_no_octets_in_the_place_of_names_raise_anything_else(octets: bytes) -> None:
    with suppress(RequestRefused, NameNotAllowed):
        ask(named(octets))


@given(
    st.lists(
        st.tuples(
            st.sampled_from([0xA0, 0x81, 0x82, 0xA3, 0xA4, 0xA5, 0x86, 0x87, 0x88]), st.binary(max_size=20)
        )
    )
)
def test_no_list_of_names_raises_anything_else(names: list[tuple[int, bytes]]) -> None:
    parts = [bytes((tag, len(octets))) + octets for tag, octets in names]
    with suppress(RequestRefused, NameNotAllowed):
        ask(named(der(0x30, *parts)))


@given(st.binary(max_size=200))
def test_no_octets_at_all_raise_anything_else(octets: bytes) -> None:
    with suppress(RequestRefused, NameNotAllowed):
        ask(octets)
