"""Who has a workload's certificate, but not its key, or shows what was shown before, gets no token; nor does a worker turned."""

import base64
import json
import secrets
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwk, jws

from bartizan.access.issue.assertion import AssertionWrong
from bartizan.access.issue.svid import LONGEST_S, MOST, Assertions, read_request
from bartizan.clock import SECOND, Nanoseconds
from bartizan.crypto.svid import sign_svid, svid_request
from bartizan.crypto.x509 import make_authority

START_S = 1_800_000_000
NOW = Nanoseconds(START_S * SECOND)
ISSUER = "https://localhost:8443"
URI = "spiffe://bartizan.local/workload/app"
AUTHORITY, AUTHORITYS = make_authority("client", (), NOW)
PRIVATE, REQUEST = svid_request()
KEY = jwk.ECKey.import_key(PRIVATE)
SVID = sign_svid(AUTHORITY, AUTHORITYS, REQUEST, URI, NOW)
STRANGER = jwk.ECKey.generate_key("P-256")


def issuer(*workloads: str) -> Assertions:
    return Assertions(ISSUER, AUTHORITY, workloads or ("app",), Nanoseconds(NOW - 60 * SECOND))


def claims(**changed: object) -> dict[str, Any]:
    honest = {
        "iss": URI,
        "sub": URI,
        "aud": ISSUER,
        "iat": START_S,
        "exp": START_S + LONGEST_S,
        "jti": secrets.token_hex(8),
    } | changed
    return {name: value for name, value in honest.items() if value is not None}


def header(**changed: object) -> dict[str, Any]:
    honest = {"alg": "ES256", "x5c": [base64.b64encode(SVID).decode()]} | changed
    return {name: value for name, value in honest.items() if value is not None}


def signed(
    head: dict[str, Any] | None = None, said: dict[str, Any] | None = None, key: jwk.ECKey = KEY
) -> str:
    text = json.dumps(claims() if said is None else said).encode()
    return jws.serialize_compact(header() if head is None else head, text, key, ["ES256"])


def refused(assertion: str, at: Nanoseconds = NOW, by: Assertions | None = None) -> str:
    with pytest.raises(AssertionWrong) as caught:
        (by or issuer()).take(assertion, at)
    return caught.value.reason


def test_who_holds_the_key_of_a_certificate_is_its_workload() -> None:
    shown = issuer().take(signed(), NOW)
    assert shown.principal == "workload.app"
    digest = x509.load_der_x509_certificate(SVID).fingerprint(SHA256())
    assert base64.urlsafe_b64decode(shown.certificate + "=") == digest


def test_a_certificate_is_public_and_opens_nothing() -> None:
    assert refused(signed(key=STRANGER)) == "assertion-forged"


def test_an_assertion_is_taken_once_and_none_from_before_this_memory() -> None:
    taking, shown = issuer(), signed()
    taking.take(shown, NOW)
    assert refused(shown, by=taking) == "assertion-replayed"
    again = Assertions(ISSUER, AUTHORITY, ("app",), NOW)  # control was started anew
    assert refused(shown, by=again) == "assertion-untimely"
    assert refused(shown, Nanoseconds(NOW + LONGEST_S * SECOND)) == "assertion-untimely"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"iss": "spiffe://bartizan.local/workload/admin"}, "assertion-of-another"),
        ({"sub": "workload.owner"}, "assertion-of-another"),
        ({"iss": None}, "assertion-of-another"),
        ({"aud": "https://elsewhere.example"}, "assertion-elsewhere"),
        ({"aud": [ISSUER, "https://elsewhere.example"]}, "assertion-elsewhere"),
        ({"aud": ISSUER + "/"}, "assertion-elsewhere"),
        ({"exp": START_S + LONGEST_S + 1}, "assertion-untimely"),
        ({"exp": START_S}, "assertion-untimely"),
        ({"iat": START_S + 6, "exp": START_S + 30}, "assertion-untimely"),
        ({"iat": True}, "assertion-malformed"),
        ({"exp": "soon"}, "assertion-malformed"),
        ({"exp": None}, "assertion-malformed"),
        ({"nbf": START_S}, "assertion-malformed"),
        ({"jti": None}, "assertion-malformed"),
        ({"jti": "x" * 256}, "assertion-malformed"),
    ],
)
def test_it_is_for_this_issuer_by_this_workload_and_for_a_minute(
    changed: dict[str, object], reason: str
) -> None:
    assert refused(signed(said=claims(**changed))) == reason


