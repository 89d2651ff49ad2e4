"""Who is of another trust domain, or of none, is not believed as a workload of this one: certificates that come close."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import example, given
from hypothesis import strategies as st

from bartizan.crypto.svid import SvidWrong
from bartizan.crypto.svid_chain import MOST, named_domain, verify_chain
from bartizan.identity.spiffe import NotSpiffe, spiffe_id, trust_domain
from tests.crypto.domains import DOMAIN, NOW, START_S, URI, Authority, usage

ROOT = Authority()
EVIL = Authority("evil.example", uri=None)
OTHER = "spiffe://other.example/ns/prod/sa/shop"


def refused(*chain: bytes, by: bytes = ROOT.der, domain: str = DOMAIN) -> str:
    with pytest.raises(SvidWrong) as caught:
        verify_chain(chain, [by], domain, NOW)
    return caught.value.reason


def test_the_authority_of_one_domain_vouches_for_no_workload_of_another() -> None:
    forged, _ = EVIL.leaf([URI])
    assert refused(forged) == "svid-forged"
    assert refused(forged, EVIL.der) == "svid-forged"  # brought along, it is no authority yet
    honest, _ = ROOT.leaf([OTHER])
    assert refused(honest) == "svid-of-another-domain"
    assert refused(honest, domain="other.example", by=EVIL.der) == "svid-forged"
    below = Authority("other.example", ROOT)
    assert refused(below.leaf()[0], below.der) == "svid-malformed"  # one below that is another domain's


def test_a_workload_signs_for_no_other_workload() -> None:
    leaf, key = ROOT.leaf()
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    signing = Authority(above=ROOT)
    signing.key, signing.name = key, x509.load_der_x509_certificate(leaf).subject
    forged, _ = signing.leaf()
    assert refused(forged, leaf) == "svid-malformed"
    assert refused(forged, leaf, by=leaf) == "svid-malformed"
    assert refused(leaf, by=leaf) == "svid-forged"  # in the bundle by mistake, it vouches for itself alone


@pytest.mark.parametrize(
    "leaf",
    [
        ROOT.leaf([URI, URI])[0],
        ROOT.leaf([URI, OTHER])[0],
        ROOT.leaf([])[0],
        ROOT.leaf([], dns=["corp.example"])[0],
        ROOT.leaf(ca=True)[0],
        ROOT.leaf(used=usage(signs=True))[0],
        ROOT.leaf(purposes=[ExtendedKeyUsageOID.SERVER_AUTH])[0],
        ROOT.leaf(purposes=[ExtendedKeyUsageOID.CODE_SIGNING])[0],
        ROOT.leaf(key=rsa.generate_private_key(65537, 1024))[0],  # noqa: S505  # weak, as an adversary wants it
        ROOT.der,
        b"",
        b"\x30\x00",
        ROOT.leaf()[0] + b"\x00",
        ROOT.leaf()[0][:-1],
        b"\x30\x84\xff\xff\xff\xff" + bytes(64),
    ],
)
def test_what_is_no_workloads_certificate_is_none_of_a_domain(leaf: bytes) -> None:
    assert refused(leaf) == "svid-malformed"


@pytest.mark.parametrize(
    "domain",
    [
        "corp.example.evil.example",
        "evil.example/corp.example",
        "corp.example@evil.example",
        "corp.example:443",
        "CORP.example",
        "xn--crp-1ta.example",
        "corp.example.",
        "corp.examp1e",
        "",
    ],
)
def test_a_domain_that_looks_like_another_is_another(domain: str) -> None:
    leaf, _ = ROOT.leaf([f"spiffe://{domain}/ns/prod/sa/shop"])
    assert refused(leaf) == "svid-of-another-domain"
    assert named_domain(leaf) != DOMAIN


def test_scheme_and_path_are_taken_to_the_letter() -> None:
    for uri in (
        "SPIFFE://corp.example/a",
        "https://corp.example/a",
        "spiffe:/corp.example/a",
        f"spiffe://{DOMAIN}",
    ):
        assert refused(ROOT.leaf([uri])[0]) == "svid-of-another-domain"


def test_a_path_is_as_long_as_it_may_be_and_no_longer() -> None:
    bounded = Authority(path_length=0)
    below = Authority(above=bounded)
    assert refused(below.leaf()[0], below.der, by=bounded.der) == "svid-forged"
    assert refused(ROOT.leaf()[0], *[ROOT.der] * MOST) == "svid-malformed"
    assert refused() == "svid-malformed"


def test_an_authority_that_is_over_vouches_for_nobody() -> None:
    old = Authority(start=START_S - 100_000, seconds=90_000)
    old.start = START_S
    assert refused(old.leaf()[0], by=old.der) == "svid-forged"


@pytest.mark.filterwarnings("ignore:Parsed a serial number")  # the library's word for what is refused here
@given(st.binary(max_size=400), st.integers(0, 900))
@example(b"\x80", 15)
def test_no_octets_make_anything_but_a_refusal(octets: bytes, at: int) -> None:
    leaf = _HONEST
    changed = leaf[:at] + octets + leaf[at + len(octets) :]
    if changed == leaf:
        return
    assert refused(changed) in {"svid-malformed", "svid-forged", "svid-of-another-domain", "svid-expired"}
    assert refused(octets) == "svid-malformed"


_HONEST = ROOT.leaf()[0]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "corp.example/",
        "spiffe://",
        "spiffe://corp.example/",
        "spiffe://corp.example//a",
        "spiffe://corp.example/a/",
        "spiffe://corp.example/./a",
        "spiffe://corp.example/../a",
        "spiffe://corp.example/a?b",
        "spiffe://corp.example/a#b",
        "spiffe://corp.example/%61",
        "spiffe://corp.example/a\n",
        "spiffe://corp.example\n",
        "spiffe://c\u043erp.example/a",
        "spiffe://corp.example:1/a",
        "spiffe://u@corp.example/a",
        "spiffe://Corp.example/a",
        "spiffe://" + "a" * 256,
        "spiffe://corp.example/" + "a" * 2048,
    ],
)
def test_what_is_no_spiffe_id_is_none(text: str) -> None:
    with pytest.raises(NotSpiffe):
        spiffe_id(text)
    with pytest.raises(NotSpiffe):
        trust_domain(text)
