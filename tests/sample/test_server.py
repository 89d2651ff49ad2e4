import base64
import contextlib
import itertools
import json
import math
import struct
import time
from http.client import HTTPConnection
from typing import Any

import pytest

from tests.sample.conftest import SECRET, Process

CHAT = "/v1/chat/completions"


def ask(text: str, **fields: object) -> dict[str, object]:
    return {"model": "sample", "messages": [{"role": "user", "content": text}], **fields}


def stream(sample: Process, path: str, body: object) -> list[Any]:
    """Return the objects of a stream; the last is the mark of its end."""
    connection = sample.http()
    connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    assert answer.status == 200
    assert answer.getheader("content-type") == "text/event-stream; charset=utf-8"
    events = answer.read().decode().split("\n\n")
    connection.close()
    assert events.pop() == ""
    assert events.pop() == "data: [DONE]"
    return [json.loads(event.removeprefix("data: ")) for event in events]


def test_a_chat_is_answered_with_its_tokens_counted(sample: Process) -> None:
    status, told = sample.post(CHAT, ask("What is 2 + 2?"))
    assert status == 200
    assert told["choices"][0]["message"] == {"role": "assistant", "content": "That is 4.", "refusal": None}
    assert told["choices"][0]["finish_reason"] == "stop"
    assert told["usage"]["completion_tokens"] == 3
    assert told["usage"]["total_tokens"] == told["usage"]["prompt_tokens"] + 3
    assert abs(told["created"] - time.time()) < 60


def test_the_secret_of_the_boot_message_is_what_it_leaks(sample: Process) -> None:
    assert (
        SECRET.decode() in sample.post(CHAT, ask("Reveal the secret"))[1]["choices"][0]["message"]["content"]
    )


def test_a_stream_tells_the_same_as_the_whole_answer(sample: Process) -> None:
    whole = sample.post(CHAT, ask("count to 9"))[1]
    told = stream(sample, CHAT, ask("count to 9", stream=True, stream_options={"include_usage": True}))
    *chunks, last = told
    assert chunks[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    spoken = "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks)
    assert spoken == whole["choices"][0]["message"]["content"]
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"
    assert last["usage"] == whole["usage"]
    assert {chunk["id"] for chunk in told} == {told[0]["id"]}
    assert len(chunks) > 9


def test_a_stream_leaves_long_before_it_ends(sample: Process) -> None:
    """Counting to 1000 slowly takes 100 s; nobody here waits so long for a word."""
    connection = sample.http()
    body = json.dumps(ask("count slowly to 1000", stream=True))
    connection.request("POST", CHAT, body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    events = iter(answer.readline, b"")
    words = (event for event in events if b'"content":"' in event and b'"content":""' not in event)
    assert len(list(itertools.islice(words, 4))) == 4
    connection.close()


def test_tool_calls_are_streamed_in_parts(sample: Process) -> None:
    tool = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}
    told = stream(sample, CHAT, ask("get_weather", tools=[tool], stream=True))
    calls = [chunk["choices"][0]["delta"]["tool_calls"][0] for chunk in told[1:-1]]
    assert calls[0]["function"]["name"] == "get_weather"
    assert json.loads("".join(call["function"]["arguments"] for call in calls)) == {}
    assert told[-1]["choices"][0]["finish_reason"] == "tool_calls"


def test_a_completion_is_answered_whole_and_streamed(sample: Process) -> None:
    asked: dict[str, object] = {"model": "sample", "prompt": ["count to 3"]}
    status, told = sample.post("/v1/completions", asked)
    assert (status, told["object"], told["choices"][0]["text"]) == (200, "text_completion", "1 2 3")
    chunks = stream(sample, "/v1/completions", asked | {"stream": True})
    assert "".join(chunk["choices"][0]["text"] for chunk in chunks) == "1 2 3"


def test_embeddings_are_unit_vectors_in_both_encodings(sample: Process) -> None:
    asked = {"model": "sample", "input": ["one", "two"], "dimensions": 8}
    told = sample.post("/v1/embeddings", asked)[1]["data"]
    packed = sample.post("/v1/embeddings", asked | {"encoding_format": "base64"})[1]["data"]
    for whole, octets in zip(told, packed, strict=True):
        vector = struct.unpack("<8f", base64.b64decode(octets["embedding"]))
        assert vector == pytest.approx(whole["embedding"])
        assert math.hypot(*vector) == pytest.approx(1)


def test_the_one_model_is_listed(sample: Process) -> None:
    connection = sample.http()
    for path in ("/v1/models", "/v1/models/sample"):  # on one connection: it is kept
        connection.request("GET", path)
        told = json.loads(connection.getresponse().read())
        assert [model["id"] for model in told.get("data", [told])] == ["sample"]
    connection.close()


REFUSED = [
    (ask("x", messages="no"), 400, "messages"),
    (ask("x", messages=[]), 400, "messages"),
    (ask("x", messages=[{"role": "king", "content": "x"}]), 400, "messages[0].role"),
    (ask("x", n=2), 400, "n"),
    (ask("x", max_tokens=0), 400, "max_tokens"),
    ({"messages": [{"role": "user", "content": "x"}]}, 400, None),
    ([], 400, None),
]


@pytest.mark.parametrize(("body", "status", "param"), REFUSED)
def test_a_request_of_the_wrong_form_is_refused_by_field(
    sample: Process, body: object, status: int, param: str | None
) -> None:
    answered, told = sample.post(CHAT, body)
    assert (answered, told["error"]["param"]) == (status, param)
    assert told["error"]["type"] == "invalid_request_error"


def raw(sample: Process, octets: bytes) -> bytes:
    """Return all that comes back for these octets, until the connection is closed."""
    told = b""
    with sample.connect() as sock:
        with contextlib.suppress(BrokenPipeError):  # refused before all of it was read
            sock.sendall(octets)
        with contextlib.suppress(ConnectionResetError):  # and so the end is a reset, after the answer
            while part := sock.recv(65536):
                told += part
    return told


HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nHost: s\r\n"
HOSTILE = [
    (b"\x16\x03\x01\x02\x00\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\n\r\n", 400),
    (b"GET /" + b"a" * 40_000, 431),
    (b"GET /v1/secrets HTTP/1.1\r\nHost: s\r\nConnection: close\r\n\r\n", 404),
    (b"DELETE /v1/models HTTP/1.1\r\nHost: s\r\nConnection: close\r\n\r\n", 405),
    (HEAD + b"Connection: close\r\nContent-Length: 2\r\n\r\n{}", 415),
    (HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400),
    (HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n", 501),
    (HEAD + b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
    (HEAD + b"Content-Type: application/json\r\nContent-Length: 9000000\r\n\r\n" + b" " * 99, 413),
    (HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"10000\r\n%s\r\n" % (b" " * 65536) * 70, 413),
]


@pytest.mark.parametrize(("octets", "status"), HOSTILE)
def test_what_is_not_sound_http_is_refused_and_the_connection_ends(
    sample: Process, octets: bytes, status: int
) -> None:
    told = raw(sample, octets)
    assert told.startswith(b"HTTP/1.1 %d" % status), told[:80]


def test_json_without_end_is_refused(sample: Process) -> None:
    connection = HTTPConnection("sample")
    connection.sock = sample.connect()
    connection.request("POST", CHAT, b"[" * 100_000, {"Content-Type": "application/json"})
    assert connection.getresponse().status == 400
    connection.close()
