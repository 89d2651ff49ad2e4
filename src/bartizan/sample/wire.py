"""What the sample sends: the objects of OpenAI's API, from the pieces of an answer.

Rules of this file: pure; ids and times are handed in.
Source: OpenAI API reference, the chat completion, completion and embedding objects.
"""

import base64
import struct
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from bartizan.clock import SECOND, Nanoseconds
from bartizan.sample.ask import RequestRefused
from bartizan.sample.model import End, Piece
from bartizan.sample.tool_call import Call

_ARGUMENT_PIECE = 24
"""Characters of a tool call's arguments in one chunk."""


class Heading(msgspec.Struct, frozen=True):
    """What every object of one answer carries.

    Attributes:
        id: of the answer.
        model: the id of the model that answers.
        now: when it began.
        chat: whether it is a chat completion; else a text completion.
    """

    id: str
    model: str
    now: Nanoseconds
    chat: bool

    def stamp(self, *, chunk: bool) -> dict[str, Any]:
        """Return the first fields of an object."""
        kind = "chat.completion" if self.chat else "text_completion"
        kind = f"{kind}.chunk" if self.chat and chunk else kind
        return {"id": self.id, "object": kind, "created": self.now // SECOND, "model": self.model}


def whole(heading: Heading, told: Sequence[Piece]) -> dict[str, Any]:
    """Return the whole answer as one object; the last piece is its end."""
    text = "".join(piece for piece in told if isinstance(piece, str))
    made = [piece for piece in told if isinstance(piece, Call)]
    end = told[-1]
    if not isinstance(end, End):
        raise TypeError("the last piece of an answer is its end")
    choice: dict[str, Any] = {"index": 0, "logprobs": None, "finish_reason": end.finish}
    if heading.chat:
        message: dict[str, Any] = {"role": "assistant", "content": text or (None if made else "")}
        if made:
            message["tool_calls"] = [_call(call) for call in made]
        choice["message"] = message | {"refusal": None}
    else:
        choice["text"] = text
    return {**heading.stamp(chunk=False), "choices": [choice], "usage": usage(end)}


def _call(call: Call) -> dict[str, Any]:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def usage(end: End) -> dict[str, int]:
    """Return the tokens of an answer."""
    return {
        "prompt_tokens": end.input,
        "completion_tokens": end.output,
        "total_tokens": end.input + end.output,
    }


def opening(heading: Heading) -> list[dict[str, Any]]:
    """Return the chunks before the first piece: whose turn it is, in a chat."""
    return [_chunk(heading, {"role": "assistant", "content": ""})] if heading.chat else []


def chunks(heading: Heading, piece: Piece, calls_before: int, *, with_usage: bool) -> list[dict[str, Any]]:
    """Return the chunks that tell one piece in a stream.

    Args:
        heading: of the answer.
        piece: what came.
        calls_before: tool calls told before it.
        with_usage: whether the client asked for a last chunk with the tokens.
    """
    match piece:
        case str():
            return [_chunk(heading, {"content": piece} if heading.chat else piece)]
        case Call():
            return [_chunk(heading, {"tool_calls": [part]}) for part in _call_parts(piece, calls_before)]
        case End():
            last = [_chunk(heading, {} if heading.chat else "", piece.finish)]
            if with_usage:
                last.append({**heading.stamp(chunk=True), "choices": [], "usage": usage(piece)})
            return last


def _chunk(heading: Heading, told: dict[str, Any] | str, finish: str | None = None) -> dict[str, Any]:
    field = "delta" if heading.chat else "text"
    choice = {"index": 0, field: told, "logprobs": None, "finish_reason": finish}
    return {**heading.stamp(chunk=True), "choices": [choice]}


def _call_parts(call: Call, index: int) -> Iterable[dict[str, Any]]:
    name = {"name": call.name, "arguments": ""}
    yield {"index": index, "id": call.id, "type": "function", "function": name}
    for start in range(0, len(call.arguments), _ARGUMENT_PIECE):
        part = call.arguments[start : start + _ARGUMENT_PIECE]
        yield {"index": index, "function": {"arguments": part}}


def sse(told: dict[str, Any] | None) -> bytes:
    """Return one server-sent event with this object; of None, the mark of the end."""
    return b"data: " + (msgspec.json.encode(told) if told is not None else b"[DONE]") + b"\n\n"


def embeddings(
    vectors: Sequence[Sequence[float]], model: str, tokens: int, *, packed: bool
) -> dict[str, Any]:
    """Return the object of an embeddings answer; `packed` vectors are base64 of little-endian float32."""
    data = [
        {"object": "embedding", "index": index, "embedding": _packed(vector) if packed else list(vector)}
        for index, vector in enumerate(vectors)
    ]
    told = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "data": data, "model": model, "usage": told}


def _packed(vector: Sequence[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def models(names: Sequence[str]) -> dict[str, Any]:
    """Return the list of models."""
    return {"object": "list", "data": [model(name) for name in names]}


def model(name: str) -> dict[str, Any]:
    """Return what is told of a model."""
    return {"id": name, "object": "model", "created": 0, "owned_by": "bartizan-sample"}


def error(fault: RequestRefused) -> dict[str, Any]:
    """Return OpenAI's error object."""
    kind = "invalid_request_error" if fault.status < 500 else "server_error"  # noqa: PLR2004  # HTTP's border of faults
    return {"error": {"message": fault.what, "type": kind, "param": fault.param, "code": fault.code}}
