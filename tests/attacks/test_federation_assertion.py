"""Who shows what a workload of another trust domain could show gets no token, unless it is that workload, and is somebody here."""

import base64
import json
import secrets
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwk, jws

from bartizan.access.issue.assertion import AssertionWrong
from bartizan.access.issue.jwt_svid import ASSERTION_TYPE, LONGEST_S, MOST
from bartizan.access.issue.svid import Assertions, read_request
from bartizan.access.issue.trusted import TrustDomain, TrustDomains
from bartizan.access.issue.workload_assertion import Shown
from bartizan.clock import SECOND, Nanoseconds
from bartizan.crypto.x509 import make_authority
from bartizan.identity.trust_bundle import made
from tests.crypto.domains import DOMAIN, NOW, PATH, START_S, TOKENS, URI, Authority, jwt_svid, public

ISSUER = "https://localhost:8443"
OWN, _ = make_authority("client", (), NOW)
ROOT, EVIL = Authority(), Authority("evil.example", uri=None)
EVILS = jwk.ECKey.generate_key("P-256", {"kid": "one"})
UNTIL = Nanoseconds(NOW + 3600 * SECOND)
CONFIGURED = (
    TrustDomain("corp", DOMAIN, {PATH: "shop"}),
    TrustDomain("evil", "evil.example", {"/guest": "guest"}),
    TrustDomain("new", "new.example", {"/guest": "newcomer"}),
)


def domains() -> TrustDomains:
    found = TrustDomains(CONFIGURED)
    found.believe(DOMAIN, made([ROOT.der], [public(TOKENS)], DOMAIN), UNTIL)
    found.believe("evil.example", made([EVIL.der], [public(EVILS)], "evil.example"), UNTIL)
    return found


def issuer() -> Assertions:
    return Assertions(ISSUER, OWN, ("app",), Nanoseconds(NOW - 60 * SECOND), domains())


def claims(**changed: object) -> dict[str, object]:
    honest: dict[str, object] = {"sub": URI, "aud": [ISSUER], "iat": START_S - 1, "exp": START_S + 299}
    return {name: value for name, value in (honest | changed).items() if value is not None}


def refused(assertion: str, at: Nanoseconds = NOW, by: Assertions | None = None) -> str:
    with pytest.raises(AssertionWrong) as caught:
        (by or issuer()).take(assertion, at)
    return caught.value.reason


def signed(
    by: Authority = ROOT, uri: str = URI, *more: bytes, algorithm: str = "ES256", **changed: object
) -> str:
    """Return an assertion that the key of a certificate signed."""
    key = ec.generate_private_key(ec.SECP256R1() if algorithm == "ES256" else ec.SECP384R1())
    leaf, _ = by.leaf([uri], key=key)
    said = {"iss": uri, "sub": uri, "aud": ISSUER, "iat": START_S, "exp": START_S + 50}
    said |= {"jti": secrets.token_hex(8)} | changed
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    chain = [base64.b64encode(each).decode() for each in (leaf, *more)]
    head = {"alg": algorithm, "x5c": chain}
    return jws.serialize_compact(head, json.dumps(said).encode(), jwk.ECKey.import_key(pem), [algorithm])


def unsigned(head: dict[str, Any], said: dict[str, object]) -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=") for each in (head, said)]
    return b".".join([*parts, b"AAAA"]).decode()


def test_who_is_named_in_the_configuration_is_let_in_by_certificate_and_by_token() -> None:
    taking = issuer()
    shown = taking.take(signed(), NOW)
    assert (shown.principal, shown.spiffe_id, shown.domain, shown.digest) == (
        "workload.shop",
        URI,
        "corp",
        b"",
    )
    assert taking.take(signed(algorithm="ES384"), NOW).principal == "workload.shop"
    below = Authority(above=ROOT)
    assert taking.take(signed(below, URI, below.der), NOW).principal == "workload.shop"
    token = taking.take(jwt_svid(claims()), NOW, token=True)
    assert (token.principal, token.certificate, token.domain) == ("workload.shop", "", "corp")


def test_nobody_else_of_a_domain_is_anybody() -> None:
    for path in (
        "/ns/prod/sa/shop2",
        "/ns/prod/sa",
        "/ns/prod/sa/shop/x",
        "/ns/prod/sa/SHOP",
        "/workload/app",
    ):
        uri = f"spiffe://{DOMAIN}{path}"
        assert refused(signed(uri=uri)) == "workload-unknown"
        assert refused(jwt_svid(claims(sub=uri))) == "workload-unknown"


