"""The official client of Anthropic's API works through the gateway, and what its protocol has of its own holds."""

import asyncio
import json
from typing import Any

import anthropic
import pytest

from tests.gateway.scene import GOOD, Answer, Received, Scene, client, request, run, standing, until

ASK = b'{"model":"c","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}'
STREAM = ASK[:-1] + b',"stream":true}'
PATH = b"/claude/v1/messages"
MESSAGE: dict[str, Any] = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "c",
    "content": [{"type": "text", "text": "hello"}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {
        "input_tokens": 3,
        "cache_creation_input_tokens": 10,
        "cache_read_input_tokens": 100,
        "cache_creation": {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 0},
        "output_tokens": 5,
        "service_tier": "standard",
    },
}
SSE = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"


def said(document: object) -> bytes:
    body = json.dumps(document).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
        len(body),
        body,
    )


def event(name: str, **more: object) -> bytes:
    return f"event: {name}\ndata: {json.dumps({'type': name, **more})}\n\n".encode()


EVENTS = (
    event("message_start", message={**MESSAGE, "content": [], "stop_reason": None}),
    event("content_block_start", index=0, content_block={"type": "text", "text": ""}),
    event("ping"),
    event(
        "content_block_delta", index=0, delta={"type": "text_delta", "text": "event: message_stop\n\nhello"}
    ),
    event("content_block_stop", index=0),
    event(
        "message_delta", delta={"stop_reason": "end_turn", "stop_sequence": None}, usage={"output_tokens": 7}
    ),
    event("message_stop"),
)


