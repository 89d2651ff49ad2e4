"""The official client for Azure works through the gateway, and a deployment is the model that decisions are made on."""

import json
from typing import Any

import openai
import pytest

from tests.gateway.scene import CHAT, GOOD, Answer, Scene, client, request, run, standing
from tests.gateway.test_responses import answering as responding

VERSION = "2024-10-21"
PATH = b"/az/openai/deployments/gpt-x/chat/completions"
DATED = PATH + b"?api-version=2024-10-21"


def connected(scene: Scene, **more: Any) -> openai.AsyncAzureOpenAI:  # noqa: ANN401 - its options
    return openai.AsyncAzureOpenAI(
        azure_endpoint=f"http://127.0.0.1:{scene.port}/az", api_version=VERSION, max_retries=0, **more
    )


async def chat(api: openai.AsyncOpenAI, model: str = "gpt-x") -> str:
    made = await api.chat.completions.create(model=model, messages=[{"role": "user", "content": "hi"}])
    return str(made.choices[0].message.content)


@pytest.mark.parametrize("credential", ["api_key", "azure_ad_token"])
def test_a_chat_goes_to_the_deployment_with_the_gateways_key(credential: str) -> None:
    async def scenario() -> None:
        async with standing() as scene, connected(scene, **{credential: GOOD}) as api:
            assert await chat(api) == "hello"
            (received,) = scene.upstream.received
            assert received.target == b"/openai/deployments/gpt-x/chat/completions?api-version=2024-10-21"
            assert received.header(b"api-key") == b"upstream-key"
            assert received.header(b"authorization") is None
            assert "model" not in json.loads(received.body)
            assert scene.decided == [("workload.drill", "chat", "gpt-x")]

    run(scenario())


def test_a_model_beside_the_deployment_decides_nothing_and_goes_nowhere() -> None:
    async def scenario() -> None:
        async with (
            standing() as scene,
            connected(scene, api_key=GOOD, azure_deployment="gpt-x") as api,
        ):
            assert await chat(api, "forbidden-model") == "hello"
            await api.embeddings.create(model="forbidden-model", input=["a"], encoding_format="float")
            assert [asked[1:] for asked in scene.decided] == [("chat", "gpt-x"), ("embed", "gpt-x")]
            assert all(b"forbidden" not in received.body for received in scene.upstream.received)

    run(scenario())


def test_responses_and_models_are_there_by_version() -> None:
    async def scenario() -> None:
        async with standing() as scene, connected(scene, api_key=GOOD) as api:
            scene.upstream.script = responding
            assert (await api.responses.create(model="gpt-x", input="hi")).output_text == "hello"
            await api.responses.delete("resp_1")
            assert [received.target for received in scene.upstream.received] == [
                b"/openai/responses?api-version=2024-10-21",
                b"/openai/responses/resp_1?api-version=2024-10-21",
            ]

    run(scenario())


def test_the_newer_form_is_openais_own_without_a_version() -> None:
    async def scenario() -> None:
        async with standing() as scene:
            url = f"http://127.0.0.1:{scene.port}/az/openai/v1/"
            async with openai.AsyncOpenAI(base_url=url, api_key=GOOD, max_retries=0) as api:
                assert await chat(api) == "hello"
            (received,) = scene.upstream.received
            assert received.target == b"/openai/v1/chat/completions"
            assert json.loads(received.body)["model"] == "gpt-x"
            assert scene.decided == [("workload.drill", "chat", "gpt-x")]

    run(scenario())


async def asked(scene: Scene, path: bytes, body: bytes = CHAT, *lines: bytes, bearer: str = GOOD) -> Answer:
    async with client(scene) as one:
        return await one.ask(request(b"POST", path, body, *lines, bearer=bearer))


@pytest.mark.parametrize(
    ("path", "word"),
    [
        (PATH, "query-missing"),
        (PATH + b"?api-version=2024-10-21&api-version=2024-10-21", "query-repeated"),
        (PATH + b"?api-version=latest", "query-invalid"),
        (PATH + b"?api-version=2024-10-21&x=1", "query-unknown"),
        (b"/az/openai/deployments/a.b/../chat/completions", "path-dot-segment"),
        (b"/az/openai/deployments/-a/chat/completions?api-version=2024-10-21", "route-unknown"),
        (b"/az/openai/deployments/a/b/chat/completions?api-version=2024-10-21", "route-unknown"),
        (b"/az/openai/deployments/a/images/generations?api-version=2024-10-21", "route-unknown"),
        (b"/az/v1/chat/completions", "route-unknown"),
        (b"/openai/v1/chat/completions", "route-unknown"),
    ],
)
def test_what_no_route_takes_is_refused(path: bytes, word: str) -> None:
    async def scenario() -> None:
        async with standing() as scene:
            assert (await asked(scene, path)).reason == word
            assert scene.upstream.received == []

    run(scenario())


@pytest.mark.parametrize(
    ("lines", "bearer", "status"),
    [
        ((b"api-key: good",), "", 200),
        ((b"api-key: good",), "good", 200),
        ((b"api-key: good",), "other", 400),
        ((b"api-key: bad",), "", 401),
        ((b"x-api-key: good",), "", 401),
    ],
)
def test_a_token_stands_in_one_place_or_twice_the_same(
    lines: tuple[bytes, ...], bearer: str, status: int
) -> None:
    async def scenario() -> None:
        async with standing() as scene:
            assert (await asked(scene, DATED, CHAT, *lines, bearer=bearer)).status == status

    run(scenario())


def test_a_model_named_twice_is_refused_although_none_goes_on() -> None:
    async def scenario() -> None:
        async with standing() as scene:
            body = b'{"model":"a","model":"b","messages":[{"role":"user","content":"x"}]}'
            assert (await asked(scene, DATED, body)).reason == "json-member-repeated"

    run(scenario())


def test_the_client_understands_a_refusal() -> None:
    async def scenario() -> None:
        async with standing(lambda scene: scene.forbidden.add("chat")) as scene:
            async with connected(scene, api_key="forged") as api:
                with pytest.raises(openai.AuthenticationError):
                    await chat(api)
            async with connected(scene, api_key=GOOD) as api:
                with pytest.raises(openai.PermissionDeniedError) as fault:
                    await chat(api)
            assert fault.value.code == "not-permitted"

    run(scenario())
