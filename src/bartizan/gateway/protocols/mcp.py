"""The Model Context Protocol over streamable HTTP: one path, one message a request.

Rules of this file: which kind of message a body is, its method says, and the shape of that kind is all that it may
be; several messages at once are refused (revision 2025-03-26 had them, 2025-06-18 took them back). What a message asks
to do is the action that is decided on. Fields that repeat what the body says (`Mcp-Method`, `Mcp-Name`) are
written from the body, so that they cannot differ from it.
Source: Model Context Protocol, basic/transports, revisions 2025-06-18, 2025-11-25 and 2026-07-28.
"""

import base64
import re
from collections.abc import Mapping
from typing import Final, get_args

import msgspec
from msgspec import UNSET, UnsetType

from bartizan.gateway.body import JsonBody, NoBody
from bartizan.gateway.credential import Told
from bartizan.gateway.faults import refusal
from bartizan.gateway.judged import Judged
from bartizan.gateway.protocols import mcp_messages as m
from bartizan.gateway.protocols.dialect import Dialect, Errors, Row
from bartizan.gateway.structure import structure_fault

_PLAIN: Final = re.compile(r"(?!=\?base64\?)[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
_SAYS: Final = b"mcp-method: %b\r\n"
_NAMES: Final = b"mcp-name: %b\r\n"


class _Kind(msgspec.Struct, frozen=True):
    """What tells one kind of message from another."""

    method: str | UnsetType = UNSET
    result: msgspec.Raw | UnsetType = UNSET


_KIND: Final = msgspec.json.Decoder(_Kind).decode


def judged_request(request: m.Request, octets: bytes) -> Judged:
    """Return what decisions need of a request, and the fields that repeat it."""
    method: str = getattr(request, "method", "")
    fields = _SAYS % method.encode()
    tool = name = ""
    if isinstance(request, m.CallTool):
        tool = name = request.params.name
    elif isinstance(request, m.GetPrompt):
        name = request.params.name
    elif isinstance(request, m.ReadResource):
        name = request.params.uri
    if name:
        fields += _NAMES % _field(name)
    listens = isinstance(request, m.Listen)
    return Judged(octets, stream=listens, action=ACTIONS.get(method, USE), tool=tool, fields=fields)


def judged_other(_message: object, octets: bytes) -> Judged:
    """Return what decisions need of a notification or of an answer."""
    return Judged(octets, action=USE)


def _field(value: str) -> bytes:
    """Return a name as a field says it: in base64 where it could not stand there as it is."""
    if _PLAIN.fullmatch(value):
        return value.encode()
    return b"=?base64?%b?=" % base64.b64encode(value.encode())


USE: Final = "use-mcp"
ACTIONS: Final[Mapping[str, str]] = {
    "tools/list": "list-tools",
    "tools/call": "call-tool",
    "resources/read": "read-resource",
    "resources/subscribe": "read-resource",
    "prompts/get": "get-prompt",
}
"""Method -> what the principal must be allowed to do; `USE` for every other."""
_REQUESTS: Final[tuple[type[m.Request], ...]] = (
    *(m.Initialize, m.Plain, m.List, m.CallTool, m.ReadResource, m.WatchResource),
    *(m.GetPrompt, m.Complete, m.SetLevel, m.Listen),
)
_NOTIFICATIONS: Final[tuple[type[m.Notification], ...]] = (m.Told, m.Cancelled, m.Progress)
RESULT: Final = JsonBody(m.Result, judged_other)
FAILED: Final = JsonBody(m.Failed, judged_other)


def _methods() -> dict[str, JsonBody]:
    readers = {shape: JsonBody(shape, judged_request) for shape in _REQUESTS}
    others = {shape: JsonBody(shape, judged_other) for shape in _NOTIFICATIONS}
    return {
        word: reader
        for shape, reader in (*readers.items(), *others.items())
        for word in get_args(shape.__annotations__["method"])
    }


METHODS: Final[Mapping[str, JsonBody]] = _methods()
"""Method -> the reader of its messages; `RESULT` and `FAILED` read what answers a server's own requests."""


class MessageBody:
    """Reads one message of a client."""

    __slots__ = ()
    media: Final = b"application/json"

    def read(self, body: bytes) -> Judged:
        """Return the message, judged.

        Raises:
            Refusal: it is no message of the protocol, or several.
        """
        fault = structure_fault(body)
        if fault:
            raise refusal(fault)
        return _reader(body).read(body)


def _reader(body: bytes) -> JsonBody:
    try:
        kind = _KIND(body)
    except msgspec.ValidationError:
        batch = body.lstrip(b" \t\r\n").startswith(b"[")
        raise refusal("message-batch" if batch else "message-unknown") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise refusal("json-malformed") from None
    if kind.method is UNSET:
        return FAILED if kind.result is UNSET else RESULT
    found = METHODS.get(kind.method)
    if found is None:
        raise refusal("message-unknown", param="method")
    return found


MCP: Final = Dialect(
    (
        Row("mcp-stream", b"GET", "", USE, NoBody(), accept=b"text/event-stream"),
        Row("mcp-end", b"DELETE", "", USE, NoBody(), accept=b"application/json"),
        Row("mcp", b"POST", "", USE, MessageBody(), accept=b"application/json, text/event-stream"),
    ),
    prefix="/mcp",
    errors=Errors.JSONRPC,
    told=(Told(b"mcp-protocol-version", re.compile(rb"20[0-9]{2}-[01][0-9]-[0-3][0-9]")),),
    bound=True,
)
"""A session belongs to who began it; answers are read, for tools stand in them."""