def streaming(*events: bytes) -> Any:  # noqa: ANN401 - a script
    async def script(_received: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(SSE + b"Transfer-Encoding: chunked\r\n\r\n")
        for one in events:
            writer.write(b"%x\r\n%b\r\n" % (len(one), one))
        writer.write(b"0\r\n\r\n")

    return script


async def answering(received: Received, writer: asyncio.StreamWriter) -> None:
    if received.target.endswith(b"count_tokens"):
        writer.write(said({"input_tokens": 4}))
    elif received.method == b"GET":
        model = {"id": "c", "type": "model", "display_name": "C", "created_at": "2026-01-01T00:00:00Z"}
        one = received.target.endswith(b"/models/c")
        page = {"data": [model], "has_more": False, "first_id": "c", "last_id": "c"}
        writer.write(said(model if one else page))
    else:
        writer.write(said(MESSAGE))


def connected(scene: Scene, key: str = GOOD, **more: Any) -> anthropic.AsyncAnthropic:  # noqa: ANN401 - its options
    return anthropic.AsyncAnthropic(
        base_url=f"http://127.0.0.1:{scene.port}/claude", api_key=key, max_retries=0, **more
    )


def test_a_conversation_with_tools_and_documents_is_answered() -> None:
    async def scenario() -> None:
        async with standing() as scene, connected(scene) as api:
            scene.upstream.script = answering
            answer = await api.messages.create(
                model="c",
                max_tokens=100,
                system=[{"type": "text", "text": "be kind", "cache_control": {"type": "ephemeral"}}],
                tools=[
                    {"name": "f", "description": "d", "input_schema": {"type": "object", "properties": {}}},
                    {"type": "web_search_20250305", "name": "web_search", "max_uses": 1},
                ],
                tool_choice={"type": "auto"},
                metadata={"user_id": "u"},
                stop_sequences=["x"],
                thinking={"type": "enabled", "budget_tokens": 1024},
                messages=[
                    {
                        "role": "user",
                        "content": [
                            {"type": "text", "text": "see"},
                            {
                                "type": "image",
                                "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"},
                            },
                        ],
                    },
                    {
                        "role": "assistant",
                        "content": [
                            {"type": "thinking", "thinking": "hm", "signature": "s"},
                            {"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1}},
                        ],
                    },
                    {
                        "role": "user",
                        "content": [{"type": "tool_result", "tool_use_id": "t", "content": "done"}],
                    },
                ],
            )
            assert [block.type for block in answer.content] == ["text"]
            again = await api.messages.create(
                model="c",
                max_tokens=5,
                messages=[
                    {"role": "user", "content": "hi"},
                    {"role": "assistant", "content": answer.content},
                    {"role": "user", "content": "go on"},
                ],
            )
            assert again.usage.output_tokens == 5
            assert [asked[1] for asked in scene.decided] == ["message", "message"]
            completed = scene.events("gateway.request.completed")[0]
            assert (completed.detail["input"], completed.detail["output"]) == (113, 5)

    run(scenario())


def test_tokens_are_counted_and_models_listed() -> None:
    async def scenario() -> None:
        async with standing() as scene, connected(scene) as api:
            scene.upstream.script = answering
            counted = await api.messages.count_tokens(model="c", messages=[{"role": "user", "content": "hi"}])
            assert counted.input_tokens == 4
            assert [model.id async for model in await api.models.list(limit=20, after_id="b")] == ["c"]
            assert (await api.models.retrieve("c")).id == "c"
            targets = [received.target for received in scene.upstream.received]
            assert targets == [
                b"/v1/messages/count_tokens",
                b"/v1/models?after_id=b&limit=20",
                b"/v1/models/c",
            ]
            assert [asked[1] for asked in scene.decided] == ["count-tokens", "list-models", "list-models"]

    run(scenario())


def test_a_stream_is_heard_whole_and_both_its_costs_are_on_record() -> None:
    async def scenario() -> None:
        async with standing() as scene, connected(scene) as api:
            scene.upstream.script = streaming(*EVENTS)
            async with api.messages.stream(
                model="c", max_tokens=9, messages=[{"role": "user", "content": "hi"}]
            ) as stream:
                words = [word async for word in stream.text_stream]
            assert words == ["event: message_stop\n\nhello"]
            await until(lambda: scene.events("gateway.request.completed"))
            (completed,) = scene.events("gateway.request.completed")
            assert completed.detail["reason"] == "done"
            assert (completed.detail["input"], completed.detail["output"]) == (113, 7)
            assert scene.upstream.received[0].header(b"accept") == b"text/event-stream"

    run(scenario())


@pytest.mark.parametrize("whole", [True, False])
def test_a_stream_without_length_is_whole_at_message_stop_alone(whole: bool) -> None:  # noqa: FBT001 - a parameter
    async def script(_received: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(SSE + b"Connection: close\r\n\r\n" + b"".join(EVENTS if whole else EVENTS[:-1]))
        writer.close()

    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            scene.upstream.script = script
            one.send(request(path=PATH, body=STREAM))
            if whole:
                assert (await one.answer()).body == b"".join(EVENTS)
            else:
                with pytest.raises(ConnectionError):
                    await one.answer()
            (completed,) = scene.events("gateway.request.completed")
            assert completed.detail["reason"] == ("done" if whole else "upstream-closed")

    run(scenario())


def test_only_the_fields_of_the_protocol_go_on() -> None:
    async def scenario() -> None:
        async with standing() as scene, connected(scene) as api:
            scene.upstream.script = answering
            await api.messages.create(
                model="c",
                max_tokens=5,
                messages=[{"role": "user", "content": "hi"}],
                extra_headers={"anthropic-beta": "one-2026-01-01, two-2026-01-01", "x-other": "1"},
                extra_query={"beta": "true"},
            )
            (received,) = scene.upstream.received
            assert received.target == b"/v1/messages?beta=true"
            assert received.header(b"x-api-key") == b"upstream-key"
            assert received.header(b"authorization") is None
            assert received.header(b"anthropic-version") == b"2026-10-21"
            assert received.header(b"anthropic-beta") == b"one-2026-01-01,two-2026-01-01"
            assert received.header(b"x-other") is None

    run(scenario())


async def asked(scene: Scene, *lines: bytes, bearer: str = "", path: bytes = PATH) -> Answer:
    async with client(scene) as one:
        return await one.ask(request(b"POST", path, ASK, *lines, bearer=bearer))


@pytest.mark.parametrize(
    ("lines", "bearer", "status", "word"),
    [
        ((b"x-api-key: good",), "", 200, ""),
        ((), "good", 200, ""),
        ((b"x-api-key: good",), "good", 200, ""),
        ((b"x-api-key: good",), "other", 400, "credentials-differ"),
        ((b"x-api-key: bad",), "good", 400, "credentials-differ"),
        ((b"x-api-key: good", b"Authorization: Basic YTpi"), "", 400, "credentials-differ"),
        ((b"x-api-key: good", b"X-Api-Key: good"), "", 400, "field-repeated"),
        ((b"x-api-key: bad",), "", 401, "signature-invalid"),
        ((b"api-key: good",), "", 401, "token-missing"),
        ((b"x-api-key:",), "", 401, "token-missing"),
    ],
)
def test_a_token_stands_in_one_place_or_twice_the_same(
    lines: tuple[bytes, ...], bearer: str, status: int, word: str
) -> None:
    async def scenario() -> None:
        async with standing() as scene:
            scene.upstream.script = answering
            answer = await asked(scene, *lines, bearer=bearer)
            assert answer.status == status
            assert not word or answer.reason == word
            assert len(scene.upstream.received) == (status == 200)

    run(scenario())


def test_a_key_of_another_protocol_is_no_token_here() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            answer = await one.ask(request(b"GET", b"/v1/models", b"", b"x-api-key: good", bearer=""))
            assert (answer.status, answer.reason) == (401, "token-missing")

    run(scenario())


@pytest.mark.parametrize(
    "line",
    [
        b"anthropic-version: latest",
        b"anthropic-version: 2023-06-01,2023-06-01",
        b"anthropic-version:",
        b"anthropic-beta: One",
        b"anthropic-beta: a,,b",
        b"anthropic-beta: a b",
        b"anthropic-beta: " + b",".join([b"a"] * 17),
        b"anthropic-beta: " + b"a" * 65,
    ],
)
def test_a_field_that_goes_on_has_its_form_or_the_request_is_refused(line: bytes) -> None:
    async def scenario() -> None:
        async with standing() as scene:
            answer = await asked(scene, line, bearer=GOOD)
            assert (answer.status, answer.reason) == (400, "field-value-refused")
            assert answer.json()["error"]["param"] == line.partition(b":")[0].decode()
            assert scene.upstream.received == []

    run(scenario())


def test_refusals_are_the_exceptions_that_the_client_knows() -> None:
    async def scenario() -> None:
        async with standing() as scene:
            async with connected(scene, "forged") as api:
                with pytest.raises(anthropic.AuthenticationError):
                    await api.models.list()
            async with connected(scene) as api:
                with pytest.raises(anthropic.BadRequestError) as fault:
                    await api.messages.create(
                        model="c",
                        max_tokens=5,
                        messages=[{"role": "user", "content": "x"}],
                        extra_body={"z": 1},
                    )
                body = fault.value.body
                assert isinstance(body, dict)
                assert body["type"] == "error"
                assert body["error"]["type"] == "invalid_request_error"
                assert body["error"]["param"] == "z"
                with pytest.raises(anthropic.NotFoundError):
                    await api.post("/v1/complete", cast_to=object, body={})
                with pytest.raises(anthropic.NotFoundError, match="batches, files, images"):
                    await api.messages.batches.create(requests=[])
                scene.waits["workload.drill"] = 1
                with pytest.raises(anthropic.RateLimitError):
                    await api.models.list()

    run(scenario())


def test_an_overloaded_service_is_unavailable_and_its_words_stay_there() -> None:
    async def script(_received: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 529 Overloaded\r\nContent-Length: 6\r\n\r\nsecret")

    async def scenario() -> None:
        async with standing() as scene:
            scene.upstream.script = script
            answer = await asked(scene, bearer=GOOD)
            assert (answer.status, answer.reason) == (503, "upstream-unavailable")
            assert b"secret" not in answer.body
            assert answer.json()["error"]["type"] == "overloaded_error"

    run(scenario())
