"""Somebody who writes tokens that two readers read differently."""

import json

import pytest

from bartizan.access.outcome import Authenticated
from tests.access.house import CALLER, access, refusal
from tests.identity.forge import HEADER, START, claims, encode, raw, token

ROOM = access()
HEAD = json.dumps(HEADER).encode()
BODY = claims(sub=CALLER.id, client_id=CALLER.client)


def body(text: str) -> str:
    """Return an honestly signed token whose payload is this text in place of the last brace."""
    return raw(HEAD, (json.dumps(BODY)[:-1] + text).encode())


@pytest.mark.parametrize("claim", BODY)
def test_a_claim_that_stands_twice_is_refused_although_signed(claim: str) -> None:
    again = json.dumps({claim: BODY[claim]})[1:]
    assert refusal(ROOM.authenticate(body(", " + again), START)) == "token-malformed"


def test_a_key_that_stands_twice_at_any_depth_is_refused() -> None:
    assert refusal(ROOM.authenticate(body(', "x": [{"a": {"b": 1, "b": 2}}]}'), START)) == "token-malformed"
    assert refusal(ROOM.authenticate(body(', "s\\u0075b": "workload.drill"}'), START)) == "token-malformed"


def test_a_header_member_that_stands_twice_is_refused() -> None:
    twice = HEAD[:-1] + b', "alg": "none"}'
    assert refusal(ROOM.authenticate(raw(twice, json.dumps(BODY).encode()), START)) == "token-malformed"


@pytest.mark.parametrize(
    "text", [', "x": NaN}', ', "x": Infinity}', ', "x": -Infinity}', "} {}", ",}", "", "}\0"]
)
def test_what_is_nearly_json_is_refused(text: str) -> None:
    assert refusal(ROOM.authenticate(body(text), START)) == "token-malformed"


def test_text_that_is_not_utf8_is_refused() -> None:
    assert refusal(ROOM.authenticate(raw(HEAD, b'{"iss": "\xff"}'), START)) == "token-malformed"
    utf16 = json.dumps(BODY).encode("utf-16")
    assert refusal(ROOM.authenticate(raw(HEAD, utf16), START)) == "token-malformed"
    marked = b"\xef\xbb\xbf" + json.dumps(BODY).encode()
    assert refusal(ROOM.authenticate(raw(HEAD, marked), START)) == "token-malformed"


def test_nesting_without_end_is_refused() -> None:
    assert refusal(ROOM.authenticate(raw(HEAD, b"[" * 5000), START)) == "token-malformed"
    assert refusal(ROOM.authenticate(raw(HEAD, b'{"a":' * 1000), START)) == "token-malformed"


def test_a_number_without_end_is_refused() -> None:
    assert refusal(ROOM.authenticate(body(f', "x": {"9" * 5000}}}'), START)) == "token-malformed"


def variants(honest: str) -> dict[str, str]:
    head, payload, signature = honest.split(".")
    spare = "B" if signature[-1] == "A" else chr(ord(signature[-1]) + 1)
    return {
        "padded": f"{head}.{payload}.{signature}==",
        "white space": f"{head}.{payload}.{signature}\n",
        "leading space": f" {honest}",
        "inner space": f"{head}. {payload}.{signature}",
        "standard alphabet": f"{head}.{payload}.{signature[:-2]}+/",
        "spare bits set": f"{head}.{payload}.{signature[:-1]}{spare}",
        "a fourth part": f"{honest}.{signature}",
        "five parts": f"{honest}..",
        "empty header": f".{payload}.{signature}",
        "empty payload": f"{head}..{signature}",
        "full-width": honest.replace("e", "\uff45", 1),
        "nul": f"{head}.{payload}\0.{signature}",
        "json form": json.dumps({"protected": head, "payload": payload, "signature": signature}),
    }


HONEST = token(payload=BODY)


@pytest.mark.parametrize("variant", variants(HONEST).values(), ids=variants(HONEST))
def test_one_token_has_one_spelling(variant: str) -> None:
    assert isinstance(ROOM.authenticate(HONEST, START), Authenticated)
    assert refusal(ROOM.authenticate(variant, START)) == "token-malformed"


def test_a_header_that_spells_itself_otherwise_is_another_token() -> None:
    spaced = json.dumps(HEADER, indent=1).encode()
    head, payload, signature = HONEST.split(".")
    assert head != encode(spaced)
    assert refusal(ROOM.authenticate(f"{encode(spaced)}.{payload}.{signature}", START)) == "signature-invalid"