def test_a_domain_says_nothing_of_another() -> None:
    assert refused(signed(EVIL)) == "svid-forged"
    assert refused(jwt_svid(claims(), EVILS)) == "assertion-forged"
    ours = "spiffe://bartizan.local/workload/app"
    assert refused(signed(ROOT, ours)) == "svid-malformed"  # by name, ours did not issue it
    assert refused(jwt_svid(claims(sub=ours))) == "trust-domain-unknown"
    assert refused(signed(EVIL, "spiffe://evil.example/guest", sub=URI)) == "assertion-of-another"
    assert refused(signed(EVIL, "spiffe://evil.example/guest", iss=URI)) == "assertion-of-another"
    assert refused(signed(ROOT, "spiffe://stranger.example/a")) == "svid-malformed"
    assert refused(jwt_svid(claims(sub="spiffe://stranger.example/a"))) == "trust-domain-unknown"


def test_a_domain_without_a_bundle_or_with_one_too_old_has_no_workloads() -> None:
    assert refused(signed(uri="spiffe://new.example/guest")) == "bundle-missing"
    assert refused(jwt_svid(claims(sub="spiffe://new.example/guest"))) == "bundle-missing"
    later = Nanoseconds(UNTIL)
    at = UNTIL // SECOND
    assert refused(signed(iat=at - 1, exp=at + 40), later) == "bundle-outdated"
    assert refused(jwt_svid(claims(iat=at - 1, exp=at + 40)), later) == "bundle-outdated"


def test_a_key_that_left_the_bundle_is_good_for_nothing() -> None:
    believed = domains()
    taking = Assertions(ISSUER, OWN, (), Nanoseconds(NOW - 60 * SECOND), believed)
    token, certified = jwt_svid(claims()), signed()
    new = Authority()
    other = jwk.ECKey.generate_key("P-256", {"kid": "two"})
    believed.believe(DOMAIN, made([new.der], [public(other, "two")], DOMAIN), UNTIL)
    assert refused(token, by=taking) == "assertion-key-unknown"
    assert refused(certified, by=taking) == "svid-forged"
    believed.believe(DOMAIN, made([new.der], [], DOMAIN), UNTIL)
    assert refused(token, by=taking) == "assertion-key-unknown"
    believed.believe(DOMAIN, made([], [public(TOKENS)], DOMAIN), UNTIL)
    assert refused(certified, by=taking) == "bundle-missing"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"aud": ["https://elsewhere.example"]}, "assertion-elsewhere"),
        ({"aud": [ISSUER, "https://elsewhere.example"]}, "assertion-elsewhere"),
        ({"aud": ISSUER + "/"}, "assertion-elsewhere"),
        ({"aud": None}, "assertion-elsewhere"),
        ({"aud": {ISSUER: 1}}, "assertion-elsewhere"),
        ({"exp": START_S}, "assertion-untimely"),
        ({"exp": START_S - 1 + LONGEST_S + 1}, "assertion-untimely"),
        ({"exp": None}, "assertion-malformed"),
        ({"exp": 1e12}, "assertion-malformed"),
        ({"iat": None}, "assertion-malformed"),
        ({"iat": START_S - 60, "exp": START_S + 60}, "assertion-untimely"),
        ({"iat": START_S + 6}, "assertion-untimely"),
        ({"nbf": START_S + 60}, "assertion-untimely"),
        ({"nbf": "now"}, "assertion-malformed"),
        ({"sub": None}, "assertion-malformed"),
        ({"sub": [URI]}, "assertion-malformed"),
        ({"sub": f"spiffe://{DOMAIN}"}, "assertion-malformed"),
        ({"sub": "workload.shop"}, "assertion-malformed"),
        ({"sub": URI.replace("corp", "c\u043erp")}, "assertion-malformed"),
        ({"sub": URI.replace("corp", "Corp")}, "assertion-malformed"),
    ],
)
def test_a_token_is_for_this_issuer_alone_and_for_minutes(changed: dict[str, object], reason: str) -> None:
    assert refused(jwt_svid(claims(**changed))) == reason


def test_an_algorithm_of_a_certificates_key_is_a_word() -> None:
    odd: list[object] = [["ES256"], {}, None, 1, "none", "HS256", "ES512"]
    for algorithm in odd:
        head = {"alg": algorithm, "x5c": [base64.b64encode(ROOT.leaf()[0]).decode()]}
        assert refused(unsigned(head, claims())) == "assertion-malformed"


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS256", "ES384", "EdDSA", ""])
def test_a_key_signs_by_its_own_algorithm_and_no_other(algorithm: str) -> None:
    assert refused(unsigned({"alg": algorithm, "kid": "one"}, claims())) == "assertion-forged"