@pytest.mark.parametrize(
    "changed",
    [
        {"jwk": STRANGER.as_dict(private=False)},
        {"x5u": "https://elsewhere.example/cert"},
        {"jku": "https://elsewhere.example/keys"},
        {"kid": "one"},
        {"typ": "at+jwt"},
        {"x5c": None},
        {"x5c": []},
        {"x5c": base64.b64encode(SVID).decode()},
        {"x5c": [base64.b64encode(SVID).decode()] * 2},
        {"x5c": ["!"]},
        {"x5c": [7]},
    ],
)
def test_nothing_is_verified_by_what_the_header_brings_or_points_to(changed: dict[str, object]) -> None:
    head = header(**changed)
    text = json.dumps(claims()).encode()
    parts = [base64.urlsafe_b64encode(each).rstrip(b"=") for each in (json.dumps(head).encode(), text)]
    assertion = b".".join([*parts, b"A" * 86]).decode()
    assert refused(assertion) == "assertion-malformed"


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS256", "ES384"])
def test_no_other_algorithm_is_taken(algorithm: str) -> None:
    head = base64.urlsafe_b64encode(json.dumps(header(alg=algorithm)).encode()).rstrip(b"=").decode()
    body = base64.urlsafe_b64encode(json.dumps(claims()).encode()).rstrip(b"=").decode()
    assert refused(f"{head}.{body}.AAAA") == "assertion-malformed"


def test_who_signs_certificates_alone_makes_no_workload() -> None:
    forger, key = make_authority("client", (), NOW)
    forged = base64.b64encode(sign_svid(forger, key, REQUEST, URI, NOW)).decode()
    assert refused(signed(header(x5c=[forged]))) == "svid-forged"
    itself = base64.b64encode(AUTHORITY.public_bytes(Encoding.DER)).decode()
    assert refused(signed(header(x5c=[itself]))) == "svid-malformed"


def test_a_certificate_outlives_neither_its_hour_nor_its_workload() -> None:
    later = Nanoseconds(NOW + 3601 * SECOND)
    late = claims(iat=START_S + 3601, exp=START_S + 3620)
    assert refused(signed(said=late), later) == "svid-expired"
    assert refused(signed(), by=issuer("another")) == "workload-unknown"
    for uri in ("spiffe://bartizan.local/workload/App", "spiffe://bartizan.local/owner", URI + "/x"):
        other = base64.b64encode(sign_svid(AUTHORITY, AUTHORITYS, REQUEST, uri, NOW)).decode()
        said = claims(iss=uri, sub=uri)
        assert refused(signed(header(x5c=[other]), said)) == "workload-unknown"


def test_a_workload_fills_its_own_share_of_the_memory_and_nobody_elses() -> None:
    taking = issuer("app", "other")
    for number in range(MOST):
        taking._require_new("workload.app", str(number), START_S + 60, START_S)
    assert refused(signed(), by=taking) == "assertions-full"
    taking._require_new("workload.other", "1", START_S + 60, START_S)
    taking._require_new("workload.app", "1", START_S + 120, START_S + 60)


@pytest.mark.parametrize(
    "form", [{}, {"assertion": "a", "client_id": "b"}, {"assertion": "a", "audience": "x"}]
)
def test_a_request_says_what_it_wants_and_nothing_besides(form: dict[str, str]) -> None:
    with pytest.raises(AssertionWrong):
        read_request({"grant_type": "g"} | form)


@given(
    st.text(max_size=300)
    | st.binary(max_size=200).map(lambda octets: base64.urlsafe_b64encode(octets).decode())
)
def test_garbage_is_refused_in_a_word(text: str) -> None:
    assert refused(text) == "assertion-malformed"
    assert refused(f"{text}.{text}.{text}") == "assertion-malformed"
