"""A trust domain's bundle is read whole, or refused in a word."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwk

from bartizan.identity.trust_bundle import (
    FAULTS,
    MOST_KEYS,
    MOST_OCTETS,
    Bundle,
    BundleRefused,
    made,
    read_bundle,
    read_jwks,
    require_newer,
    written,
)
from tests.crypto.domains import DOMAIN, TOKENS, Authority, public

ROOT, NEXT = Authority(), Authority()


def entry(authority: Authority) -> dict[str, object]:
    return {"use": "x509-svid", "kty": "EC", "x5c": [base64.b64encode(authority.der).decode()]}


def document(*keys: object, **more: object) -> bytes:
    return json.dumps({"keys": list(keys)} | more).encode()


def refused(octets: bytes, domain: str = DOMAIN) -> str:
    with pytest.raises(BundleRefused) as caught:
        read_bundle(octets, domain)
    assert caught.value.word in FAULTS
    return caught.value.word


def test_a_bundle_in_spiffes_format_is_read_and_written_back() -> None:
    said = document(entry(ROOT), entry(NEXT), public(TOKENS), spiffe_sequence=7, spiffe_refresh_hint=600)
    found = read_bundle(said, DOMAIN)
    assert found.authorities == tuple(sorted((ROOT.der, NEXT.der)))
    assert [(key["kid"], key["alg"]) for key in found.keys] == [("one", "ES256")]
    assert (found.sequence, found.refresh_hint) == (7, 600)
    assert read_bundle(written(found), DOMAIN) == found


def test_a_key_is_pinned_to_the_algorithm_that_it_names_or_to_one_of_its_kind() -> None:
    rsa = jwk.RSAKey.generate_key(2048, {"kid": "r"})
    large = jwk.ECKey.generate_key("P-384", {"kid": "l"})
    named = public(rsa, "n") | {"alg": "PS256"}
    found = made([], [public(rsa, "r"), public(large, "l"), named], DOMAIN)
    assert {key["kid"]: key["alg"] for key in found.keys} == {"r": "RS256", "l": "ES384", "n": "PS256"}


def test_what_nothing_here_verifies_takes_nothing_else_away() -> None:
    odd = jwk.OKPKey.generate_key("Ed25519", {"kid": "odd"})
    shown = {name: str(value) for name, value in odd.as_dict(private=False).items()}
    found = read_bundle(
        document(public(TOKENS), shown | {"use": "jwt-svid"}, {"use": "wit-svid"}, {"kty": "x"}), DOMAIN
    )
    assert [key["kid"] for key in found.keys] == ["one"]


@pytest.mark.parametrize(
    ("octets", "word"),
    [
        (b"", "malformed"),
        (b"[]", "malformed"),
        (b"{}", "malformed"),
        (b'{"keys":{}}', "malformed"),
        (b'{"keys":[1]}', "malformed"),
        (b'{"keys":[],"keys":[]}', "malformed"),
        (b'{"keys":[]}', "no-keys"),
        (b"[" * 100_000, "malformed"),
        (b" " * (MOST_OCTETS + 1), "too-large"),
        (document(*[{}] * (2 * MOST_KEYS + 1)), "too-large"),
        (document(*[public(TOKENS)] * (MOST_KEYS + 1)), "too-large"),
        (document(public(TOKENS), spiffe_sequence=-1), "malformed"),
        (document(public(TOKENS), spiffe_sequence=1.5), "malformed"),
        (document(public(TOKENS), spiffe_sequence=True), "malformed"),
        (document(public(TOKENS), spiffe_sequence=2**53), "malformed"),
        (document(public(TOKENS), spiffe_refresh_hint="soon"), "malformed"),
        (document({"use": "x509-svid"}), "malformed"),
        (document({"use": "x509-svid", "x5c": []}), "malformed"),
        (document({"use": "x509-svid", "x5c": ["!"]}), "malformed"),
        (document(entry(ROOT) | {"x5c": [base64.b64encode(ROOT.der).decode()] * 2}), "malformed"),
        (document({"use": "x509-svid", "x5c": [""]}), "authority-refused"),
        (document(entry(ROOT), entry(Authority("evil.example"))), "authority-refused"),
        (document(entry(ROOT), {"use": "x509-svid", "x5c": [base64.b64encode(ROOT.leaf()[0]).decode()]}), "authority-refused"),
        (document(TOKENS.as_dict(private=True) | {"use": "jwt-svid"}), "malformed"),
        (document(public(TOKENS, "")), "no-keys"),
    ],
)  # fmt: skip
def test_what_is_no_bundle_is_refused_in_a_word(octets: bytes, word: str) -> None:
    assert refused(octets) == word


def test_the_same_authority_may_stand_in_it_twice_and_the_first_key_of_an_id_counts() -> None:
    other = jwk.ECKey.generate_key("P-256", {"kid": "one"})
    found = read_bundle(document(entry(ROOT), entry(ROOT), public(TOKENS), public(other)), DOMAIN)
    assert len(found.authorities) == 1
    assert found.keys[0]["x"] == public(TOKENS)["x"]


def test_the_workload_api_may_leave_the_use_out() -> None:
    shown = {name: value for name, value in public(TOKENS).items() if name != "use"}
    assert read_jwks(document(shown, {"use": "x509-svid"})) == [shown]


def test_no_bundle_takes_the_place_of_a_newer_one() -> None:
    old, new = (made([each.der], [], DOMAIN) for each in (ROOT, NEXT))
    numbered = Bundle(new.authorities, (), 5)
    require_newer(None, numbered)
    require_newer(old, numbered)
    require_newer(numbered, numbered)
    require_newer(numbered, Bundle(old.authorities, (), 6))
    for older in (Bundle(old.authorities, (), 4), Bundle(new.authorities, (), 4), old):
        with pytest.raises(BundleRefused, match="sequence-went-back"):
            require_newer(numbered, older)
    with pytest.raises(BundleRefused, match="sequence-repeated"):
        require_newer(numbered, Bundle(old.authorities, (), 5))


@given(st.binary(max_size=200) | st.recursive(st.none() | st.booleans() | st.text(max_size=8), lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["keys", "use", "x5c", "kid", "kty", "spiffe_sequence"]), inner, max_size=5)).map(lambda value: json.dumps(value).encode()))  # fmt: skip
def test_no_octets_are_more_than_refused(octets: bytes) -> None:
    refused(octets)
