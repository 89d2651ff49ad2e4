"""The document of the Admin API is OpenAPI 3.1, whole, and says what the table says."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it ships no types

from bartizan.admin.document import document
from bartizan.admin.route import PREFIX, AnyRoute, Tag
from bartizan.admin.table import ROUTES
from bartizan.gateway.openapi.describe import described
from tests.admin import examples

SAID = document(ROUTES, "https://localhost:8443")
ALL = document(ROUTES, local=True)


def schemas(value: Any) -> list[Any]:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        own = [value["schema"]] if "schema" in value else []
        return own + [found for inner in value.values() for found in schemas(inner)]
    return [found for inner in value for found in schemas(inner)] if isinstance(value, list) else []


def validator(schema: Any) -> Any:  # noqa: ANN401 - it ships no types  # noqa: ANN401 - JSON
    return Draft202012Validator({**schema, "components": ALL["components"]})


def test_every_schema_is_one_and_every_reference_leads_somewhere() -> None:
    found = [*schemas(ALL["paths"]), *ALL["components"]["schemas"].values()]
    assert len(found) > 60
    for schema in found:
        Draft202012Validator.check_schema(schema)
    names = json.dumps(ALL).split('"$ref": "#/components/schemas/')[1:]
    assert {name.split('"')[0] for name in names} <= set(ALL["components"]["schemas"])
    assert r"\A" not in json.dumps(ALL)  # which is no anchor to anybody but Python


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_a_route_stands_there_as_it_is(route: AnyRoute) -> None:
    said = ALL["paths"][PREFIX + route.path][route.method.lower()]
    assert said["operationId"] == route.name
    needs = {each["name"] for each in said["parameters"] if each["required"]}
    assert ("If-Match" in needs) is (route.tag is Tag.NEEDED)
    assert str(route.status) in said["responses"]
    assert {"401", "403"} <= set(said["responses"])
    if route.takes_body:
        schema = said["requestBody"]["content"]["application/json"]["schema"]
        validator(schema).validate(json.loads(examples.body(route)))
    assert (route.path in str(SAID["paths"])) or route.local


def test_what_is_the_owners_alone_is_not_described_to_others() -> None:
    told = {each["operationId"] for item in SAID["paths"].values() for each in item.values()}
    assert told == {each.name for each in ROUTES if not each.local}


def test_our_own_reader_of_descriptions_understands_it() -> None:
    found = described(json.loads(json.dumps(SAID)))
    needed = {each.name for each in ROUTES if each.tag is Tag.NEEDED}
    assert {each.id for each in found.operations} >= {
        each.name for each in ROUTES if not each.local
    } - needed  # a gateway keeps If-Match to itself
