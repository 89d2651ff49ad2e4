"""An adversary sends a described service bodies that should be slow to judge, or be read in two ways."""

import time

import pytest

from bartizan.gateway.faults import Refusal
from bartizan.gateway.openapi.describe import described
from bartizan.gateway.openapi.document import DocumentInvalid
from tests.gateway.openapi.pets import of_body, route, takes

PATIENCE_S = 20
"""Far more than a body of these takes, far less than an exponential one would."""


def refused(schema: object, body: bytes, **components: object) -> str:
    reader = of_body(schema, **components).reader
    started = time.monotonic()
    with pytest.raises(Refusal) as caught:
        reader.read(body)
    assert time.monotonic() - started < PATIENCE_S
    return caught.value.reason


@pytest.mark.parametrize("pattern", ["^(a+)+$", "^(a|a)*$", "^(.*a){12}$", "^(a|aa)+$"])
def test_expressions_take_linear_time(pattern: str) -> None:
    body = b'"%b!"' % (b"a" * 50_000)
    assert refused({"type": "string", "pattern": pattern}, body) == "body-invalid"


def test_a_schema_that_doubles_at_every_level_is_not_served() -> None:
    node = {"$ref": "#/components/schemas/Node"}
    branches = [{"properties": {"c": node}}, {"properties": {"c": node, "d": {}}}, {"type": "string"}]
    document = {
        "openapi": "3.1.0",
        "paths": {"/x": {"post": {"requestBody": takes(node)}, "get": {}}},
        "components": {"schemas": {"Node": {"anyOf": branches}}},
    }
    (left,) = described(document).left_out
    assert "exponential time" in left.what
    document["components"] = {
        "schemas": {
            "Node": {"allOf": [{"$ref": "#/components/schemas/Other"}, branches[0]]},
            "Other": branches[1],
        }
    }
    assert "exponential time" in described(document).left_out[0].what


def test_a_schema_that_refers_to_itself_once_is_judged_to_the_bound_of_nesting() -> None:
    node = {"$ref": "#/components/schemas/Node"}
    json_value = {
        "anyOf": [
            {"type": ["string", "number", "boolean", "null"]},
            {"type": "array", "items": node},
            {"type": "object", "additionalProperties": node},
        ]
    }
    reader = of_body(node, Node=json_value).reader
    deep = b'{"a":[' * 31 + b"1" + b"]}" * 31
    assert reader.read(deep).octets == deep
    assert refused(node, b"[" * 65 + b"]" * 65, Node=json_value) == "json-too-deep"
    tree = {"oneOf": [{"type": "object", "properties": {"c": node}}, {"type": "string"}]}
    assert refused(node, b'{"c":' * 60 + b"1" + b"}" * 60, Node=tree) == "body-invalid"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"a":1,"a":2}', "json-member-repeated"),
        (b'{"a":1,"\\u0061":2}', "json-member-repeated"),
        (b'[{"b":{"c":1,"c":1}}]', "json-member-repeated"),
        (b"1e999999999", "json-number-range"),
        (b"1e-999999999", "json-number-range"),
        (b"9" * 5000, "json-number-range"),
        (b"[1e400000]", "json-number-range"),
        (b"NaN", "json-malformed"),
        (b"-Infinity", "json-malformed"),
        (b'"\\ud800"', "json-malformed"),
        (b'"\xff"', "json-malformed"),
        (b"\xef\xbb\xbf1", "json-malformed"),
    ],
)
def test_a_body_with_two_readings_is_refused(body: bytes, reason: str) -> None:
    assert refused({}, body) == reason


def test_a_number_goes_on_as_it_came() -> None:
    for number in (
        b"12345678901234567890123",
        b"0.1000000000000000055511151231257827",
        b"1E+2",
        b"-0.0",
        b"9007199254740993",
    ):
        assert of_body({"type": "number"}).reader.read(number).octets == number


def test_a_value_that_is_only_read_is_not_assigned_and_not_repeated_to_the_client() -> None:
    with pytest.raises(Refusal) as caught:
        route(b"/pets", b"POST").reader.read(b'{"name":"a","price":1,"id":4711}')
    assert (caught.value.reason, caught.value.param) == ("body-invalid", "/id")
    assert "4711" not in caught.value.what


def test_nothing_outside_of_a_description_is_fetched() -> None:
    for target in ("https://127.0.0.1:9/x.json", "file:///etc/passwd", "//127.0.0.1/x", "other.json#/x"):
        with pytest.raises(DocumentInvalid) as caught:
            of_body({"$ref": target})
        assert "outside of this description" in str(caught.value)
    for name in ("$id", "$dynamicRef", "$schema", "$anchor"):
        with pytest.raises(DocumentInvalid) as caught:
            of_body({name: "http://127.0.0.1:9/x"})
        assert "keyword that is not judged" in str(caught.value)
