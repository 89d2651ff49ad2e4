"""Somebody who sends tokens without a signature, or with the algorithm `none`."""

import json

import pytest

from tests.access.house import CALLER, access, refusal
from tests.identity.forge import HEADER, START, claims, encode

ROOM = access()


def unsigned(header: dict[str, str], signature: str) -> str:
    body = claims(sub=CALLER.id, client_id=CALLER.client)
    return f"{encode(json.dumps(header).encode())}.{encode(json.dumps(body).encode())}.{signature}"


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", "", "unsecured"])
@pytest.mark.parametrize("signature", ["", "AA", encode(b"\0" * 64)])
def test_no_spelling_of_none_gets_in(algorithm: str, signature: str) -> None:
    reason = refusal(ROOM.authenticate(unsigned(HEADER | {"alg": algorithm}, signature), START))
    assert reason in {"algorithm-refused", "token-malformed"}


def test_a_token_without_its_signature_does_not_get_in() -> None:
    honest = unsigned(HEADER, "")
    for token in (honest, honest.rstrip("."), honest + "."):
        assert refusal(ROOM.authenticate(token, START)) == "token-malformed"
