"""The guardrail for LiteLLM against a real platform. LiteLLM itself is too large for the tests: a stand-in has its interface."""

import asyncio
import sys
from collections.abc import AsyncIterator
from types import ModuleType
from typing import Any

import msgspec
import pytest

from bartizan.adapters.litellm import Hooks, guardrail
from tests.adapters.conftest import Judging
from tests.threats.finder import SECRET

pytestmark = pytest.mark.slow


class Interface:
    """LiteLLM's class, as far as it is of interest."""

    def __init__(self, **configured: object) -> None:
        self.configured = configured


class Refused(Exception):
    """What LiteLLM answers clients by."""

    def __init__(self, status_code: int, detail: dict[str, str]) -> None:
        super().__init__(detail)
        self.status_code, self.detail = status_code, detail


@pytest.fixture(autouse=True)
def web(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in = ModuleType("fastapi")
    stand_in.HTTPException = Refused  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "fastapi", stand_in)


@pytest.fixture(scope="module")
def guarding(judging: Judging) -> Any:  # noqa: ANN401 - of the class that is made
    return guardrail(Interface)(**judging.configured(), guardrail_name="bartizan", default_on=True)


def chat(text: str) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": text}], "metadata": {"key": object()}}


def refused(coming: Any) -> Refused:  # noqa: ANN401 - a coroutine
    with pytest.raises(Refused) as fault:
        asyncio.run(coming)
    return fault.value


def test_it_is_configured_as_litellm_does_and_has_its_hooks_itself(guarding: Any) -> None:  # noqa: ANN401
    """LiteLLM asks the class alone whether it has a hook for streams: one that it inherits is not called."""
    assert guarding.configured == {"guardrail_name": "bartizan", "default_on": True}
    hooks = {name for name in vars(Hooks) if name.startswith("async_")}
    assert len(hooks) == 4
    assert hooks <= vars(type(guarding)).keys()


def test_a_request_goes_on_without_what_is_taken_out(guarding: Any) -> None:  # noqa: ANN401
    data = chat(f"it is {SECRET}")
    new = asyncio.run(
        guarding.async_pre_call_hook(user_api_key_dict=1, cache=2, data=data, call_type="completion")
    )
    assert new["messages"][0]["content"] == "it is [redacted: secret]"
    assert (new["model"], new["metadata"]) == ("m", data["metadata"])
    assert SECRET in data["messages"][0]["content"]
    harmless = chat("hello")
    assert asyncio.run(guarding.async_pre_call_hook(data=harmless)) is harmless


def test_beside_a_request_that_is_under_way_what_would_be_taken_out_is_held_back(guarding: Any) -> None:  # noqa: ANN401
    fault = refused(
        guarding.async_moderation_hook(data=chat(SECRET), user_api_key_dict=1, call_type="completion")
    )
    assert (fault.status_code, fault.detail["code"]) == (400, "secret")
    harmless = chat("hello")
    assert asyncio.run(guarding.async_moderation_hook(data=harmless)) is harmless


def test_what_it_does_not_know_to_read_is_held_back(guarding: Any) -> None:  # noqa: ANN401
    for data in ({"model": "m", "file": b"x"}, {"messages": [{"role": "user", "content": object()}]}):
        fault = refused(guarding.async_pre_call_hook(data=data))
        assert (fault.status_code, fault.detail["code"]) == (400, "not-inspected")


def test_an_answer_goes_on_without_what_is_taken_out(guarding: Any) -> None:  # noqa: ANN401
    answer = {"choices": [{"message": {"role": "assistant", "content": f"it is {SECRET}"}}]}
    new = asyncio.run(
        guarding.async_post_call_success_hook(data=chat("hi"), user_api_key_dict=1, response=answer)
    )
    assert new["choices"][0]["message"]["content"] == "it is [redacted: secret]"


def told(guarding: Any, pieces: list[Any]) -> list[Any]:  # noqa: ANN401
    async def coming() -> AsyncIterator[Any]:
        for piece in pieces:
            yield piece

    async def every() -> list[Any]:
        hook = guarding.async_post_call_streaming_iterator_hook
        return [
            piece async for piece in hook(user_api_key_dict=1, response=coming(), request_data=chat("hi"))
        ]

    return asyncio.run(every())


def delta(text: str) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": {"content": text}}]}


def events(*texts: str) -> list[bytes]:
    """Cut where no event ends."""
    octets = (
        b"".join(b"data: %b\n\n" % msgspec.json.encode(delta(text)) for text in texts) + b"data: [DONE]\n\n"
    )
    return [octets[at : at + 11] for at in range(0, len(octets), 11)]


@pytest.mark.parametrize("made", [lambda *texts: [*map(delta, texts)], events])
def test_a_stream_goes_on_whole_or_not_at_all_wherever_it_is_cut(guarding: Any, made: Any) -> None:  # noqa: ANN401
    harmless = made("hel", "lo")
    assert told(guarding, harmless) == harmless
    with pytest.raises(Refused) as fault:
        told(guarding, made(SECRET[:7], SECRET[7:]))
    assert (fault.value.status_code, fault.value.detail["code"]) == (400, "secret")


@pytest.mark.parametrize(
    "pieces", [[b"data: {\n\n"], [b"hello"], [b"data: {}"], [delta("x"), b"data: {}\n\n"]]
)
def test_a_stream_that_cannot_be_read_is_held_back(guarding: Any, pieces: list[Any]) -> None:  # noqa: ANN401
    with pytest.raises(Refused) as fault:
        told(guarding, pieces)
    assert fault.value.detail["code"] == "not-inspected"


def test_without_a_platform_nothing_goes_on(judging: Judging) -> None:
    away = guardrail(Interface)(**judging.configured())
    away.judge._port = 1
    for coming in (
        away.async_pre_call_hook(data=chat("hello")),
        away.async_moderation_hook(data=chat("hello")),
        away.async_post_call_success_hook(data=chat("hello"), response={"choices": [{"text": "x"}]}),
    ):
        fault = refused(coming)
        assert (fault.status_code, fault.detail["code"]) == (503, "inspection-unavailable")
