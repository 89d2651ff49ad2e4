import json

import pytest
from joserfc import jwk
from sqlalchemy import Engine

from bartizan.access.errors import ClientKeyRefused
from bartizan.access.issue.client_key import MAX_KEYS, give_keys, keys_of, read_keys
from bartizan.access.issue.credentials import CredentialsWrong, check, give_secret
from bartizan.access.register import erase, register
from bartizan.identity.principal import Kind
from tests.access.issue.workshop import KEY, START, document, public

OTHER = jwk.ECKey.generate_key("P-384")
RSA = jwk.RSAKey.generate_key(2048)


def test_a_key_may_be_alone_or_in_a_set_and_is_kept_with_an_id_and_one_algorithm() -> None:
    alone = read_keys(json.dumps(public(KEY)).encode())
    assert alone == read_keys(document(KEY))
    assert (alone[0]["kid"], alone[0]["alg"]) == ("one", "ES256")
    others = read_keys(document(OTHER, RSA))
    assert [key["alg"] for key in others] == ["ES384", "PS256"]
    assert [key["kid"] for key in others] == [OTHER.thumbprint(), RSA.thumbprint()]


def test_a_private_key_is_refused_and_its_message_does_not_repeat_it() -> None:
    private = KEY.as_dict(private=True)
    with pytest.raises(ClientKeyRefused, match="public half alone") as caught:
        read_keys(json.dumps(private).encode())
    assert str(private["d"]) not in str(caught.value)


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")  # of keys that we refuse ourselves
@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"[]",
        b"{}",
        b'{"keys":[]}',
        b'{"keys":{}}',
        b'{"keys":[1]}',
        b"\xff",
        b"[" * 10_000,
        b"x" * (MAX_KEYS + 1),
        json.dumps({"kty": "oct", "k": "c2VjcmV0"}).encode(),
        json.dumps({"kty": "RSA", "n": "w" * 171, "e": "AQAB"}).encode(),
        json.dumps(public(KEY) | {"alg": "none"}).encode(),
        json.dumps(public(KEY) | {"alg": "HS256"}).encode(),
        json.dumps(public(KEY) | {"alg": "RS256"}).encode(),
        json.dumps(public(KEY) | {"kid": 1}).encode(),
        json.dumps(public(KEY) | {"x": "AAAA"}).encode(),
        json.dumps(public(KEY) | {"crv": "secp256k1"}).encode(),
        document(KEY, KEY),
        document(*(jwk.ECKey.generate_key("P-256") for _ in range(5))),
    ],
)
def test_anything_else_is_refused_with_a_sentence(octets: bytes) -> None:
    with pytest.raises(ClientKeyRefused):
        read_keys(octets)


def test_with_keys_a_secret_is_good_for_nothing_and_new_keys_replace_the_old(store: Engine) -> None:
    with store.begin() as connection:
        person = register(connection, Kind.WORKLOAD, "ci", [], START)
        secret = give_secret(connection, person).reveal().decode()
        give_keys(connection, person, read_keys(document(KEY, OTHER)))
        with pytest.raises(CredentialsWrong):
            check(connection, person.client, secret)
        assert keys_of(connection, person.client).keys.keys() == {"one", OTHER.thumbprint()}
        give_keys(connection, person, read_keys(document(OTHER)))
        assert keys_of(connection, person.client).keys.keys() == {OTHER.thumbprint()}


def test_keys_go_with_who_is_erased(store: Engine) -> None:
    with store.begin() as connection:
        person = register(connection, Kind.WORKLOAD, "ci", [], START)
        give_keys(connection, person, read_keys(document(KEY)))
        erase(connection, person.id)
        assert keys_of(connection, person.client).keys == {}


OF_THE_RFC = b"""-----BEGIN CERTIFICATE-----
MIIBBjCBrAIBAjAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDARtdGxzMB4XDTE4MTAx
ODEyMzcwOVoXDTIyMDUwMjEyMzcwOVowDzENMAsGA1UEAwwEbXRsczBZMBMGByqG
SM49AgEGCCqGSM49AwEHA0IABNcnyxwqV6hY8QnhxxzFQ03C7HKW9OylMbnQZjjJ
/Au08/coZwxS7LfA4vOLS9WuneIXhbGGWvsDSb0tH6IxLm8wCgYIKoZIzj0EAwID
SQAwRgIhAP0RC1E+vwJD/D1AGHGzuri+hlV/PpQEKTWUVeORWz83AiEA5x2eXZOV
bUlJSGQgjwD5vaUaKlLR50Q2DmFfQj1L+SY=
-----END CERTIFICATE-----
"""
"""RFC 8705 appendix A, figure 6; its thumbprint is figure 5's."""


def test_the_thumbprint_of_the_rfcs_certificate_is_the_rfcs() -> None:
    (kept,) = read_keys(OF_THE_RFC)
    assert kept["x5t#S256"] == "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0"
    assert kept["until"] == "1651495029"
