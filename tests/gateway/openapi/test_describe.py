"""Descriptions: each fault with its place, and each feature that is not judged leaves its operation out by name."""

import copy
from typing import Any

import pytest

from bartizan.gateway.openapi.describe import described
from bartizan.gateway.openapi.document import DocumentInvalid
from tests.gateway.openapi.pets import DOCUMENT, parameter, takes


def changed(*path: str | int, value: object) -> dict[str, Any]:
    document = copy.deepcopy(DOCUMENT)
    at: Any = document
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return document


def faults(document: object) -> str:
    with pytest.raises(DocumentInvalid) as caught:
        described(document)
    return str(caught.value)


def test_an_operation_that_is_not_judged_is_left_out_by_name() -> None:
    (left,) = described(DOCUMENT).left_out
    assert left.pointer == "/paths/~1photo/post"
    assert "only multipart/form-data" in left.what


GET = ("paths", "/pets", "get")


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("openapi",), "2.0", "/openapi must be a version 3.0.x or 3.1.x"),
        (("openapi",), 3.0, "/openapi must be a version"),
        (("paths",), None, "/paths must be an object"),
        (
            ("paths", "/pets", "post", "operationId"),
            "listPets",
            "/paths/~1pets/post/operationId is the id of another",
        ),
        ((*GET, "operationId"), "list pets", "/paths/~1pets/get/operationId must be of 1 to 128"),
        ((*GET, "parameters"), {}, "/paths/~1pets/get/parameters must be an array"),
        ((*GET, "parameters", 0, "in"), "body", "/paths/~1pets/get/parameters/0 must have"),
        ((*GET, "parameters", 0, "schema"), None, "/paths/~1pets/get/parameters/0 must have a `schema`"),
        (
            (*GET, "parameters", 0),
            {"$ref": "#/nowhere"},
            "parameters/0/$ref refers to something that is not there",
        ),
        (("paths", "/pets/{other}"), {"get": {}}, "/paths/~1pets~1{other}/get has a path with {other}"),
        (("components", "schemas", "Pet", "type"), "objekt", "is no schema"),
        (
            ("components", "schemas", "Pet"),
            {"$ref": "https://example.com/pet"},
            "outside of this description",
        ),
        (("components", "schemas", "Pet"), {"$ref": "other.yaml#/Pet"}, "outside of this description"),
        (("components", "schemas", "Pet"), {"$ref": "#/components/schemas/Pet"}, "refers to itself"),
        (
            ("paths", "/pets/{name}"),
            {"get": {"parameters": [parameter("name", "path", {"type": "string"})]}},
            "which the same request could mean",
        ),
    ],
)
def test_a_fault_of_the_description_has_its_pointer(
    path: tuple[str | int, ...], value: object, said: str
) -> None:
    assert said in faults(changed(*path, value=value))


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ((*GET, "parameters", 0), parameter("a", "cookie", {"type": "string"}), "no cookie goes on"),
        ((*GET, "parameters", 0), parameter("Host", "header", {"type": "string"}), "keeps to itself"),
        (
            (*GET, "parameters", 0),
            parameter("X-HTTP-Method-Override", "header", {"enum": ["DELETE"]}),
            "keeps to itself",
        ),
        (
            (*GET, "parameters", 0),
            parameter("X-Original-URL", "header", {"type": "string"}),
            "keeps to itself",
        ),
        (
            (*GET, "parameters", 0),
            parameter("a", "query", {"type": "object"}),
            "of a kind that is not judged",
        ),
        ((*GET, "parameters", 0, "style"), "deepObject", "is a style that is not judged"),
        ((*GET, "parameters", 0, "schema"), {"type": ["integer", "string"]}, "no single simple type"),
        (("paths", "/pets", "get", "parameters", 4, "schema", "pattern"), "(?=a)b", "more than linear time"),
        (
            ("paths", "/pets", "get", "parameters", 0, "schema", "minimun"),
            1,
            "is a keyword that is not judged",
        ),
    ],
)
def test_a_feature_that_is_not_judged_leaves_its_operation_out(
    path: tuple[str | int, ...], value: object, said: str
) -> None:
    found = described(changed(*path, value=value))
    assert "listPets" not in [one.id for one in found.operations]
    assert [one.pointer for one in found.left_out if said in one.what] == ["/paths/~1pets/get"]


def test_operations_without_an_id_have_a_name_of_their_own() -> None:
    document = {
        "openapi": "3.1.0",
        "paths": {"/a-b": {"get": {}}, "/a/b": {"get": {}}, "/123": {"delete": {}}},
    }
    assert [one.name for one in described(document).operations] == ["get-a-b", "get-a-b-2", "delete-123"]


def test_a_required_body_of_a_delete_leaves_it_out() -> None:
    document = {"openapi": "3.1.0", "paths": {"/a": {"delete": {"requestBody": takes({})}, "get": {}}}}
    assert [one.pointer for one in described(document).left_out] == ["/paths/~1a/delete"]
