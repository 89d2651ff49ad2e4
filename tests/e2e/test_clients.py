"""The clients that people have, unmodified, through one platform to services of three protocols."""

import json
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import anthropic
import openai
import pytest
from openai import DefaultHttpxClient

from tests.e2e.conftest import Platform, start
from tests.e2e.provider import SAID, WORDS, provider
from tests.sealed import files

pytestmark = pytest.mark.slow

KEYS = {"plain": "sk-openai-0123456789", "claude": "sk-ant-0123456789", "az": "azure-0123456789"}
SERVICE = """
[[service]]
name = "{name}"
upstream = "http://127.0.0.1:{port}{path}"
protocol = "{protocol}"
allow_private = ["127.0.0.1:{port}"]
credential = "env:{name}_key"
"""
VERSION = "2024-10-21"
HI: Any = [{"role": "user", "content": "hi"}]


@dataclass(frozen=True, slots=True)
class Bed:
    """A platform before a service, and what the service was asked."""

    platform: Platform
    token: str
    trust: ssl.SSLContext
    asked: list[dict[str, Any]]

    def options(self, line: DefaultHttpxClient | None = None) -> dict[str, Any]:
        """What every client is told beside its address; one closes the connections that it is not given."""
        return {"api_key": self.token, "max_retries": 0, "http_client": line or self.line()}

    def line(self) -> DefaultHttpxClient:
        return DefaultHttpxClient(verify=self.trust)

    def last(self) -> dict[str, Any]:
        return self.asked[-1]


@pytest.fixture(scope="module")
def bed() -> Iterator[Bed]:
    with ExitStack() as stack:
        port, asked = stack.enter_context(provider())
        said = "".join(
            SERVICE.format(name=name, port=port, path=path, protocol=protocol)
            for name, path, protocol in (
                ("plain", "/v1", "openai"),
                ("claude", "", "anthropic"),
                ("az", "", "azure"),
            )
        )
        running = start(
            stack,
            configuration=said,
            environment={f"{name}_key": key for name, key in KEYS.items()},
        )
        trust = ssl.create_default_context(cafile=str(running.authority))
        yield Bed(running, running.token(), trust, asked)


def test_openais_client_chats_and_responds(bed: Bed) -> None:
    with openai.OpenAI(base_url=f"{bed.platform.url}/v1", **bed.options()) as api:
        made = api.chat.completions.create(model="m", messages=HI)
        assert made.choices[0].message.content == SAID
        chunks = api.chat.completions.create(
            model="m", messages=HI, stream=True, stream_options={"include_usage": True}
        )
        words = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices]
        assert [word for word in words if word] == list(WORDS)
        assert [model.id for model in api.models.list()] == ["m"]
        assert api.responses.create(model="m", input="hi").output_text == SAID
        with api.responses.stream(model="m", input="hi") as stream:
            assert "".join(one.delta for one in stream if one.type == "response.output_text.delta") == SAID
        assert api.responses.retrieve("resp_1").id == "resp_1"
    assert bed.last()["fields"]["authorization"] == f"Bearer {KEYS['plain']}"
    assert bed.last()["path"] == "/v1/responses/resp_1"


def test_anthropics_client_sends_messages(bed: Bed) -> None:
    with anthropic.Anthropic(base_url=f"{bed.platform.url}/claude", **bed.options()) as api:
        raw = api.messages.with_raw_response.create(model="m", max_tokens=9, messages=HI)
        said = raw.parse()
        assert [block.type == "text" and block.text for block in said.content] == [SAID]
        with api.messages.stream(model="m", max_tokens=9, messages=HI) as stream:
            assert list(stream.text_stream) == list(WORDS)
        assert api.messages.count_tokens(model="m", messages=HI).input_tokens == 3
        assert [model.id for model in api.models.list()] == ["m"]
    fields = bed.last()["fields"]
    assert fields["x-api-key"] == KEYS["claude"]
    assert "authorization" not in fields
    completed = bed.platform.record(raw.headers["x-request-id"], "gateway.request.completed")
    assert (completed["detail"]["input"], completed["detail"]["output"]) == (3, 2)


