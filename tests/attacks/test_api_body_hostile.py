"""An adversary sends a described service bodies that should be slow to judge, or be read in two ways."""

import time

import pytest

from bartizan.gateway.faults import Refusal
from bartizan.gateway.openapi.describe import described
from bartizan.gateway.openapi.document import DocumentInvalid
from tests.gateway.openapi.pets import of_body, route, takes

PATIENCE_S = 20
"""Seconds of a processor: far more than a body of these takes, far less than an exponential one would."""


def refused(schema: object, body: bytes, **components: object) -> str:
    reader = of_body(schema, **components).reader
    started = time.process_time()
    with pytest.raises(Refusal) as caught:
        reader.read(body)
    assert time.process_time() - started < PATIENCE_S
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


NODE = {"$ref": "#/components/schemas/Node"}
TREE = {"type": "object", "properties": {"c": NODE}}
LEAF = {"type": "string"}


@pytest.mark.parametrize(
    "node",
    [
        {"properties": {"c": NODE}, "patternProperties": {"^c": NODE}},
        {"properties": {"c": NODE}, "allOf": [{"additionalProperties": NODE}]},
        {"items": NODE, "contains": NODE},
        {"prefixItems": [NODE], "anyOf": [{"items": NODE}]},
        {"properties": {"c": {"anyOf": [NODE, {"allOf": [NODE]}]}}},
        {"properties": {"x": {"properties": {"c": NODE}}}, "not": {"properties": {"x": {"items": NODE}}}},
        {"properties": {"c": NODE}, "dependentSchemas": {"d": {"properties": {"c": NODE}}}},
        {"allOf": [{"anyOf": [TREE, LEAF]}]},
        {"oneOf": [{"allOf": [TREE]}, LEAF]},
        {"if": {"allOf": [TREE]}},
        {"allOf": [{"if": {"type": "object"}, "then": {"oneOf": [TREE, LEAF]}}]},
    ],
)
def test_no_way_to_double_at_every_level_is_served(node: dict[str, object]) -> None:
    with pytest.raises(DocumentInvalid) as caught:
        of_body(NODE, Node=node)
    assert "exponential time" in str(caught.value)


def test_a_branch_that_a_reference_leads_to_is_judged_in_time() -> None:
    reader = of_body(
        NODE, Node={"allOf": [{"$ref": "#/components/schemas/In"}]}, In={"anyOf": [TREE, LEAF]}
    ).reader
    deep = b'{"c":' * 60 + b'"x"' + b"}" * 60
    assert reader.read(deep).octets == deep


def test_a_schema_within_a_component_refers_to_itself_once_or_is_not_served() -> None:
    inner = {"$ref": "#/components/schemas/Node/$defs/In"}
    for once in (True, False):
        again: list[object] = [] if once else [{"properties": {"c": inner, "d": {}}}]
        node = {"$defs": {"In": {"anyOf": [{"type": "object", "properties": {"c": inner}}, LEAF, *again]}}}
        if once:
            body = b'{"c":{"c":"x"}}'
            assert of_body(inner, Node=node).reader.read(body).octets == body
        else:
            with pytest.raises(DocumentInvalid, match="exponential time"):
                of_body(inner, Node=node)


def test_names_of_members_are_judged_by_so_many_schemas_as_well() -> None:
    chain: dict[str, object] = {
        f"A{number}": {"anyOf": [{"$ref": f"#/components/schemas/A{number - 1}"}] * 2}
        for number in range(1, 11)
    }
    names = {"propertyNames": {"anyOf": [{"$ref": "#/components/schemas/A10"}] * 3}}
    with pytest.raises(DocumentInvalid, match="judged by more than 4096 schemas"):
        of_body(names, A0={"type": "integer"}, **chain)


@pytest.mark.parametrize("inner", [{}, {"properties": 1}])
def test_a_chain_that_doubles_at_every_step_is_not_served(inner: dict[str, object]) -> None:
    def step(number: int) -> dict[str, object]:
        one = {"$ref": f"#/components/schemas/A{number - 1}"}
        branch = {"properties": {"c": one}} if inner else one
        return {"anyOf": [branch, branch]}

    chain = {f"A{number}": step(number) for number in range(1, 40)} | {"A0": {"type": "string"}}
    for top in ("A16", "A39"):
        with pytest.raises(DocumentInvalid) as caught:
            of_body({"$ref": f"#/components/schemas/{top}"}, **chain)
        assert "judged by more than 4096 schemas" in str(caught.value)
    low = {"$ref": "#/components/schemas/A7"}
    assert refused(low, b'{"c":' * 7 + b"1" + b"}" * 7 if inner else b"1", **chain) == "body-invalid"


