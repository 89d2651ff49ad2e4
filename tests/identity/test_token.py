import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from joserfc import jwk
from joserfc.jws import serialize_compact

from bartizan.clock import SECOND, Nanoseconds
from bartizan.identity import refusal
from bartizan.identity.refusal import TokenExpired, TokenNotYetValid, TokenRefused
from bartizan.identity.token import IssuerInvalid, pin, verify
from tests.identity.forge import (
    AUDIENCE,
    HEADER,
    ISSUER,
    KEY,
    START,
    START_S,
    claims,
    encode,
    issuers,
    public,
    raw,
    token,
)

ISSUERS = issuers()


def reason(presented: str, now: Nanoseconds = START) -> str:
    with pytest.raises(TokenRefused) as caught:
        verify(presented, ISSUERS, AUDIENCE, now)
    return caught.value.reason


def test_an_honest_token_yields_its_claims() -> None:
    found = verify(token(), ISSUERS, AUDIENCE, START)
    assert (found.subject, found.client) == ("workload.drill", "c-0011223344556677")
    assert (found.issued, found.expires) == (START, START + 600 * SECOND)
    assert found.id == "t-0011223344556677"


def test_a_token_of_another_implementation_is_read() -> None:
    other = serialize_compact(HEADER, json.dumps(claims()), KEY, ["ES256"])
    assert verify(other, ISSUERS, AUDIENCE, START).subject == "workload.drill"


def test_an_audience_may_stand_in_a_list() -> None:
    listed = token(payload=claims(aud=["other", AUDIENCE]))
    assert verify(listed, ISSUERS, AUDIENCE, START).audience == ("other", AUDIENCE)


@pytest.mark.parametrize("audience", ["bartizan:control", ["other"], AUDIENCE + " ", AUDIENCE.upper()])
def test_a_token_for_somebody_else_is_refused(audience: object) -> None:
    assert reason(token(payload=claims(aud=audience))) == "audience-wrong"


@pytest.mark.parametrize("claim", ["sub", "client_id", "jti", "iat", "exp", "aud"])
@pytest.mark.parametrize("value", [None, "", [], {}, True, -1, 1.5, "x" * 256, "a\nb", "\ud800", [1]])
def test_a_claim_that_is_absent_or_of_another_form_is_refused(claim: str, value: object) -> None:
    assert reason(token(payload=claims(**{claim: value}))) in {"claim-missing", "token-lives-too-long"}


@pytest.mark.parametrize("issuer", ["https://localhost:8443/", "https://LOCALHOST:8443", "https://evil"])
def test_an_issuer_is_known_by_its_exact_name(issuer: str) -> None:
    assert reason(token(payload=claims(iss=issuer))) == "issuer-unknown"


@pytest.mark.parametrize("issuer", [None, 1, "", ["https://localhost:8443"]])
def test_a_token_without_an_issuer_is_refused(issuer: object) -> None:
    assert reason(token(payload=claims(iss=issuer))) == "claim-missing"


@given(st.integers(min_value=-700 * SECOND, max_value=700 * SECOND))
@example(0)
@example(600 * SECOND - 1)
@example(600 * SECOND)
@example(-5 * SECOND)
@example(-5 * SECOND - 1)
def test_a_token_is_good_from_its_issue_until_the_instant_it_expires(offset: int) -> None:
    now = Nanoseconds(START + offset)
    presented = token()
    if offset < -5 * SECOND:
        with pytest.raises(TokenNotYetValid) as early:
            verify(presented, ISSUERS, AUDIENCE, now)
        assert early.value.by == -offset
    elif offset >= 600 * SECOND:
        with pytest.raises(TokenExpired) as late:
            verify(presented, ISSUERS, AUDIENCE, now)
        assert late.value.by == offset - 600 * SECOND
    else:
        assert verify(presented, ISSUERS, AUDIENCE, now).subject == "workload.drill"


@pytest.mark.parametrize("life", [0, -1, 3601, 10**9])
def test_a_life_is_longer_than_nothing_and_at_most_an_hour(life: int) -> None:
    assert reason(token(payload=claims(exp=START_S + life))) == "token-lives-too-long"


def test_nbf_is_kept_where_it_is_given() -> None:
    assert reason(token(payload=claims(nbf=START_S + 60))) == "token-not-yet-valid"
    assert verify(token(payload=claims(nbf=START_S - 60)), ISSUERS, AUDIENCE, START).issued == START
    assert reason(token(payload=claims(nbf="soon"))) == "claim-missing"


