"""The forgeries are real: each is what its attack says, and nothing worse, so a verifier refuses it for that."""

import base64
import hmac
import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwk, jws

from bartizan.drill.forgery import Forger, published_key, read, tagged, unsigned

HEADER = {"typ": "at+jwt", "alg": "ES256", "kid": "one"}
CLAIMS = {"sub": "workload.drill", "aud": "bartizan:gateway"}


@given(claims=st.dictionaries(st.text(max_size=9), st.integers() | st.text(max_size=9), max_size=5))
def test_what_is_read_is_what_was_written(claims: dict[str, int | str]) -> None:
    assert read(unsigned(HEADER, claims)) == (HEADER, claims)
    assert read(tagged(HEADER, claims, b"secret")) == (HEADER, claims)


def test_a_forged_signature_is_correct_under_the_forger_s_own_key() -> None:
    forger = Forger()
    token = forger.signed(HEADER, CLAIMS)
    read_by_joserfc = jws.deserialize_compact(token, jwk.ECKey.import_key(dict(forger.jwk)), ["ES256"])
    assert json.loads(read_by_joserfc.payload) == CLAIMS


def test_every_forger_has_a_key_of_its_own() -> None:
    assert Forger().jwk != Forger().jwk


def test_a_tag_is_the_hmac_under_the_octets_given() -> None:
    text, _dot, tag = tagged(HEADER, CLAIMS, b"public key").rpartition(".")
    expected = hmac.digest(b"public key", text.encode(), "sha256")
    assert base64.urlsafe_b64decode(tag + "=") == expected


def test_a_published_key_is_found_by_its_id() -> None:
    forger = Forger()
    keys = {"keys": [{"kid": "other"}, {**forger.jwk, "kid": "one"}]}
    found = published_key(keys, "one")
    assert isinstance(found.curve, ec.SECP256R1)
    with pytest.raises(LookupError, match="no key"):
        published_key(keys, "two")