def test_a_chain_or_a_circle_of_references_is_not_followed_for_ever() -> None:
    for several in (1000, 1):
        chain: dict[str, object] = {
            f"A{number}": {"allOf": [{"$ref": f"#/components/schemas/A{(number + 1) % several}"}]}
            for number in range(several)
        }
        with pytest.raises(DocumentInvalid) as caught:
            of_body({"$ref": "#/components/schemas/A0"}, **chain)
        assert "over more than 64 references" in str(caught.value)


def test_three_hundred_schemas_that_all_lead_to_each_other_are_read_in_time() -> None:
    several: dict[str, object] = {
        f"A{number}": {
            "properties": {
                f"p{to}": {"$ref": f"#/components/schemas/A{(number * 7 + to) % 300}"} for to in range(20)
            }
        }
        for number in range(300)
    }
    body = b'{"p1":{"p2":{}}}'
    assert of_body({"$ref": "#/components/schemas/A0"}, **several).reader.read(body).octets == body


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


def test_a_member_that_is_only_read_by_way_of_another_schema_is_not_assigned() -> None:
    made = {"type": "string", "readOnly": True}
    schema = {"properties": {"at": {"allOf": [{"$ref": "#/components/schemas/Made"}]}, "name": {}}}
    assert refused(schema, b'{"name":"a","at":"now"}', Made=made) == "body-invalid"
    assert of_body(schema, Made=made).reader.read(b'{"name":"a"}').octets == b'{"name":"a"}'


def test_a_value_is_judged_as_what_its_discriminator_says_it_is() -> None:
    def pet(**members: object) -> dict[str, object]:
        return {"type": "object", "properties": {"kind": {"type": "string"}, **members}}

    cat, dog = {"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}
    told = {"propertyName": "kind", "mapping": {"kitten": "#/components/schemas/Cat", "cat": "Cat"}}
    known = {"Cat": pet(lives={"type": "integer"}), "Dog": pet(admin={"type": "boolean"})}
    for word in ("anyOf", "oneOf"):
        schema = {word: [cat, dog, {"type": "null"}], "discriminator": told}
        reader = of_body(schema, **known).reader
        for taken in (
            b'{"kind":"cat","lives":9}',
            b'{"kind":"kitten"}',
            b'{"kind":"Dog","admin":true}',
            b"null",
        ):
            assert reader.read(taken).octets == taken
        for hidden in (
            b'{"kind":"cat","admin":true}',
            b'{"kind":"Dog","lives":9}',
            b'{"kind":"Cat"}',
            b'{"admin":true}',
            b'{"kind":"bird"}',
        ):
            assert refused(schema, hidden, **known) == "body-invalid"
    with pytest.raises(DocumentInvalid) as caught:
        of_body({"anyOf": [cat, pet()], "discriminator": told}, **known)
    assert "a branch that is no reference alone" in str(caught.value)


def test_a_reference_with_an_escape_is_not_followed() -> None:
    schemas = {"A": {"properties": {"a%2Fb": {"type": "string"}, "a/b": {}}}}
    with pytest.raises(DocumentInvalid) as caught:
        of_body({"$ref": "#/components/schemas/A/properties/a%2Fb"}, **schemas)
    assert "refers to a schema elsewhere" in str(caught.value)


def test_nothing_outside_of_a_description_is_fetched() -> None:
    for target in ("https://127.0.0.1:9/x.json", "file:///etc/passwd", "//127.0.0.1/x", "other.json#/x"):
        with pytest.raises(DocumentInvalid) as caught:
            of_body({"$ref": target})
        assert "outside of this description" in str(caught.value)
    for name in ("$id", "$dynamicRef", "$schema", "$anchor"):
        with pytest.raises(DocumentInvalid) as caught:
            of_body({name: "http://127.0.0.1:9/x"})
        assert "keyword that is not judged" in str(caught.value)
