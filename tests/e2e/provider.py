"""A service that speaks every protocol of the gateway, as far as their clients need it to say hello."""

import http.server
import json
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from typing_extensions import override

WORDS = ("one ", "two ", "three")
SAID = "".join(WORDS)
CHAT_USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
TOKENS = {"input_tokens": 3, "output_tokens": 2}
RESPONSE_USAGE = {
    **TOKENS,
    "total_tokens": 5,
    "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
    "output_tokens_details": {"reasoning_tokens": 0},
}
Event = tuple[str, dict[str, Any]]


class Provider(http.server.BaseHTTPRequestHandler):
    """Answers, and remembers what it was asked and under which credential."""

    protocol_version = "HTTP/1.1"
    asked: list[dict[str, Any]]

    def do_POST(self) -> None:  # the library's name
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
        self._remember(body)
        path = self.path.partition("?")[0]
        for end, told, streamed in (
            ("/chat/completions", chat, chat_events),
            ("/responses", response, response_events),
            ("/messages", message, message_events),
            ("/count_tokens", lambda: {"input_tokens": 3}, None),
            ("/embeddings", embedding, None),
        ):
            if path.endswith(end):
                if body.get("stream") and streamed is not None:
                    self._stream(streamed())
                else:
                    self._say(told())
                return
        self.send_error(404)

    def do_GET(self) -> None:  # the library's name
        self._remember({})
        model = {"id": "m", "object": "model", "type": "model", "created": 1, "owned_by": "x"}
        model |= {"display_name": "M", "created_at": "2026-01-01T00:00:00Z"}
        page = {"object": "list", "data": [model], "has_more": False, "first_id": "m", "last_id": "m"}
        self._say(response() if "/responses/" in self.path else page)

    def _remember(self, body: dict[str, Any]) -> None:
        fields = {name.lower(): value for name, value in self.headers.items()}
        self.asked.append({"path": self.path, "fields": fields, "body": body})

    def _say(self, document: dict[str, Any]) -> None:
        octets = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(octets)))
        self.end_headers()
        self.wfile.write(octets)

    def _stream(self, events: Iterable[Event]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for name, data in events:
            line = f"event: {name}\n" if name else ""
            octets = f"{line}data: {json.dumps(data) if data else '[DONE]'}\n\n".encode()
            self.wfile.write(b"%x\r\n%b\r\n" % (len(octets), octets))
        self.wfile.write(b"0\r\n\r\n")

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def provider() -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Yield the port of a running service and what it is asked."""
    asked: list[dict[str, Any]] = []
    recording = type("Recording", (Provider,), {"asked": asked})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), recording) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield int(server.server_address[1]), asked
        server.shutdown()
        thread.join()


def chat() -> dict[str, Any]:
    said = {"index": 0, "message": {"role": "assistant", "content": SAID}, "finish_reason": "stop"}
    return {
        "id": "c",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [said],
        "usage": CHAT_USAGE,
    }


def chat_events() -> Iterator[Event]:
    frame = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    for word in WORDS:
        yield "", {**frame, "choices": [{"index": 0, "delta": {"content": word}, "finish_reason": None}]}
    yield "", {**frame, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    yield "", {**frame, "choices": [], "usage": CHAT_USAGE}
    yield "", {}


def response(**more: object) -> dict[str, Any]:
    text = {"type": "output_text", "text": SAID, "annotations": []}
    said = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "status": "completed",
        "content": [text],
    }
    told = {"id": "resp_1", "object": "response", "created_at": 1, "status": "completed", "model": "m"}
    rest = {"parallel_tool_calls": True, "tool_choice": "auto", "tools": [], "usage": RESPONSE_USAGE}
    return {**told, "output": [said], **rest, **more}


def response_events() -> Iterator[Event]:
    place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    item = {"id": "msg_1", "type": "message", "role": "assistant", "status": "in_progress", "content": []}
    part = {"type": "output_text", "text": "", "annotations": []}
    begun = response(status="in_progress", output=[], usage=None)
    events: list[Event] = [
        ("response.created", {"response": begun}),
        ("response.output_item.added", {"output_index": 0, "item": item}),
        ("response.content_part.added", {**place, "part": part}),
        *(("response.output_text.delta", {**place, "delta": word, "logprobs": []}) for word in WORDS),
        ("response.output_text.done", {**place, "text": SAID, "logprobs": []}),
        ("response.content_part.done", {**place, "part": {**part, "text": SAID}}),
        ("response.output_item.done", {"output_index": 0, "item": response()["output"][0]}),
        ("response.completed", {"response": response()}),
    ]
    return ((name, {"type": name, "sequence_number": at, **data}) for at, (name, data) in enumerate(events))


def message(**more: object) -> dict[str, Any]:
    told = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m"}
    ended = {"stop_reason": "end_turn", "stop_sequence": None, "usage": TOKENS}
    return {**told, "content": [{"type": "text", "text": SAID}], **ended, **more}


def message_events() -> Iterator[Event]:
    begun = message(content=[], stop_reason=None, usage={"input_tokens": 3, "output_tokens": 0})
    events: list[Event] = [
        ("message_start", {"message": begun}),
        ("content_block_start", {"index": 0, "content_block": {"type": "text", "text": ""}}),
        *(
            ("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": word}})
            for word in WORDS
        ),
        ("content_block_stop", {"index": 0}),
        ("message_delta", {"delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}}),
        ("message_stop", {}),
    ]
    return ((name, {"type": name, **data}) for name, data in events)


def embedding() -> dict[str, Any]:
    vector = {"object": "embedding", "index": 0, "embedding": [0.5, 1.0]}
    return {
        "object": "list",
        "model": "m",
        "data": [vector],
        "usage": {"prompt_tokens": 1, "total_tokens": 1},
    }
