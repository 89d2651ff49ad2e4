"""Somebody who puts a key, or the address of one, into the token's header, and signs with it."""

from typing import Any

import pytest

from tests.access.house import access, refusal
from tests.identity.forge import HEADER, START, STRANGER, public, token

ROOM = access()
HEADERS: dict[str, dict[str, Any]] = {
    "jwk": {"jwk": public(STRANGER)},
    "jku": {"jku": "https://evil.example/jwks"},
    "x5u": {"x5u": "https://evil.example/chain.pem"},
    "x5c": {"x5c": ["MIIB"]},
    "x5t": {"x5t": "AAAA"},
    "crit": {"crit": ["exp"], "exp": 1},
    "b64": {"b64": False, "crit": ["b64"]},
    "zip": {"zip": "DEF"},
    "cty": {"cty": "JWT"},
}


@pytest.mark.parametrize("extra", HEADERS.values(), ids=HEADERS)
def test_a_header_with_more_than_three_members_is_refused(extra: dict[str, Any]) -> None:
    assert refusal(ROOM.authenticate(token(HEADER | extra, key=STRANGER), START)) == "token-header-refused"
    assert refusal(ROOM.authenticate(token(HEADER | extra), START)) == "token-header-refused"


@pytest.mark.parametrize(
    "kid",
    [
        "two",
        "ONE",
        "one ",
        "",
        "../../keys/token.pem",
        "/dev/null",
        "one' OR '1'='1",
        "https://evil.example/key",
        "\x00",
        "__class__",
    ],
)
def test_a_key_id_is_a_name_and_nothing_to_open(kid: str) -> None:
    assert refusal(ROOM.authenticate(token(HEADER | {"kid": kid}), START)) == "key-unknown"


@pytest.mark.parametrize("kid", [None, 1, ["one"], {"one": 1}, True])
def test_a_key_id_is_text(kid: object) -> None:
    assert refusal(ROOM.authenticate(token(HEADER | {"kid": kid}), START)) == "token-header-refused"


@pytest.mark.parametrize("kind", ["JWT", "jwt", "dpop+jwt", "at+jwt;x", "", "logout+jwt", "application/jwt"])
def test_a_token_of_another_type_is_refused(kind: str) -> None:
    assert refusal(ROOM.authenticate(token(HEADER | {"typ": kind}), START)) == "token-header-refused"


def test_a_stranger_who_uses_our_key_id_is_refused() -> None:
    assert refusal(ROOM.authenticate(token(key=STRANGER), START)) == "signature-invalid"
