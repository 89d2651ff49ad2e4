"""The table of routes as OpenAPI 3.1.

Rules of this file: pure; everything stands in the table. What a route may answer is said for each: the statuses that all
routes share, and its own.
Source: OpenAPI 3.1.1; RFC 9457 for problems.
"""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec

from bartizan.admin.forms import Problem
from bartizan.admin.route import PREFIX, SEGMENTS, AnyRoute, Tag, parameters, pattern

VERSION: Final = "1"
_REF: Final = "#/components/schemas/{name}"
_PROBLEM: Final = "application/problem+json"
_EVERY: Final = (400, 401, 403, 429, 503)
"""What any call may be answered."""
_BODY: Final = (408, 413, 415, 422)
_ABOUT: Final = (
    "What the owner's commands ask of a running platform. Every call has a token for the audience bartizan:control, "
    "is decided by the policies, and is on record. Refusals are problem documents."
)


def document(routes: Iterable[AnyRoute], issuer: str = "", *, local: bool = False) -> dict[str, Any]:
    """Return the document.

    Args:
        routes: the table.
        issuer: the gateway's URL, where it is known.
        local: whether routes that are the owner's alone are among them.
    """
    listed = [route for route in routes if local or not route.local]
    types = [
        kind for route in listed for kind in (route.answer, *((route.body,) if route.takes_body else ()))
    ]
    _, schemas = msgspec.json.schema_components([*types, Problem], ref_template=_REF)
    paths: dict[str, dict[str, Any]] = {}
    for route in listed:
        paths.setdefault(PREFIX + route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.1",
        "info": {"title": "Bartizan Admin API", "version": VERSION, "description": _ABOUT},
        **({"servers": [{"url": issuer}]} if issuer else {}),
        "security": [{"bearer": []}, {"dpop": []}],
        "paths": paths,
        "components": {"schemas": _portable(dict(sorted(schemas.items()))), "securitySchemes": _SECURITY},
    }


def _portable(schema: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a schema whose patterns are those of JSON Schema: the anchors of Python's are not theirs."""
    if isinstance(schema, list):
        return [_portable(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: value.replace(r"\A", "^").replace(r"\Z", "$")
        if name == "pattern" and isinstance(value, str)
        else _portable(value)
        for name, value in schema.items()
    }


_SECURITY: Final = {
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "at+jwt"},
    "dpop": {"type": "http", "scheme": "dpop", "description": "RFC 9449: a token that is bound to a key"},
}


def _operation(route: AnyRoute) -> dict[str, Any]:
    said: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary,
        "tags": [route.path.split("/")[1].partition(".")[0]],
        "parameters": [*_path(route), *_query(route), *_fields(route)],
        "responses": {str(route.status): _success(route), **_refusals(route)},
        "x-bartizan-action": route.action,
    }
    if route.takes_body:
        schema = {"$ref": _REF.format(name=route.body.__name__)}
        said["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return said


def _path(route: AnyRoute) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "pattern": f"^{SEGMENTS[name]}$"},
        }
        for name in route.segments
    ]


def _query(route: AnyRoute) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "query", "required": False, "schema": _plain(kind)}
        for name, kind in parameters(route.query).items()
    ]


def _plain(kind: Any) -> dict[str, Any]:  # noqa: ANN401 - a type
    """Return the schema of a parameter, without references."""
    (schema,), components = msgspec.json.schema_components([kind], ref_template=_REF)
    reference = schema.get("$ref")
    found: dict[str, Any] = schema if reference is None else components[reference.rpartition("/")[2]]
    return {word: value for word, value in found.items() if word != "title"} | (
        {} if found.get("type") == "integer" else {"pattern": f"^(?:{pattern(kind)})$"}
    )


def _fields(route: AnyRoute) -> list[dict[str, Any]]:
    fields: list[dict[str, Any]] = []
    if route.tag is Tag.NEEDED:
        what = f"the ETag of {route.shows}, or * for whatever is there; without it the answer is 428"
        fields.append(
            {
                "name": "If-Match",
                "in": "header",
                "required": True,
                "schema": {"type": "string"},
                "description": what,
            }
        )
    if route.repeatable:
        what = "1 to 128 letters, digits and _ . : -; the same request with it again is not done again"
        schema = {"type": "string", "pattern": "^[A-Za-z0-9_.:-]{1,128}$"}
        fields.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "schema": schema,
                "description": what,
            }
        )
    return fields


def _success(route: AnyRoute) -> dict[str, Any]:
    (schema,), _ = msgspec.json.schema_components([route.answer], ref_template=_REF)
    said: dict[str, Any] = {"description": route.summary, "content": {route.media: {"schema": schema}}}
    headers: dict[str, Any] = {}
    if route.tag is Tag.SHOWN:
        headers["ETag"] = {"schema": {"type": "string"}, "description": "strong; for If-Match"}
    if route.repeatable:
        told = "true where this was answered before; what is shown once is left out then"
        headers["Idempotency-Replayed"] = {"schema": {"type": "string", "const": "true"}, "description": told}
    return said | ({"headers": headers} if headers else {})


def _refusals(route: AnyRoute) -> Mapping[str, Any]:
    several = {*_EVERY, *route.refusals}
    if route.takes_body:
        several |= set(_BODY)
    else:
        several |= {415, 422}
    if route.segments:
        several.add(404)
    if route.tag is Tag.NEEDED:
        several |= {412, 428}
    if route.repeatable:
        several |= {409, 422}
    problem = {"content": {_PROBLEM: {"schema": {"$ref": _REF.format(name="Problem")}}}}
    return {str(status): {"description": HTTPStatus(status).phrase, **problem} for status in sorted(several)}
