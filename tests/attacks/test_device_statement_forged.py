"""Nobody makes a statement for a key that they do not hold, for another place, out of its time, or with words of their own."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwk, jws

from bartizan.identity.device import CLAIMS, ITSELF
from bartizan.identity.statement import (
    ENROLMENT,
    POSTURE,
    Enrolment,
    Stated,
    StatementRefused,
    enrolment,
    fingerprint,
    posture,
    thumbprint_of,
)
from tests.identity.forge import ISSUER, START, START_S, encode
from tests.identity.statements import DEVICE, MDM, asks, at, authority, says, signed, thumbprint, vouches

AUTHORITIES = {"mdm": authority()}
OTHER = jwk.ECKey.generate_key("P-256")


def asked(text: str) -> Enrolment:
    return enrolment(text, ISSUER, START)


def stated(text: str) -> Stated:
    return posture(text, ISSUER, AUTHORITIES, START)


def reason(function: Any, text: str) -> str:  # noqa: ANN401 - either
    with pytest.raises(StatementRefused) as refused:
        function(text)
    return refused.value.reason


def test_a_key_asks_and_says_how_its_device_is() -> None:
    found = asked(asks())
    assert (found.key, found.name, found.at) == (thumbprint(), "laptop", START)
    assert json.loads(found.public).keys() == {"kty", "crv", "x", "y"}
    assert stated(says({"firewall": True, "secure_boot": False})) == Stated(
        ITSELF, thumbprint(), START, ("firewall",)
    )


def test_an_authority_says_how_a_device_is_and_has_it_admitted_only_where_it_may() -> None:
    text = vouches(admit=True, holder="user.ada", hardware=True)
    assert stated(text) == Stated("mdm", thumbprint(), START, ("firewall",), True, "user.ada", True)
    assert not posture(text, ISSUER, {"mdm": authority(admits=False)}, START).admit


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (asks(aud="https://elsewhere.example"), "statement-elsewhere"),
        (asks(aud=[ISSUER]), "statement-elsewhere"),
        (asks(iat=START_S - 301), "statement-untimely"),
        (asks(iat=START_S + 61), "statement-untimely"),
        (asks(iat=True), "statement-malformed"),
        (asks(iat=float(START_S)), "statement-malformed"),
        (asks(iat=10**30), "statement-malformed"),
        (asks(name="Laptop"), "statement-malformed"),
        (asks(name="owner is kind"), "statement-malformed"),
        (asks(name=None), "statement-malformed"),
        (asks(admit=True), "statement-malformed"),
        (signed(POSTURE, {"aud": ISSUER, "iat": START_S, "name": "laptop"}), "statement-malformed"),
        (signed(ENROLMENT, {"aud": ISSUER, "iat": START_S, "name": "x"}, kid="y"), "statement-malformed"),
        (asks(name="x" * 5000), "statement-malformed"),
        ("", "statement-malformed"),
    ],
)
def test_an_enrolment_that_is_none_is_refused_by_its_word(text: str, word: str) -> None:
    assert reason(asked, text) == word


def test_a_key_that_is_shown_is_not_one_that_is_held() -> None:
    header, body, _ = asks().split(".")
    _, _, theirs = asks(OTHER).split(".")
    assert reason(asked, f"{header}.{body}.{theirs}") == "statement-forged"
    assert reason(stated, says()[:-4] + "AAAA") == "statement-forged"


def test_a_private_key_that_is_shown_is_nobodys() -> None:
    text = signed(ENROLMENT, {"aud": ISSUER, "iat": START_S, "name": "x"}, jwk=DEVICE.as_dict(private=True))
    assert reason(asked, text) == "statement-malformed"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (says({"firewall": 1}), "statement-malformed"),
        (says({"made_up": True}), "statement-malformed"),
        (says(["firewall"]), "statement-malformed"),
        (says(admit=True), "statement-malformed"),
        (says(iss="mdm", sub=thumbprint()), "statement-malformed"),
        (vouches(iss="stranger"), "authority-unknown"),
        (vouches(iss=["mdm"]), "authority-unknown"),
        (vouches(key=jwk.OKPKey.generate_key("Ed25519")), "statement-forged"),
        (vouches(sub="short"), "statement-malformed"),
        (vouches(admit="yes"), "statement-malformed"),
        (vouches(holder="device.other"), "statement-malformed"),
        (vouches(holder="owner"), "statement-malformed"),
        (vouches(aud="https://elsewhere.example"), "statement-elsewhere"),
        (asks(), "statement-malformed"),
    ],
)
def test_claims_that_are_none_are_refused_by_their_word(text: str, word: str) -> None:
    assert reason(stated, text) == word


def test_a_device_signs_for_no_authority_and_an_authority_by_no_other_algorithm() -> None:
    claims = {"iss": "mdm", "sub": thumbprint(), "aud": ISSUER, "iat": START_S, "posture": {}}
    assert reason(stated, signed(POSTURE, claims)) == "statement-malformed"
    octets = json.dumps(claims).encode()
    key = jwk.OctKey.import_key(MDM.public_key.public_bytes_raw())
    confused = jws.serialize_compact({"typ": POSTURE, "alg": "HS256"}, octets, key, ["HS256"])
    assert reason(stated, confused) == "statement-malformed"
    none = f"{encode(json.dumps({'typ': POSTURE, 'alg': 'none'}).encode())}.{encode(octets)}."
    assert reason(stated, none) == "statement-malformed"


@pytest.mark.parametrize("algorithm", [[], ["EdDSA"], {}, {"EdDSA": 1}, None, 1])
def test_an_algorithm_that_is_no_word_is_refused_and_fails_nothing(algorithm: object) -> None:
    header = encode(json.dumps({"typ": POSTURE, "alg": algorithm}).encode())
    _, body, signature = vouches().split(".")
    assert reason(stated, f"{header}.{body}.{signature}") == "statement-malformed"


@given(st.text(max_size=200) | st.text("abcXYZ019-_.", max_size=200))
def test_any_text_is_refused_and_never_fails(text: str) -> None:
    for function in (asked, stated):
        assert reason(function, text) == "statement-malformed"


@given(st.dictionaries(st.sampled_from(CLAIMS), st.booleans()))
def test_what_is_not_said_is_not_so(said: dict[str, bool]) -> None:
    assert set(stated(says(said)).holds) == {name for name, value in said.items() if value}


def test_a_fingerprint_and_a_thumbprint_are_one() -> None:
    assert thumbprint_of(fingerprint(thumbprint())) == thumbprint()
    with pytest.raises(ValueError, match="64"):
        thumbprint_of("ab")


def test_a_statement_is_young_or_refused() -> None:
    assert enrolment(asks(), ISSUER, at(300)).name == "laptop"
    with pytest.raises(StatementRefused):
        enrolment(asks(), ISSUER, at(301))
