"""A small API as its owner describes it, with every kind of parameter that is judged."""

import json
from typing import Any

from bartizan.gateway.openapi.api import Asked, api
from bartizan.gateway.request import HeadReader
from bartizan.gateway.route import Route
from bartizan.gateway.routes import Routes
from bartizan.gateway.service import ServiceRoute

JSON = "application/json"


def parameter(name: str, where: str, schema: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"name": name, "in": where, "required": where == "path", "schema": schema, **more}


def takes(schema: object, *, required: bool = True) -> dict[str, Any]:
    return {"required": required, "content": {JSON: {"schema": schema}}}


PET = {
    "type": "object",
    "required": ["id", "name", "price"],
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "name": {"type": "string", "minLength": 1, "maxLength": 40},
        "price": {"type": "number", "minimum": 0, "exclusiveMinimum": True},
        "kind": {"enum": ["cat", "dog"]},
        "born": {"type": "string", "format": "date"},
        "tags": {"type": "array", "maxItems": 5, "items": {"$ref": "#/components/schemas/Tag"}},
        "parent": {"$ref": "#/components/schemas/Pet"},
    },
}
TAG = {"type": "object", "required": ["k"], "properties": {"k": {"type": "string", "nullable": True}}}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Pets", "version": "1"},
    "paths": {
        "/pets": {
            "get": {
                "operationId": "listPets",
                "parameters": [
                    parameter("limit", "query", {"type": "integer", "minimum": 1, "maximum": 100}),
                    parameter("q", "query", {"type": "string", "maxLength": 60}),
                    parameter("tag", "query", {"type": "array", "items": {"type": "string"}}),
                    parameter("ids", "query", {"type": "array", "items": {"type": "integer"}}, explode=False),
                    parameter("X-Tenant", "header", {"type": "string", "pattern": "^[a-z]+$"}),
                    parameter(
                        "words", "query", {"type": "array", "items": {"type": "string"}}, explode=False
                    ),
                ],
            },
            "post": {"operationId": "addPet", "requestBody": takes({"$ref": "#/components/schemas/Pet"})},
        },
        "/pets/mine": {"get": {"operationId": "myPets"}},
        "/pets/{petId}": {
            "parameters": [parameter("petId", "path", {"type": "integer"})],
            "get": {"operationId": "showPet"},
            "delete": {"operationId": "dropPet"},
            "put": {"operationId": "putPet", "requestBody": takes({"$ref": "#/components/schemas/Pet"})},
            "patch": {"operationId": "touchPet", "requestBody": takes({"type": "object"}, required=False)},
        },
        "/pets/{petId}/notes/{note}": {
            "get": {
                "operationId": "showNote",
                "parameters": [
                    parameter("petId", "path", {"type": "integer"}),
                    parameter("note", "path", {"type": "string", "maxLength": 60}),
                ],
            }
        },
        "/photo": {
            "post": {"operationId": "sendPhoto", "requestBody": {"content": {"multipart/form-data": {}}}}
        },
    },
    "components": {"schemas": {"Pet": PET, "Tag": TAG}},
}
ROUTES = Routes(
    [
        ServiceRoute("shop", "shop.example", protocol="http", base="/api", description=json.dumps(DOCUMENT)),
        ServiceRoute("plain", "plain.example"),
    ],
    "shop",
)
HEADS = HeadReader(["localhost"], ROUTES.told)


def route(target: bytes, method: bytes = b"GET", more: bytes = b"") -> Route:
    length = b"\r\nContent-Length: 2" if method in (b"POST", b"PUT", b"PATCH") else b""
    return ROUTES.of(HEADS.read(b"%b %b HTTP/1.1\r\nHost: localhost%b%b" % (method, target, length, more)))


def of_body(schema: object, **components: object) -> "Asked":
    """Return what a POST to the one path of a description asks for, whose body has this schema (OpenAPI 3.1)."""
    document = {
        "openapi": "3.1.0",
        "paths": {"/x": {"post": {"operationId": "x", "requestBody": takes(schema)}}},
        "components": {"schemas": components},
    }
    head = HeadReader(["localhost"]).read(b"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2")
    asked = api(json.dumps(document)).asked(b"/x", head)
    assert asked is not None
    return asked
