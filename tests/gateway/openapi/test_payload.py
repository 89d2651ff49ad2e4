"""Bodies: what the schema takes arrives equal, every digit of it; a single change is refused where it is."""

import copy
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.gateway.faults import Refusal
from tests.gateway.openapi.pets import of_body, route

READER = route(b"/pets", b"POST").reader
WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=40)
PRICES = st.one_of(
    st.integers(1, 10**30), st.decimals("0.01", "99999999999999999999", places=2, allow_nan=False)
)
TAGS = st.lists(st.fixed_dictionaries({"k": st.one_of(st.none(), WORDS)}), max_size=5)
FLAT = st.fixed_dictionaries(
    {"name": WORDS, "price": PRICES},
    optional={
        "kind": st.sampled_from(["cat", "dog"]),
        "born": st.dates().map(lambda day: day.isoformat()),
        "tags": TAGS,
    },
)
PETS = st.recursive(
    FLAT, lambda inner: st.tuples(FLAT, inner).map(lambda two: {**two[0], "parent": two[1]}), max_leaves=4
)


def encoded(value: object) -> bytes:
    """Return JSON with numbers as they are written."""
    marked = json.dumps(value, default=lambda number: f"\x00{number}\x00")
    return marked.replace('"\\u0000', "").replace('\\u0000"', "").encode()


def exact(octets: bytes) -> object:
    return json.loads(octets, parse_float=Decimal, parse_int=Decimal)


def refused(body: bytes) -> tuple[str, str]:
    with pytest.raises(Refusal) as caught:
        READER.read(body)
    assert caught.value.status in (400, 413, 422)
    return caught.value.reason, caught.value.param


@given(PETS)
def test_what_the_schema_takes_arrives_equal_to_every_digit(pet: dict[str, Any]) -> None:
    sent = encoded(pet)
    assert exact(READER.read(sent).octets) == exact(sent)


CHANGES: dict[str, Any] = {
    "name": 1,
    "price": "1",
    "kind": "fish",
    "born": "2020-13-01",
    "tags": {},
    "id": 1,
    "unknown": 1,
    "parent": [],
}


@given(PETS, st.sampled_from(sorted(CHANGES)), st.integers(0, 3))
def test_a_single_change_is_refused_where_it_is(pet: dict[str, Any], member: str, depth: int) -> None:
    changed = copy.deepcopy(pet)
    place, at = "", changed
    while depth and "parent" in at:
        place, at, depth = f"{place}/parent", at["parent"], depth - 1
    at[member] = CHANGES[member]
    assert refused(encoded(changed)) == ("body-invalid", f"{place}/{member}")


@given(PETS, st.sampled_from(["name", "price"]))
def test_what_is_missing_is_named(pet: dict[str, Any], member: str) -> None:
    assert refused(encoded({key: value for key, value in pet.items() if key != member})) == (
        "body-invalid",
        f"/{member}",
    )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"name":"a","price":1,"tags":[{"k":"x"},{"k":1}]}', ("body-invalid", "/tags/1/k")),
        (b'{"name":"a","price":1,"a/b~c":1}', ("body-invalid", "/a~1b~0c")),
        (b'{"name":"a","price":1}x', ("json-malformed", "")),
        (b'{"name":"a","price":NaN}', ("json-malformed", "")),
        (b"", ("json-malformed", "")),
        (b"[]", ("body-invalid", "")),
    ],
)
def test_faults_are_named_by_pointer(body: bytes, said: tuple[str, str]) -> None:
    assert refused(body) == said


def test_a_body_may_be_absent_where_it_is_not_required() -> None:
    assert route(b"/pets/1", b"PATCH").reader.read(b"").octets == b""
    assert route(b"/pets/1", b"PATCH").reader.read(b'{"free":[1]}').octets == b'{"free":[1]}'


def test_an_object_is_closed_across_the_schemas_that_describe_it() -> None:
    base = {"type": "object", "properties": {"a": {"type": "integer"}}}
    schema = {"allOf": [{"$ref": "#/components/schemas/Base"}, {"properties": {"b": {"type": "integer"}}}]}
    reader = of_body(schema, Base=base).reader
    assert reader.read(b'{"a":1,"b":2}').octets == b'{"a":1,"b":2}'
    with pytest.raises(Refusal) as caught:
        reader.read(b'{"a":1,"c":2}')
    assert caught.value.param == "/c"
    free = of_body({**base, "additionalProperties": True}).reader
    assert free.read(b'{"c":2}').octets == b'{"c":2}'


@pytest.mark.parametrize(
    ("around", "body"),
    [
        ("items", "[%s]"),
        ("prefixItems", "[%s]"),
        ("unevaluatedItems", "[%s]"),
        ("additionalProperties", '{"x":%s}'),
        ("patternProperties", '{"x":%s}'),
        ("unevaluatedProperties", '{"x":%s}'),
    ],
)
def test_an_object_is_closed_wherever_it_stands(around: str, body: str) -> None:
    inner: Any = {"type": "object", "properties": {"a": {"type": "integer"}}}
    reader = of_body(
        {around: {"prefixItems": [inner], "patternProperties": {"^x": inner}}.get(around, inner)}
    ).reader
    taken = (body % '{"a":1}').encode()
    assert reader.read(taken).octets == taken
    with pytest.raises(Refusal):
        reader.read((body % '{"a":1,"admin":true}').encode())