def test_a_client_that_shows_its_token_as_a_key_is_let_in(bed: Bed) -> None:
    options = bed.options() | {"api_key": "none", "default_headers": {"x-api-key": bed.token}}
    with anthropic.Anthropic(base_url=f"{bed.platform.url}/claude", **options) as api:
        with pytest.raises(anthropic.BadRequestError) as fault:
            api.models.list()
        assert isinstance(fault.value.body, dict)
        assert fault.value.body["error"]["code"] == "credentials-differ"
        listed = api.models.list(extra_headers={"Authorization": anthropic.omit})
        assert [model.id for model in listed] == ["m"]


def test_azures_client_reaches_deployments(bed: Bed) -> None:
    endpoint = f"{bed.platform.url}/az"
    with openai.AzureOpenAI(azure_endpoint=endpoint, api_version=VERSION, **bed.options()) as api:
        assert api.chat.completions.create(model="dep", messages=HI).choices[0].message.content == SAID
        assert bed.last()["path"] == f"/openai/deployments/dep/chat/completions?api-version={VERSION}"
        assert bed.last()["fields"]["api-key"] == KEYS["az"]
        assert bed.last()["body"] == {"messages": HI}
        stream = api.chat.completions.create(model="dep", messages=HI, stream=True)
        assert "".join(one.choices[0].delta.content or "" for one in stream if one.choices) == SAID
        assert api.responses.create(model="dep", input="hi").output_text == SAID
        assert bed.last()["path"] == f"/openai/responses?api-version={VERSION}"
    with openai.OpenAI(base_url=f"{endpoint}/openai/v1/", **bed.options()) as api:
        assert api.embeddings.create(model="dep", input="a", encoding_format="float").data[0].index == 0
    assert bed.last()["path"] == "/openai/v1/embeddings"


@pytest.mark.parametrize("responses", [False, True])
def test_langchains_client_chats(bed: Bed, responses: bool) -> None:  # noqa: FBT001 - a parameter
    from langchain_openai import ChatOpenAI  # noqa: PLC0415 - takes a second, which every process would pay

    with bed.line() as line:
        model = ChatOpenAI(
            model="m",
            base_url=f"{bed.platform.url}/v1",
            use_responses_api=responses,
            temperature=0.5,
            **bed.options(line),
        )
        assert model.invoke("hi").text == SAID
        assert "".join(piece.text for piece in model.stream("hi")) == SAID
        called = model.bind_tools([{"name": "f", "description": "d", "parameters": {"type": "object"}}])
        assert called.invoke([("system", "be kind"), ("user", "hi"), model.invoke("hi")]).text == SAID
    assert bed.last()["path"] == ("/v1/responses" if responses else "/v1/chat/completions")


def test_langchains_client_for_azure_chats(bed: Bed) -> None:
    from langchain_openai import AzureChatOpenAI  # noqa: PLC0415 - as above

    with bed.line() as line:
        model = AzureChatOpenAI(
            azure_endpoint=f"{bed.platform.url}/az",
            azure_deployment="dep",
            api_version=VERSION,
            **bed.options(line),
        )
        assert model.invoke("hi").text == SAID
        assert "".join(piece.text for piece in model.stream("hi")) == SAID


def test_none_of_the_keys_and_no_prompt_is_on_record(bed: Bed) -> None:
    said = bed.platform.run("ledger", "query", "--json", "--kind", "gateway.request.admitted").stdout
    routes = {(event["detail"]["service"], event["detail"]["route"]) for event in json.loads(said)}
    assert routes >= {
        ("plain", "chat"),
        ("plain", "responses"),
        ("plain", "response"),
        ("claude", "messages"),
        ("claude", "count-tokens"),
        ("az", "chat"),
        ("az", "responses"),
    }
    everything = b"".join(octets for _, octets in files(bed.platform.state))
    for secret in (*KEYS.values(), "resp_1", '"hi"'):
        assert secret.encode() not in everything
