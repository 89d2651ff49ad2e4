"""Messages of a client of tools: one a request, of a known kind, and what goes on is what was judged."""

import base64
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import inspect

from bartizan.gateway.body import JsonBody
from bartizan.gateway.faults import Refusal
from bartizan.gateway.protocols.mcp import FAILED, METHODS, RESULT, MessageBody
from tests.gateway.drawn import changed, drawn, encoded, objects
from tests.gateway.tools import call, message

KINDS: dict[str, JsonBody] = {**METHODS, "an answer": RESULT, "a failure": FAILED}
READER = MessageBody()
EASY = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
VALUES = {"name": "a", "protocolVersion": "2025-11-25"}
"""Members of a form that is not drawn."""


def sent(kind: str, data: st.DataObject) -> dict[str, Any]:
    value: dict[str, Any] = data.draw(drawn(KINDS[kind].shape))
    if kind in METHODS:
        value["method"] = kind
    if kind in ("tools/call", "initialize"):
        value["params"] |= {name: said for name, said in VALUES.items() if name in value["params"]}
    return value


def refused(body: bytes) -> str:
    with pytest.raises(Refusal) as fault:
        READER.read(body)
    assert fault.value.status == 400
    return fault.value.reason


@pytest.mark.parametrize("kind", KINDS)
@EASY
@given(data=st.data())
def test_what_is_forwarded_says_what_was_sent(kind: str, data: st.DataObject) -> None:
    said = sent(kind, data)
    assert json.loads(READER.read(encoded(said)).octets) == said


@pytest.mark.parametrize("kind", KINDS)
@EASY
@given(data=st.data())
def test_an_unknown_field_is_refused_at_every_level(kind: str, data: st.DataObject) -> None:
    said = sent(kind, data)
    paths = list(objects(inspect.type_info(KINDS[kind].shape), said))
    assert (
        refused(encoded(changed(said, data.draw(st.sampled_from(paths)), {"surprise": 1}))) == "field-unknown"
    )


@pytest.mark.parametrize(
    ("method", "action"),
    [
        ("initialize", "use-mcp"),
        ("tools/list", "list-tools"),
        ("tools/call", "call-tool"),
        ("resources/read", "read-resource"),
        ("prompts/get", "get-prompt"),
        ("notifications/initialized", "use-mcp"),
    ],
)
def test_a_message_asks_for_the_action_of_its_method(method: str, action: str) -> None:
    params: dict[str, dict[str, Any]] = {
        "initialize": {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "c", "version": "1"},
        },
        "tools/call": {"name": "t"},
        "resources/read": {"uri": "a://b"},
        "prompts/get": {"name": "p"},
    }
    said = json.loads(message(method, params.get(method)))
    if method.startswith("notifications/"):
        del said["id"]
    judged = READER.read(encoded(said))
    assert judged.action == action
    assert judged.tool == ("t" if method == "tools/call" else "")


def test_fields_that_repeat_a_message_are_written_from_it() -> None:
    assert READER.read(call("search")).fields == b"mcp-method: tools/call\r\nmcp-name: search\r\n"
    uri = "a://é\r\nx: y"
    fields = READER.read(message("resources/read", {"uri": uri})).fields
    name = fields.split(b"\r\n")[1].removeprefix(b"mcp-name: =?base64?").removesuffix(b"?=")
    assert base64.b64decode(name).decode() == uri
    assert fields.count(b"\r\n") == 2


@pytest.mark.parametrize("name", ["", "a b", "sеarch", "a" * 129, "a\n", "évil"])  # noqa: RUF001 - a Cyrillic letter
def test_a_tool_is_called_by_a_plain_name(name: str) -> None:
    assert refused(call(name)) == "field-invalid"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"[" + call("t") + b"]", "message-batch"),
        (b" \r\n[]", "message-batch"),
        (b'"tools/call"', "message-unknown"),
        (message("tools/delete"), "message-unknown"),
        (message("Tools/call", {"name": "t"}), "message-unknown"),
        (message("tasks/result", {"taskId": "1"}), "message-unknown"),
        (b'{"jsonrpc":"2.0","id":1,"method":5}', "message-unknown"),
        (b'{"jsonrpc":"2.0","id":1}', "field-missing"),
        (b'{"jsonrpc":"1.0","id":1,"method":"ping"}', "field-invalid"),
        (b'{"jsonrpc":"2.0","id":null,"method":"ping"}', "field-invalid"),
        (b'{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call","params":{"name":"t"}}', "field-invalid"),
        (b'{"jsonrpc":"2.0","id":1,"method":"ping","method":"ping"}', "json-member-repeated"),
        (b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t","name":"u"}}', "json-member-repeated"),
        (b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t"},"result":{}}', "field-unknown"),
        (b'{"jsonrpc":"2.0","id":1,"method":"ping"}{"jsonrpc":"2.0"}', "json-malformed"),
        (b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t","task":{}}}', "field-unknown"),
        (b"[" * 70 + b"]" * 70, "json-too-deep"),
        (b"", "json-malformed"),
    ],
)  # fmt: skip
def test_anything_but_one_message_of_a_known_kind_is_refused(body: bytes, reason: str) -> None:
    assert refused(body) == reason
