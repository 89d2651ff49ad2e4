"""Targets of requests: what a route takes goes on as it was judged, and nothing of another path or parameter.

The first octet chooses the method.
"""

import re
from urllib.parse import parse_qsl, urlsplit

from bartizan.gateway.faults import FAULTS, Refusal
from bartizan.gateway.request import HeadReader
from bartizan.gateway.routes import Routes
from bartizan.gateway.service import ServiceRoute
from fuzz.target import Target

_METHODS = (b"GET", b"POST", b"DELETE", b"HEAD", b"PUT")
_ROUTES = Routes(
    [
        ServiceRoute("plain", "plain.example"),
        ServiceRoute("claude", "claude.example", "anthropic"),
        ServiceRoute("az", "az.example", "azure", "/openai"),
        ServiceRoute("control", "control", "control", ""),
        ServiceRoute("edge", "edge", "ext-authz"),
    ],
    "plain",
)
_HEADS = HeadReader(["localhost"])
_PLAIN = re.compile(rb"[A-Za-z0-9._~:/?=&%-]*")


def run(data: bytes) -> str:
    if not data:
        return "nothing"
    method, target = _METHODS[data[0] % len(_METHODS)], data[1:]
    length = b"\r\nContent-Length: 0" if method in (b"POST", b"PUT") else b""
    try:
        head = _HEADS.read(b"%b %b HTTP/1.1\r\nHost: localhost%b" % (method, target, length))
        route = _ROUTES.of(head)
    except Refusal as fault:
        assert fault.reason in FAULTS
        assert 400 <= fault.status < 510
        return f"{fault.reason} {fault.param}"
    assert head.path + (b"?" + head.query if head.query else b"") == target
    assert route.method in (method, b"GET" if method == b"HEAD" else method)
    if not route.asked:
        assert _PLAIN.fullmatch(route.upstream_path)
        sent, forwarded = urlsplit(target.decode()), urlsplit(route.upstream_path.decode())
        assert parse_qsl(sent.query) == parse_qsl(forwarded.query)
        assert forwarded.path.removeprefix(route.service.base) in sent.path
        assert not {".", "..", "{}"} & set(forwarded.path.split("/"))
    return f"{route.name} {route.service.name} {len(head.query)}"


TARGET = Target(
    modules=("bartizan.gateway.routes", "bartizan.gateway.query", "bartizan.gateway.request"),
    run=run,
    seeds=(
        b"\0/v1/models",
        b"\0/plain/v1/models/ft:m:org::x",
        b"\0/v1/responses/resp_1?include%5B%5D=a.b&stream=true&starting_after=1",
        b"\0/v1/responses/resp_1/input_items?limit=2&order=asc&after=x",
        b"\2/v1/responses/resp_1",
        b"\1/v1/responses/resp_1/cancel",
        b"\1/claude/v1/messages?beta=true",
        b"\0/claude/v1/models?limit=20&after_id=x",
        b"\1/az/openai/deployments/gpt-x/chat/completions?api-version=2024-10-21",
        b"\0/az/openai/v1/models?api-version=preview",
        b"\0/ext-authz/edge/anything",
    ),
    words=(
        b"?", b"&", b"=", b"%5B%5D", b"[]", b"%2e", b"//", b"/../", b"/.", b":", b"{}", b"/v1/", b"/openai/", b"/az", b"/claude",
        b"api-version=2024-10-21", b"limit=1", b"stream=true", b"include", b"deployments/", b"responses/", b"/cancel", b"/input_items",
    ),
    longest=256,
)  # fmt: skip