def test_a_bundles_key_is_no_shared_secret() -> None:
    shared = jwk.OctKey.import_key(json.dumps(public(TOKENS)))
    head = {"alg": "HS256", "kid": "one"}
    forged = jws.serialize_compact(head, json.dumps(claims()).encode(), shared, ["HS256"])
    assert refused(forged) == "assertion-forged"


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        ({"kid": "two"}, "assertion-key-unknown"),
        ({"kid": 1}, "assertion-malformed"),
        ({"kid": ["one"]}, "assertion-malformed"),
        ({"typ": "at+jwt"}, "assertion-malformed"),
        ({"typ": ["JWT"]}, "assertion-malformed"),
        ({"crit": ["exp"]}, "assertion-malformed"),
        ({"jku": "https://evil.example/keys"}, "assertion-malformed"),
        ({"jwk": public(EVILS)}, "assertion-malformed"),
        ({"x5u": "https://evil.example/cert"}, "assertion-malformed"),
    ],
)
def test_nothing_is_verified_by_what_a_header_brings(head: dict[str, Any], reason: str) -> None:
    assert refused(unsigned({"alg": "ES256", "kid": "one"} | head, claims())) == reason


def test_a_token_is_good_for_one_key_and_none_besides() -> None:
    taking = issuer()
    shown = taking.take(jwt_svid(claims()), NOW)
    taking.tie(shown, "mine", NOW)
    taking.tie(shown, "mine", NOW)  # asked once more, as a client does whose answer was lost
    with pytest.raises(AssertionWrong, match="assertion-replayed"):
        taking.tie(shown, "a thief's", NOW)
    other = taking.take(jwt_svid(claims(jti="another")), NOW)
    taking.tie(other, "a thief's", NOW)


def test_the_signatures_twin_makes_no_other_token() -> None:
    taking, token = issuer(), jwt_svid(claims())
    head, _, signature = token.rpartition(".")
    octets = base64.urlsafe_b64decode(signature + "==")
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    s = (order - int.from_bytes(octets[32:], "big")).to_bytes(32, "big")
    twin = head + "." + base64.urlsafe_b64encode(octets[:32] + s).rstrip(b"=").decode()
    assert twin != token
    taking.tie(taking.take(token, NOW), "mine", NOW)
    with pytest.raises(AssertionWrong, match="assertion-replayed"):
        taking.tie(taking.take(twin, NOW), "a thief's", NOW)


def test_what_the_domain_signed_twice_is_two_tokens() -> None:
    taking, said = issuer(), claims()
    taking.tie(taking.take(jwt_svid(said), NOW), "mine", NOW)
    taking.tie(taking.take(jwt_svid(said), NOW), "a replica's", NOW)


def test_a_workload_fills_its_own_share_and_nobody_elses() -> None:
    taking = issuer()
    for number in range(MOST):
        shown = Shown("workload.shop", "", URI, "corp", str(number).encode(), UNTIL)
        taking.tie(shown, "mine", NOW)
    with pytest.raises(AssertionWrong, match="assertions-full"):
        taking.tie(taking.take(jwt_svid(claims()), NOW), "mine", NOW)
    taking.tie(Shown("workload.guest", "", "", "evil", b"1", UNTIL), "theirs", NOW)
    taking.tie(Shown("workload.shop", "", URI, "corp", b"new", UNTIL), "mine", UNTIL)


def test_what_is_to_be_a_token_is_no_certificate() -> None:
    with pytest.raises(AssertionWrong, match="assertion-malformed"):
        issuer().take(signed(), NOW, token=True)


def test_an_assertion_by_certificate_is_taken_once() -> None:
    taking, shown = issuer(), signed()
    taking.take(shown, NOW)
    assert refused(shown, by=taking) == "assertion-replayed"


@pytest.mark.parametrize(
    "form",
    [
        {"client_assertion": "a", "grant_type": "authorization_code"},
        {"client_assertion": "a"},
        {"grant_type": "client_credentials"},
        {"client_assertion": "a", "grant_type": "client_credentials", "client_secret": "b"},
        {"client_assertion": "a", "grant_type": "client_credentials", "audience": "elsewhere"},
    ],
)
def test_a_request_says_what_it_wants_and_nothing_besides(form: dict[str, str]) -> None:
    with pytest.raises(AssertionWrong):
        read_request({"client_assertion_type": ASSERTION_TYPE} | form)


@given(st.text(max_size=200), st.text(max_size=200))
def test_garbage_is_refused_in_a_word(head: str, said: str) -> None:
    assert refused(unsigned({"alg": head, "kid": said}, {"sub": said, "aud": head})) == "assertion-malformed"
