"""The official client of the API works through the gateway: nothing that it sends is refused."""

import asyncio
import json

import openai
import pytest

from tests.gateway.scene import GOOD, Received, Scene, run, standing

TOOL: dict[str, object] = {
    "type": "function",
    "function": {
        "name": "f",
        "description": "d",
        "parameters": {"type": "object", "properties": {"a": {"type": "string"}}},
    },
}


def connected(scene: Scene, key: str = GOOD) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(base_url=f"http://127.0.0.1:{scene.port}/v1", api_key=key, max_retries=0)


def answering(document: object) -> bytes:
    body = json.dumps(document).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
        len(body),
        body,
    )


def chunk(delta: dict[str, object]) -> bytes:
    event = {
        "id": "c",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "delta": delta}],
    }
    data = b"data: " + json.dumps(event).encode() + b"\n\n"
    return b"%x\r\n%b\r\n" % (len(data), data)


def test_a_conversation_with_tools_is_answered() -> None:
    async def script(received: Received, writer: asyncio.StreamWriter) -> None:
        assert json.loads(received.body)["tools"] == [TOOL]
        message = {"role": "assistant", "content": "hello"}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        writer.write(
            answering(
                {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
            )
        )

    async def scenario() -> None:
        async with standing() as scene, connected(scene) as api:
            scene.upstream.script = script
            answer = await api.chat.completions.create(
                model="m",
                messages=[
                    {"role": "system", "content": "be kind"},
                    {"role": "user", "content": [{"type": "text", "text": "hi"}]},
                    {
                        "role": "assistant",
                        "tool_calls": [
                            {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
                        ],
                    },
                    {"role": "tool", "tool_call_id": "1", "content": "done"},
                ],
                tools=[TOOL],
                tool_choice="auto",
                temperature=0.2,
                response_format={"type": "json_object"},
                extra_headers={"X-Custom": "1"},
            )
            assert answer.choices[0].message.content == "hello"
            assert answer._request_id is not None
            assert answer._request_id.startswith("q-")

    run(scenario())


def test_a_stream_arrives_piece_by_piece() -> None:
    async def script(_received: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        for word in ("one", "two", "three"):
            writer.write(chunk({"content": word}))
            await asyncio.sleep(0.01)
        writer.write(b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n")

    async def scenario() -> None:
        async with standing() as scene, connected(scene) as api:
            scene.upstream.script = script
            stream = await api.chat.completions.create(
                model="m",
                messages=[{"role": "user", "content": "hi"}],
                stream=True,
                stream_options={"include_usage": True},
            )
            words = [piece.choices[0].delta.content async for piece in stream]
            assert words == ["one", "two", "three"]

    run(scenario())


def test_embeddings_and_models_are_answered() -> None:
    async def script(received: Received, writer: asyncio.StreamWriter) -> None:
        if received.method == b"GET":
            writer.write(
                answering(
                    {
                        "object": "list",
                        "data": [{"id": "m", "object": "model", "created": 1, "owned_by": "x"}],
                    }
                )
            )
        else:
            data = [{"object": "embedding", "index": 0, "embedding": [0.5, 1.0]}]
            usage = {"prompt_tokens": 1, "total_tokens": 1}
            writer.write(answering({"object": "list", "model": "m", "data": data, "usage": usage}))

    async def scenario() -> None:
        async with standing() as scene, connected(scene) as api:
            scene.upstream.script = script
            embedded = await api.embeddings.create(model="m", input=["a"], encoding_format="float")
            assert embedded.data[0].embedding == [0.5, 1.0]
            assert [model.id async for model in await api.models.list()] == ["m"]

    run(scenario())


def test_refusals_are_the_exceptions_that_the_client_knows() -> None:
    async def scenario() -> None:
        async with standing() as scene:
            async with connected(scene, "forged") as api:
                with pytest.raises(openai.AuthenticationError):
                    await api.models.list()
            async with connected(scene) as api:
                with pytest.raises(openai.BadRequestError) as fault:
                    await api.embeddings.create(model="m", input="x", extra_body={"surprise": 1})
                assert (fault.value.code, fault.value.param) == ("field-unknown", "surprise")
                scene.waits["workload.drill"] = 1
                with pytest.raises(openai.RateLimitError):
                    await api.models.list()

    run(scenario())
