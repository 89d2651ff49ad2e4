"""Certificates of another trust domain are believed by its own authorities, as the rules of X.509-SVIDs have it."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from bartizan.clock import SECOND, Nanoseconds
from bartizan.crypto.svid import SvidWrong
from bartizan.crypto.svid_chain import NotAnAuthority, named_domain, require_authority, verify_chain
from bartizan.crypto.x509 import make_authority
from tests.crypto.domains import DOMAIN, NOW, URI, Authority

ROOT = Authority()
BELOW = Authority(above=ROOT)


def test_a_workload_is_believed_by_its_domains_authority_and_by_one_below_it() -> None:
    leaf, _ = ROOT.leaf(dns=["shop.internal"])
    found = verify_chain([leaf], [ROOT.der], DOMAIN, NOW)
    assert (found.uri, found.until) == (URI, NOW + 3600 * SECOND)
    assert found.digest == x509.load_der_x509_certificate(leaf).fingerprint(SHA256())
    below, _ = BELOW.leaf()
    assert verify_chain([below, BELOW.der], [ROOT.der], DOMAIN, NOW).uri == URI
    assert (
        verify_chain([below], [BELOW.der], DOMAIN, NOW).uri == URI
    )  # one that another signed ends a path too
    assert named_domain(leaf) == DOMAIN


@pytest.mark.parametrize(
    "key", [ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 2048)]
)
def test_keys_of_other_kinds_are_taken(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> None:
    leaf, _ = ROOT.leaf(key=key)
    assert verify_chain([leaf], [ROOT.der], DOMAIN, NOW).uri == URI


def test_both_authorities_of_a_rotation_are_believed() -> None:
    new = Authority()
    for authority in (ROOT, new):
        leaf, _ = authority.leaf()
        assert verify_chain([leaf], [ROOT.der, new.der], DOMAIN, NOW).uri == URI


def test_our_own_client_authority_may_stand_in_a_bundle_of_its_domain() -> None:
    own, _ = make_authority("client", (DOMAIN,), NOW)
    require_authority(own.public_bytes(Encoding.DER), DOMAIN)


@pytest.mark.parametrize(
    "der",
    [
        b"",
        b"0",
        ROOT.leaf()[0],
        Authority("evil.example").der,
        Authority(uri=URI).der,
        Authority(uri=f"SPIFFE://{DOMAIN}").der,
        Authority(signs=False).der,
    ],
)
def test_what_signs_nothing_or_for_others_stands_in_no_bundle(der: bytes) -> None:
    with pytest.raises(NotAnAuthority):
        require_authority(der, DOMAIN)


def test_an_authority_without_a_name_may_sign_for_a_domain() -> None:
    require_authority(Authority(uri=None).der, DOMAIN)


def test_nothing_is_believed_after_its_end_or_before_its_beginning() -> None:
    leaf, _ = ROOT.leaf()
    for at in (NOW + 3600 * SECOND, NOW - 60 * SECOND):
        with pytest.raises(SvidWrong, match="svid-expired"):
            verify_chain([leaf], [ROOT.der], DOMAIN, Nanoseconds(at))
