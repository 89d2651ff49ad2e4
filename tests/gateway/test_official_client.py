"""The official client of the API works through the gateway: nothing that it sends is refused."""

import asyncio
import base64
import json
from array import array
from typing import Any

import openai
import pydantic
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


def completion(**message: object) -> bytes:
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": None, **message},
        "finish_reason": "stop",
    }
    return answering(
        {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
    )


def test_images_files_and_sound_arrive_as_they_were_sent() -> None:
    async def script(_received: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(completion(content="a cat"))

    async def scenario() -> None:
        async with standing() as scene, connected(scene) as api:
            scene.upstream.script = script
            parts: list[Any] = [
                {"type": "text", "text": "what is this?"},
                {
                    "type": "image_url",
                    "image_url": {"url": "data:image/png;base64,iVBO//+=", "detail": "low"},
                },
                {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
                {
                    "type": "file",
                    "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBE"},
                },
            ]
            answer = await api.chat.completions.create(
                model="m", messages=[{"role": "user", "content": parts}]
            )
            assert answer.choices[0].message.content == "a cat"
            assert json.loads(scene.upstream.received[-1].body)["messages"][0]["content"] == parts

    run(scenario())


class Weather(pydantic.BaseModel):
    """How it is somewhere."""

    place: str
    degrees: float


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")  # the client's own, of what it parsed
def test_what_the_client_parsed_goes_back_as_what_was_said() -> None:
    made = {
        "id": "1",
        "type": "function",
        "function": {"name": "Weather", "arguments": '{"place":"x","degrees":2}'},
    }

    async def script(_received: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(completion(content='{"place":"Rome","degrees":20.5}', tool_calls=[made]))

    async def scenario() -> None:
        async with standing() as scene, connected(scene) as api:
            scene.upstream.script = script
            said: list[Any] = [{"role": "user", "content": "weather?"}]
            parsed = await api.chat.completions.parse(
                model="m",
                messages=said,
                response_format=Weather,
                tools=[openai.pydantic_function_tool(Weather)],
            )
            assert parsed.choices[0].message.parsed == Weather(place="Rome", degrees=20.5)
            back = [*said, parsed.choices[0].message, {"role": "tool", "tool_call_id": "1", "content": "ok"}]
            await api.chat.completions.create(model="m", messages=back)
            sent = json.loads(scene.upstream.received[-1].body)["messages"][1]
            assert sent["tool_calls"][0]["function"]["name"] == "Weather"

    run(scenario())


def test_embeddings_come_in_the_clients_own_base64() -> None:
    numbers = array("f", [0.5, -1.0]).tobytes()

    async def script(received: Received, writer: asyncio.StreamWriter) -> None:
        assert json.loads(received.body)["encoding_format"] == "base64"
        data = [{"object": "embedding", "index": 0, "embedding": base64.b64encode(numbers).decode()}]
        usage = {"prompt_tokens": 1, "total_tokens": 1}
        writer.write(answering({"object": "list", "model": "m", "data": data, "usage": usage}))

    async def scenario() -> None:
        async with standing() as scene, connected(scene) as api:
            scene.upstream.script = script
            for asked in ("a", ["a", "b"], [1, 2], [[1, 2], [3]]):
                embedded = await api.embeddings.create(model="m", input=asked, dimensions=2)
                assert embedded.data[0].embedding == [0.5, -1.0]

    run(scenario())


def test_what_is_not_served_says_so() -> None:
    async def scenario() -> None:
        async with standing() as scene, connected(scene) as api:
            for ask in (
                lambda: api.batches.create(
                    completion_window="24h", endpoint="/v1/chat/completions", input_file_id="f"
                ),
                lambda: api.images.generate(prompt="x"),
                api.files.list,
            ):
                with pytest.raises(openai.NotFoundError) as fault:
                    await ask()
                assert fault.value.code == "route-unknown"
                assert "batches, files, images" in fault.value.message
            assert scene.upstream.received == []

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
