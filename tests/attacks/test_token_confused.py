"""Somebody who takes the published public key for a shared secret, or for another algorithm's key."""

import json

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.access.house import access, refusal
from tests.identity.forge import HEADER, KEY, START, hmac_token, public, token

ROOM = access()
SECRETS = {
    "pem": KEY.as_pem(private=False),
    "pem-stripped": KEY.as_pem(private=False).strip(),
    "der": KEY.public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    "point": KEY.public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint),
    "jwk": json.dumps(public()).encode(),
    "x": public()["x"].encode(),
    "empty": b"",
    "kid": b"one",
}


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
def test_no_octets_of_a_public_key_are_a_shared_secret(algorithm: str, secret: bytes) -> None:
    forged = hmac_token(HEADER | {"alg": algorithm}, secret)
    assert refusal(ROOM.authenticate(forged, START)) == "algorithm-refused"


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
def test_an_hmac_under_the_right_algorithms_name_is_no_signature(secret: bytes) -> None:
    assert refusal(ROOM.authenticate(hmac_token(HEADER, secret), START)) == "signature-invalid"


@pytest.mark.parametrize(
    "algorithm", ["ES384", "ES512", "ES256K", "RS256", "PS256", "EdDSA", "Ed25519", "es256"]
)
def test_a_true_signature_under_another_algorithms_name_is_refused(algorithm: str) -> None:
    assert refusal(ROOM.authenticate(token(HEADER | {"alg": algorithm}), START)) == "algorithm-refused"
