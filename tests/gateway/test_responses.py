"""The official client's Responses API works through the gateway, streaming and not."""

import asyncio
import json
from typing import Any

import openai
import pytest

from tests.gateway.scene import GOOD, Received, Scene, client, request, run, standing, until

RESPONSE: dict[str, Any] = {
    "id": "resp_1",
    "object": "response",
    "created_at": 1,
    "status": "completed",
    "model": "m",
    "output": [
        {"id": "rs_1", "type": "reasoning", "summary": [], "encrypted_content": "x"},
        {
            "id": "fc_1",
            "type": "function_call",
            "call_id": "call_1",
            "name": "f",
            "arguments": "{}",
            "status": "completed",
        },
        {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "status": "completed",
            "content": [{"type": "output_text", "text": "hello", "annotations": []}],
        },
    ],
    "parallel_tool_calls": True,
    "tool_choice": "auto",
    "tools": [],
    "usage": {
        "input_tokens": 21,
        "input_tokens_details": {"cached_tokens": 8, "cache_write_tokens": 0},
        "output_tokens": 5,
        "output_tokens_details": {"reasoning_tokens": 2},
        "total_tokens": 26,
    },
}
TOOLS: list[Any] = [
    {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}, "strict": True},
    {"type": "web_search", "search_context_size": "low"},
    {"type": "mcp", "server_label": "s", "server_url": "https://mcp.example", "require_approval": "never"},
]
LONG = "x" * 40_000


def said(document: object) -> bytes:
    body = json.dumps(document).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
        len(body),
        body,
    )


def event(name: str, number: int, **more: object) -> bytes:
    data = json.dumps({"type": name, "sequence_number": number, **more})
    return f"event: {name}\ndata: {data}\n\n".encode()


EVENTS = (
    event("response.created", 0, response={**RESPONSE, "status": "in_progress", "output": [], "usage": None}),
    event(
        "response.output_text.delta",
        1,
        item_id="msg_1",
        output_index=0,
        content_index=0,
        delta="hello",
        logprobs=[],
    ),
    event("response.completed", 2, response={"instructions": LONG, **RESPONSE}),
)


async def answering(received: Received, writer: asyncio.StreamWriter) -> None:
    if b"input_items" in received.target:
        page = {"object": "list", "data": [], "has_more": False, "first_id": "a", "last_id": "a"}
        writer.write(said(page))
    elif received.method == b"DELETE":
        writer.write(said({"id": "resp_1", "object": "response", "deleted": True}))
    elif received.header(b"accept") == b"text/event-stream":
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
        writer.write(b"".join(EVENTS))
        writer.close()
    else:
        writer.write(said(RESPONSE))


def connected(scene: Scene) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(base_url=f"http://127.0.0.1:{scene.port}/v1", api_key=GOOD, max_retries=0)


def test_a_conversation_goes_on_with_what_came_back() -> None:
    async def scenario() -> None:
        async with standing() as scene, connected(scene) as api:
            scene.upstream.script = answering
            first = await api.responses.create(
                model="m",
                instructions="be kind",
                input=[
                    {"role": "user", "content": "hi"},
                    {
                        "type": "message",
                        "role": "user",
                        "content": [
                            {"type": "input_text", "text": "see"},
                            {"type": "input_image", "image_url": "data:,", "detail": "auto"},
                        ],
                    },
                ],
                tools=TOOLS,
                tool_choice={"type": "function", "name": "f"},
                reasoning={"effort": "low", "summary": "auto"},
                text={"format": {"type": "json_schema", "name": "n", "schema": {"type": "object"}}},
                include=["reasoning.encrypted_content"],
                max_output_tokens=64,
                store=False,
                metadata={"k": "v"},
            )
            assert first.output_text == "hello"
            back = [*first.output, *(item.to_dict() for item in first.output)]
            result = {"type": "function_call_output", "call_id": "call_1", "output": "done"}
            second = await api.responses.create(
                model="m",
                input=[*back, result, {"type": "item_reference", "id": "msg_0"}],
                previous_response_id="resp_0",
            )
            assert second.usage is not None
            assert scene.decided == [("workload.drill", "respond", "m")] * 2
            completed = scene.events("gateway.request.completed")[0]
            assert (completed.detail["input"], completed.detail["output"]) == (21, 5)
            sent = json.loads(scene.upstream.received[1].body)
            assert sent["input"][0]["encrypted_content"] == "x"

    run(scenario())


