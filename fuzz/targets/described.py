"""A described service: whatever target and body, what goes on is what was judged, of an operation that is described.

The first octet chooses the method, and whether lines of the head stand between the target and the body, with a `+`
for a line feed; line feeds part them.
"""

import json
import re
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

from bartizan.gateway.faults import FAULTS, Refusal
from bartizan.gateway.request import HeadReader
from bartizan.gateway.routes import Routes
from bartizan.gateway.service import ServiceRoute
from fuzz.target import Target

_METHODS = (b"GET", b"POST", b"DELETE", b"PUT")
_PET = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "maxLength": 9},
        "price": {"type": "number", "minimum": 0},
        "tags": {"type": "array", "items": {"type": "object", "properties": {"k": {"type": "string"}}}},
        "parent": {"$ref": "#/components/schemas/Pet"},
    },
}


def _parameter(name: str, where: str, schema: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401 - as described
    return {"name": name, "in": where, "required": where == "path", "schema": schema} | more


_BODY = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}}}
_DOCUMENT = {
    "openapi": "3.1.0",
    "paths": {
        "/pets": {
            "get": {
                "parameters": [
                    _parameter("q", "query", {"type": "string"}),
                    _parameter("n", "query", {"type": "number"}),
                    _parameter(
                        "ids", "query", {"type": "array", "items": {"type": "integer"}}, explode=False
                    ),
                    _parameter("r", "query", {"type": "array", "items": {"type": "boolean"}}),
                    _parameter("X-Count", "header", {"type": "integer", "maximum": 99}),
                    _parameter("X-Note", "header", {"type": "string"}),
                ]
            },
            "post": {"requestBody": _BODY},
        },
        "/pets/mine": {
            "get": {
                "parameters": [
                    _parameter("since", "query", {"type": "string", "maxLength": 9}, required=True),
                    _parameter("X-Ok", "header", {"type": "boolean"}, required=True),
                ]
            },
            "delete": {},
        },
        "/pets/{id}/{note}": {
            "parameters": [
                _parameter("id", "path", {"type": "integer"}),
                _parameter("note", "path", {"type": "string"}),
            ],
            "get": {},
            "put": {"requestBody": _BODY},
            "delete": {},
        },
    },
    "components": {"schemas": {"Pet": _PET}},
}
_ROUTES = Routes([ServiceRoute("s", "s", protocol="http", base="/b", description=json.dumps(_DOCUMENT))], "s")
_HEADS = HeadReader(["localhost"], _ROUTES.told)
_POSITIONS = re.compile(r"/[^/]*(?=/)|[0-9]")
_LINES = re.compile(rb"(?:x-count: -?[0-9]{1,18}\r\n)?(?:x-note: [\x20-\x7e]+\r\n)?|x-ok: (?:true|false)\r\n")
_WAY = re.compile(rb"/b/pets(?:/mine|/-?[0-9]+/[A-Za-z0-9._~%-]+)?(?:\?[A-Za-z0-9._~%=&,-]+)?")


def run(data: bytes) -> str:
    if not data:
        return "nothing"
    method = _METHODS[data[0] % len(_METHODS)]
    target, _, body = data[1:].partition(b"\n")
    lines = b""
    if data[0] & 4:
        lines, _, body = body.partition(b"\n")
    length = b"\r\nContent-Length: %d" % len(body) if method in (b"POST", b"PUT") else b""
    lines = length + b"".join(b"\r\n" + line for line in lines.split(b"+") if line)
    try:
        head = _HEADS.read(b"%b %b HTTP/1.1\r\nHost: localhost%b" % (method, target, lines))
        route = _ROUTES.of(head)
        octets = route.reader.read(body).octets if length else b""
    except Refusal as fault:
        assert fault.reason in FAULTS
        assert 400 <= fault.status < 510
        return (
            fault.reason
            if fault.reason.endswith("-unknown")
            else f"{fault.reason} {_POSITIONS.sub('', fault.param)}"
        )
    assert _WAY.fullmatch(route.upstream_path)
    path = route.upstream_path.decode().partition("?")[0].split("/")
    for part in path[1:]:
        twice = unquote(unquote(part))
        assert part
        assert twice.partition(";")[0] not in (".", "..")
        assert not set("/\\?#\x00\r\n") & set(twice)
    assert _LINES.fullmatch(route.lines)
    for name, value in (line.split(b": ", 1) for line in route.lines.splitlines()):
        came = head.fields[name].decode()
        assert came == value.decode() or (name == b"x-count" and int(came) == int(value))
    if octets:
        assert _exact(octets) == _exact(body)
    return f"{route.name} {len(octets) > 0} {route.lines.count(b':')}"


def _exact(octets: bytes) -> object:
    return json.loads(octets, parse_float=Decimal, parse_int=Decimal)


TARGET = Target(
    modules=(
        *(f"bartizan.gateway.openapi.{name}" for name in ("api", "payload", "target", "values")),
        "bartizan.gateway.request",
    ),
    run=run,
    seeds=(
        b"\0/pets",
        b"\0/s/pets?q=a%20b+c&n=1.50&ids=1,2",
        b"\0/pets/mine",
        b"\0/pets/1/caf%C3%A9",
        b"\2/pets/-1/x",
        b'\1/pets\n{"name":"a","price":1.50,"tags":[{"k":"x"}]}',
        b'\3/pets/1/x\n{"name":"a","parent":{"name":"b"}}',
        b"\3/pets/1/x\n",
        b"\4/pets?r=true&r=false\nX-Count: 9+x-note: a b",
        b"\4/pets?q=a&q=b\nX-Count: 100",
        b"\4/pets/mine?since=x\nX-Ok: true",
        b"\0/s/pets/mine?since=x",
        b"\4/pets/mine\nX-Ok: 1",
        b"\1/pets/mine?since=",
    ),
    words=(
        b"%2e", b"%2F", b"%25", b"%00", b"%C3%A9", b"%", b"?", b"&", b"=", b"q=", b"n=1e5", b"ids=1,2", b"r=true", b"since=", b"X-Count: ", b"X-Note: ", b"X-Ok: false", b"+", b"/pets", b"/../",
        b'{"name":"a"', b'"price":', b'"tags":[', b'"parent":', b"1e-7", b"-0", b"\\u0061", b"}", b"\n",
    ),
    longest=256,
)  # fmt: skip
