"""Messages of tool clients and streams of tool servers: read in one way, and written so that they are.

The first octet chooses: a client's message, or a server's stream, which is the same wherever it is cut.
"""

import json
from types import ModuleType

import msgspec

from bartizan.gateway.faults import FAULTS, Refusal
from bartizan.gateway.framing import FramingDoubt
from bartizan.gateway.mcp import events
from bartizan.gateway.mcp.binding import ID
from bartizan.gateway.mcp.events import Event, written
from bartizan.gateway.mcp.message import judged
from bartizan.gateway.mcp.tools import ToolBook, is_tool
from bartizan.gateway.protocols.mcp import ACTIONS, METHODS, USE, MessageBody
from bartizan.gateway.service import ServiceTools
from fuzz.cuts import cut_at, parts_of, uncut
from fuzz.target import Target
from fuzz.twin import twin

_TWIN = twin("bartizan.gateway.mcp.events")
_READER = MessageBody()


def run(data: bytes) -> str:
    if not data:
        return "nothing"
    return _message(data[1:]) if data[0] % 2 else _stream(data[1:])


def _message(body: bytes) -> str:
    try:
        found = _READER.read(body)
    except Refusal as fault:
        assert fault.reason in FAULTS
        assert 400 <= fault.status < 500
        return f"{fault.reason} {fault.param}"
    sent, kept = json.loads(body, object_pairs_hook=_once), json.loads(found.octets)
    assert isinstance(sent, dict)
    assert sent.keys() == kept.keys()
    method = sent.get("method", "")
    assert not method or method in METHODS
    assert found.action == ACTIONS.get(method, USE)
    assert found.tool == (sent["params"]["name"] if method == "tools/call" else "")
    assert found.fields.count(b"\r\n") == found.fields.count(b"\n") == found.fields.count(b"mcp-")
    return f"message {method}"


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    assert len(members) == len(pairs)
    return members


def _stream(data: bytes) -> str:
    octets, parts = parts_of(data)
    cut = _events(events, parts)
    whole = _events(_TWIN, [octets]) if len(parts) > 1 else cut
    if whole is None or cut is None:
        return "doubt"
    assert list(map(msgspec.structs.astuple, whole)) == list(map(msgspec.structs.astuple, cut))
    book = ToolBook(ServiceTools())
    return " ".join(sorted({_event(event, book) for event in cut})) or "no event"


def _events(how: ModuleType, parts: list[bytes]) -> list[Event] | None:
    reader = how.EventReader()
    try:
        return [event for part in parts for event in reader.feed(part)]
    except FramingDoubt:
        return None


def _event(event: Event, book: ToolBook) -> str:
    if event.silent or event.name != b"message":
        return "passed over"
    if event.id and ID.fullmatch(event.id) is None:
        return "id"
    try:
        message = judged(event.data, lambda tools: book.kept(tools, lambda _name: True))
    except FramingDoubt:
        return "doubt"
    assert not set(message.octets) & set(b"\r\n")
    said = Event(message.octets, event.id, event.retry)
    (back,) = _TWIN.EventReader().feed(written(said))
    assert msgspec.structs.astuple(back) == msgspec.structs.astuple(said)
    result = json.loads(message.octets).get("result")
    tools = result.get("tools", []) if isinstance(result, dict) else []
    assert all(map(is_tool, tools))
    names = [tool["name"] for tool in tools]
    assert len(set(names)) == len(names)
    return f"answer {len(names)}" if message.answer else "message"


_CALL = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":{"x":[1]},"_meta":{"progressToken":1}}}'
_LIST = b'{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"a","inputSchema":{},"annotations":{"readOnlyHint":true}}]}}'
TARGET = Target(
    modules=(
        "bartizan.gateway.protocols.mcp",
        "bartizan.gateway.protocols.mcp_messages",
        "bartizan.gateway.mcp.events",
        "bartizan.gateway.mcp.message",
        "bartizan.gateway.mcp.tools",
    ),
    run=run,
    seeds=(
        b"\1" + _CALL,
        (
            b'\1{"jsonrpc":"2.0","id":"i","method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},'
            b'"clientInfo":{"name":"c","version":"1"}}}'
        ),
        b'\1{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":0.5}}',
        b'\1{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"a://\\u00e9"}}',
        b'\1{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{"name":"p","arguments":{"a":"b"}}}',
        b'\1{"jsonrpc":"2.0","id":1,"result":{"action":"accept"}}',
        b'\1{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"m"}}',
        b"\1[" + _CALL + b"]",
        b"\0" + uncut(b"event: message\r\nid: 1\r\ndata: " + _LIST + b"\r\n\r\n"),
        b"\0" + cut_at(b": ping\n\nretry: 5\ndata: {\ndata: }\n\ndata: " + _LIST + b"\n\ndata: " + _LIST + b"\n\n", 3, 30),
        b"\0" + cut_at(b"data: " + _LIST.replace(b"result", b"Result") + b"\r\rdata: {}\n\n", 9),
    ),
    words=(
        b"\r\n", b"\n", b"\r", b"\n\n", b"data:", b"data: ", b"event: message\n", b"id: ", b"retry: ", b": ", b"\xef\xbb\xbf", b'"method":', b'"tools/list"',
        b'"tools/call"', b'"ping"', b'"params":', b'"name":', b'"result":', b'"tools":', b'"Tools":', b'"error":', b'"id":', b'"jsonrpc":"2.0"',
        b'"destructiveHint":true', b'"readOnlyHint":', b'"description":', b'"_meta":', b"null", b"{}", b"[", b"]", b"\\u006f", b'"cursor":', b'"uri":',
    ),
    longest=512,
)  # fmt: skip