def test_a_token_of_the_largest_size_is_looked_at_and_one_more_is_not() -> None:
    grown = token(payload=claims(pad=""))
    room = 8192 - len(grown)
    fits = token(payload=claims(pad="x" * (room * 3 // 4 - 2)))
    assert len(fits) <= 8192
    assert verify(fits, ISSUERS, AUDIENCE, START).id == "t-0011223344556677"
    assert reason("a" * 8193) == "token-too-large"


def test_no_token_is_its_own_fault() -> None:
    assert reason("") == "token-missing"


@given(st.text(max_size=300))
def test_no_text_is_a_token(text: str) -> None:
    assert reason(text) in {"token-missing", "token-malformed"}


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_no_octets_in_the_place_of_header_and_payload_make_a_token(header: bytes, payload: bytes) -> None:
    assert reason(raw(header, payload)) in {"token-malformed", "token-header-refused"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["typ", "alg", "kid", "crit", "x"]), JSON, max_size=5))
def test_no_other_header_verifies(header: dict[str, Any]) -> None:
    if header != HEADER:
        assert reason(token(header=header)) in {
            "token-header-refused",
            "token-malformed",
            "key-unknown",
            "algorithm-refused",
        }


@given(st.dictionaries(st.sampled_from([*claims(), "nbf"]), JSON, min_size=1, max_size=4))
def test_claims_of_any_form_are_refused_by_name_or_read(changed: dict[str, Any]) -> None:
    try:
        found = verify(token(payload=claims() | changed), ISSUERS, AUDIENCE, START)
    except TokenRefused:
        return  # any other error fails the test
    assert found.issuer == ISSUER
    assert AUDIENCE in found.audience
    assert found.issued - 5 * SECOND <= START < found.expires


REASONS = {
    value.reason
    for value in vars(refusal).values()
    if isinstance(value, type) and issubclass(value, TokenRefused) and value is not TokenRefused
}


def test_every_fault_has_a_word_of_its_own() -> None:
    faults = [
        value
        for value in vars(refusal).values()
        if isinstance(value, type) and TokenRefused in value.__bases__
    ]
    assert len(REASONS) == len(faults) == 15


@given(st.integers(min_value=0, max_value=10_000), st.sampled_from(["A", "B", "_", "-", "9"]))
def test_changing_any_character_spoils_a_token(position: int, letter: str) -> None:
    honest = token()
    at = position % len(honest)
    changed = honest[:at] + letter + honest[at + 1 :]
    if changed != honest:
        assert reason(changed) in REASONS


RSA = jwk.RSAKey.generate_key(2048, {"kid": "r", "alg": "RS256"})


def rsa_public(key: jwk.RSAKey) -> dict[str, str]:
    return {name: str(value) for name, value in key.as_dict(private=False).items()}


def test_an_issuer_of_another_algorithm_can_be_pinned() -> None:
    pinned = {ISSUER: pin(ISSUER, ["RS256"], [rsa_public(RSA)])}
    presented = serialize_compact(HEADER | {"alg": "RS256", "kid": "r"}, json.dumps(claims()), RSA, ["RS256"])
    assert verify(presented, pinned, AUDIENCE, START).subject == "workload.drill"


@pytest.mark.parametrize(
    ("algorithms", "keys"),
    [
        ([], [public()]),
        (["none"], [public()]),
        (["HS256"], [{"kty": "oct", "k": encode(b"s" * 32), "kid": "one", "alg": "HS256"}]),
        (["ES256"], [{name: value for name, value in public().items() if name != "kid"}]),
        (["ES256"], [{name: value for name, value in public().items() if name != "alg"}]),
        (["ES256"], [public(), public()]),
        (["RS256"], [public()]),
        (["ES384"], [public() | {"alg": "ES384"}]),
        (["RS256"], [public() | {"alg": "RS256"}]),
        (["ES256"], [{str(name): str(value) for name, value in KEY.as_dict(private=True).items()}]),
        (["ES256"], [public() | {"x": "AAAA"}]),
        (["ES256"], [public() | {"kty": "oct"}]),
    ],
)
def test_an_issuer_with_weak_private_or_unnamed_keys_is_not_pinned(
    algorithms: list[str], keys: list[dict[str, str]]
) -> None:
    with pytest.raises(IssuerInvalid):
        pin(ISSUER, algorithms, keys)


@pytest.mark.filterwarnings("ignore:.*")  # the library warns of the weak key that this test makes
def test_an_rsa_key_of_1024_bits_is_not_pinned() -> None:
    weak = jwk.RSAKey.generate_key(1024, {"kid": "w", "alg": "RS256"})
    with pytest.raises(IssuerInvalid, match="2048"):
        pin(ISSUER, ["RS256"], [rsa_public(weak)])