def test_a_stream_is_heard_whole_although_its_last_event_is_long() -> None:
    async def scenario() -> None:
        async with standing() as scene, connected(scene) as api:
            scene.upstream.script = answering
            stream = await api.responses.create(model="m", input="hi", stream=True)
            kinds = [one.type async for one in stream]
            assert kinds == ["response.created", "response.output_text.delta", "response.completed"]
            await until(lambda: scene.events("gateway.request.completed"))
            (completed,) = scene.events("gateway.request.completed")
            assert completed.detail["reason"] == "done"
            assert (completed.detail["input"], completed.detail["output"]) == (21, 5)

    run(scenario())


def test_a_stream_that_is_cut_before_its_last_event_is_on_record_as_cut() -> None:
    async def script(_received: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
        writer.write(b"".join(EVENTS[:-1]) + b"data: [DONE]\n\n")
        writer.close()

    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            scene.upstream.script = script
            one.send(request(path=b"/v1/responses", body=b'{"model":"m","input":"x","stream":true}'))
            with pytest.raises(ConnectionError):
                await one.answer()
            (completed,) = scene.events("gateway.request.completed")
            assert completed.detail["reason"] == "upstream-closed"

    run(scenario())


def test_a_response_that_is_kept_is_read_cancelled_and_deleted() -> None:
    async def scenario() -> None:
        async with standing() as scene, connected(scene) as api:
            scene.upstream.script = answering
            read = await api.responses.retrieve("resp_1", include=["reasoning.encrypted_content"])
            assert read.id == "resp_1"
            stream = await api.responses.retrieve("resp_1", stream=True, starting_after=7)
            assert [one.type async for one in stream][-1] == "response.completed"
            items = api.responses.input_items.list("resp_1", limit=2, order="asc", after="msg_1")
            assert [item async for item in items] == []
            assert (await api.responses.cancel("resp_1")).id == "resp_1"
            await api.responses.delete("resp_1")
            asked = [(one.method, one.target, one.body) for one in scene.upstream.received]
            assert asked == [
                (b"GET", b"/v1/responses/resp_1?include%5B%5D=reasoning.encrypted_content", b""),
                (b"GET", b"/v1/responses/resp_1?starting_after=7&stream=true", b""),
                (b"GET", b"/v1/responses/resp_1/input_items?after=msg_1&limit=2&order=asc", b""),
                (b"POST", b"/v1/responses/resp_1/cancel", b""),
                (b"DELETE", b"/v1/responses/resp_1", b""),
            ]
            assert [one[1] for one in scene.decided] == [
                "read-response",
                "read-response",
                "read-response",
                "cancel-response",
                "delete-response",
            ]

    run(scenario())


@pytest.mark.parametrize(
    ("method", "path", "status", "word"),
    [
        (b"PUT", b"/v1/responses/resp_1", 405, "method-not-allowed"),
        (b"GET", b"/v1/responses", 405, "method-not-allowed"),
        (b"GET", b"/v1/responses/resp.1", 404, "route-unknown"),
        (b"GET", b"/v1/responses/resp_1/cancel/x", 404, "route-unknown"),
        (b"GET", b"/v1/responses/resp_1?stream=1", 400, "query-invalid"),
        (b"GET", b"/v1/responses/resp_1/input_items?limit=1&limit=2", 400, "query-repeated"),
        (b"DELETE", b"/v1/responses/resp_1?stream=true", 400, "query-refused"),
    ],
)
def test_what_no_route_takes_is_refused(method: bytes, path: bytes, status: int, word: str) -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            more = (b"Content-Length: 0",) if method == b"PUT" else ()
            answer = await one.ask(request(method, path, b"", *more))
            assert (answer.status, answer.reason) == (status, word)
            if path.endswith(b"resp_1") and status == 405:
                assert answer.headers[b"allow"] == b"DELETE, GET, HEAD"
            assert scene.upstream.received == []

    run(scenario())


def test_a_cancellation_takes_no_body() -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            answer = await one.ask(request(path=b"/v1/responses/resp_1/cancel", body=b"{}"))
            assert (answer.status, answer.reason) == (413, "body-too-large")

    run(scenario())


@pytest.mark.parametrize("field", ["authorization", "headers"])
def test_a_callers_secret_for_another_party_does_not_go_upstream(field: str) -> None:
    async def scenario() -> None:
        async with standing() as scene, client(scene) as one:
            tool = {"type": "mcp", "server_label": "s", field: "secret"}
            body = json.dumps({"model": "m", "input": "x", "tools": [tool]}).encode()
            answer = await one.ask(request(path=b"/v1/responses", body=body))
            assert answer.reason == "field-unknown"
            assert answer.json()["error"]["param"] == f"tools[0].{field}"

    run(scenario())
