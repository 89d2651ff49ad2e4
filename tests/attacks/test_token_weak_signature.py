"""Somebody who knows what naive ECDSA verifiers accept: zeros, the group's order, other encodings."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from tests.access.house import CALLER, access, refusal
from tests.identity.forge import HEADER, START, claims, encode, token

ROOM = access()
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # P-256, SEC 2 section 2.4.2
FIELD = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
SPECIAL = [0, 1, ORDER - 1, ORDER, ORDER + 1, FIELD, FIELD - ORDER, 2**256 - 1]
SIGNED = ".".join(
    encode(json.dumps(part).encode()) for part in (HEADER, claims(sub=CALLER.id, client_id=CALLER.client))
)


@pytest.mark.parametrize("first", SPECIAL)
@pytest.mark.parametrize("second", SPECIAL)
def test_psychic_signatures_are_no_signatures(first: int, second: int) -> None:
    signature = first.to_bytes(32, "big") + second.to_bytes(32, "big")
    assert refusal(ROOM.authenticate(f"{SIGNED}.{encode(signature)}", START)) == "signature-invalid"


@pytest.mark.parametrize("length", [1, 32, 63, 65, 96, 128, 512])
def test_a_signature_of_another_length_is_none(length: int) -> None:
    assert refusal(ROOM.authenticate(f"{SIGNED}.{encode(bytes(length))}", START)) == "signature-invalid"


def test_a_der_signature_is_none() -> None:
    assert (
        refusal(ROOM.authenticate(f"{SIGNED}.{encode(encode_dss_signature(1, 1))}", START))
        == "signature-invalid"
    )


def test_a_signature_of_other_claims_is_none() -> None:
    other = token().rpartition(".")[2]
    assert refusal(ROOM.authenticate(f"{SIGNED}.{other}", START)) == "signature-invalid"
