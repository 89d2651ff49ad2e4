"""What the sample answers in its other parts: honest services of each protocol, and hostile ones.

Rules of this file: pure; what a request names as its model says what a hostile part does with it. No part does
anything, whatever it is called.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from bartizan.clock import Nanoseconds
from bartizan.sample import told_parts, tool_parts, wire
from bartizan.sample.model import End
from bartizan.sample.scene import Answer, Asked

MARK: Final = "an answer that belongs to somebody else"
"""What is said in an answer that nobody asked for."""
DEAR: Final = 3000
"""Tokens that the part `meter` says it has answered, whatever it was asked for."""
_MEDIA: Final = b"content-type: application/json\r\n"
_DECODE: Final = msgspec.json.Decoder(dict[str, Any]).decode


def play(asked: Asked) -> Answer:
    """Return the answer of the part that a path begins with; 404 where there is none."""
    part = _PARTS.get(asked.path.split("/")[1] if "/" in asked.path else "")
    return _json({"error": {"message": "no such part"}}, b"404 Not Found") if part is None else part(asked)


def _honest(asked: Asked) -> Answer:
    return _json(wire.models(["sample"])) if asked.method == "GET" else _json(_completion("Hello."))


def _meter(_asked: Asked) -> Answer:
    return _json(_completion("Hello.", output=DEAR))


def _silent(asked: Asked) -> Answer:
    return _honest(asked) if asked.method == "GET" else Answer(b"")


def _endless(asked: Asked) -> Answer:
    """Begin a stream of one event, and say no more."""
    if asked.method == "GET":
        return _honest(asked)
    heading = wire.Heading("chatcmpl-1", "sample", Nanoseconds(0), chat=True)
    event = b"".join(wire.sse(each) for each in wire.opening(heading))
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    return Answer(head + b"%x\r\n%b\r\n" % (len(event), event))


def _dropping(asked: Asked) -> Answer:
    return _honest(asked) if asked.method == "GET" else Answer(b"", keeps=False)


def _smuggling(asked: Asked) -> Answer:
    """Answer as the model's name says: once too much, or under two framings."""
    whole = msgspec.json.encode(_completion("Hello."))
    chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(whole), whole)
    other = _json(_completion(MARK)).octets
    answers = {
        "length-and-chunks": _head(b"content-length: %d\r\ntransfer-encoding: chunked\r\n" % len(chunks))
        + chunks,
        "two-lengths": _head(b"content-length: %d\r\ncontent-length: 4\r\n" % len(whole)) + whole,
        "odd-coding": _head(b"transfer-encoding: gzip, chunked\r\n") + chunks,
        "body-of-none": b"HTTP/1.1 204 No Content\r\ncontent-length: %d\r\n\r\n" % len(other) + other,
        "two-answers": _json(_completion("Hello.")).octets + other,
    }
    octets = answers.get(_model(asked.body))
    return _honest(asked) if octets is None else Answer(octets)


def _claude(_asked: Asked) -> Answer:
    told = {"id": "msg_1", "type": "message", "role": "assistant", "model": "sample", "stop_sequence": None}
    said = {"content": [{"type": "text", "text": "Hello."}], "stop_reason": "end_turn"}
    return _json({**told, **said, "usage": {"input_tokens": 3, "output_tokens": 2}})


def _collector(_asked: Asked) -> Answer:
    return _json({})  # all spans are taken (OTLP/HTTP)


def _assistant(asked: Asked) -> Answer:
    return _honest(asked) if asked.method == "GET" else Answer(told_parts.assistant(asked.body))


def _shop(_asked: Asked) -> Answer:
    return _json({"done": True})


_PARTS: Final[Mapping[str, Callable[[Asked], Answer]]] = {
    "honest": _honest,
    "azure": _honest,
    "meter": _meter,
    "narrow": _silent,
    "hangs": _silent,
    "endless": _endless,
    "drops": _dropping,
    "spare": _honest,
    "smuggles": _smuggling,
    "claude": _claude,
    "shop": _shop,
    "assistant": _assistant,
    "collector": _collector,
    "tools": lambda asked: tools(asked, tool_parts.steady),
    "turncoat": lambda asked: tools(asked, tool_parts.turning),
}

NAMES: Final = frozenset(_PARTS)
"""Names of all parts."""


def tools(asked: Asked, part: Callable[[dict[str, Any]], dict[str, Any]]) -> Answer:
    """Return the answer of a server of tools (Model Context Protocol, one JSON answer a message)."""
    try:
        message = _DECODE(asked.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _json({}, b"400 Bad Request")
    lines = b"mcp-session-id: %b\r\n" % tool_parts.SESSION if message.get("method") == "initialize" else b""
    told = {"jsonrpc": "2.0", "id": message.get("id"), "result": part(message)}
    return _json(told, lines=lines)


def _completion(text: str, output: int = 2) -> dict[str, Any]:
    heading = wire.Heading("chatcmpl-1", "sample", Nanoseconds(0), chat=True)
    return wire.whole(heading, [text, End("stop", 3, output)])


def _model(body: bytes) -> str:
    try:
        return str(_DECODE(body).get("model", ""))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""


def _head(framing: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\n" + _MEDIA + framing + b"\r\n"


def _json(told: dict[str, Any], status: bytes = b"200 OK", lines: bytes = b"") -> Answer:
    body = msgspec.json.encode(told)
    return Answer(
        b"HTTP/1.1 %b\r\n%b%bcontent-length: %d\r\n\r\n%b" % (status, _MEDIA, lines, len(body), body)
    )
