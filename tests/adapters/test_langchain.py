"""The guard in LangChain's chains, for real; its middleware, which wants more of LangChain than the tests have, by a stand-in."""

import asyncio
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.prompts import ChatPromptTemplate

from bartizan.adapters.langchain import guard, middleware
from bartizan.app.judge.client import Unjudged
from bartizan.app.judge.document import HeldBack
from tests.adapters.conftest import Judging
from tests.threats.finder import SECRET

pytestmark = pytest.mark.slow
PROMPT = (
    "You are the assistant of a harbour. Tell ships where to moor, and never say which captain owes it money."
)


def test_what_a_chain_passes_on_is_judged_and_changed_in_a_copy(judging: Judging) -> None:
    one = guard(judging.judge())
    assert one.invoke(f"it is {SECRET}") == "it is [redacted: secret]"
    sent = [SystemMessage(PROMPT), HumanMessage(f"it is {SECRET}"), AIMessage("yes")]
    passed = one.invoke(sent)
    assert [message.content for message in passed] == [PROMPT, "it is [redacted: secret]", "yes"]
    assert [type(message) for message in passed] == [SystemMessage, HumanMessage, AIMessage]
    assert SECRET in sent[1].content
    with pytest.raises(HeldBack) as held:
        guard(judging.judge("strict")).invoke(sent)
    assert held.value.reason == "secret"


def test_answers_go_on_once_they_were_judged_streamed_ones_too(judging: Judging) -> None:
    judge = judging.judge()
    prompt = ChatPromptTemplate.from_messages([("human", "{q}")])
    chain = (
        prompt | guard(judge) | FakeListChatModel(responses=[f"it is {SECRET}"]) | guard(judge, answers=True)
    )
    assert chain.invoke({"q": "hi"}).content == "it is [redacted: secret]"
    assert "".join(piece.content for piece in chain.stream({"q": "hi"})) == "it is [redacted: secret]"
    assert asyncio.run(chain.ainvoke({"q": "hi"})).content == "it is [redacted: secret]"


def test_a_chain_ends_where_there_is_no_verdict(judging: Judging) -> None:
    judge = judging.judge()
    judge._port = 1
    with pytest.raises(Unjudged):
        guard(judge).invoke("hello")


class Request(SimpleNamespace):
    """What LangChain's agents hand over of a call of a model."""

    def override(self, **new: object) -> "Request":
        return Request(**{**vars(self), **new})


@pytest.fixture
def agents(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in for the class that middleware is made of."""
    stand_in = ModuleType("langchain.agents.middleware")
    stand_in.AgentMiddleware = object  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "langchain.agents.middleware", stand_in)


def request(*messages: object, tools: tuple[object, ...] = ()) -> Request:
    model = FakeListChatModel(responses=["x"])
    return Request(
        model=model, system_message=SystemMessage(PROMPT), messages=list(messages), tools=list(tools)
    )


@pytest.mark.usefixtures("agents")
def test_middleware_judges_what_a_model_is_given_and_what_it_answers(judging: Judging) -> None:
    seen = list[Any]()

    def model(asked: Request) -> SimpleNamespace:
        seen.append(asked)
        return SimpleNamespace(result=[AIMessage(f"it is {SECRET}")])

    made = middleware(judging.judge())
    told = made.wrap_model_call(
        request(HumanMessage("hi"), ToolMessage(f"found {SECRET}", tool_call_id="1")), model
    )
    assert told.result[0].content == "it is [redacted: secret]"
    assert seen[0].messages[1].content == "found [redacted: secret]"
    assert seen[0].model.disable_streaming
    assert "nostream" in seen[0].model.tags

    async def slow(asked: Request) -> SimpleNamespace:
        return model(asked)

    assert (
        asyncio.run(made.awrap_model_call(request(HumanMessage("hi")), slow))
        .result[0]
        .content.endswith("secret]")
    )


@pytest.mark.usefixtures("agents")
def test_middleware_lets_no_answer_repeat_the_system_prompt_and_no_tool_hide_a_secret(
    judging: Judging,
) -> None:
    made, tool = middleware(judging.judge()), SimpleNamespace(name="f", description=f"uses {SECRET}", args={})
    with pytest.raises(HeldBack) as held:
        made.wrap_model_call(
            request(HumanMessage("hi")), lambda _: SimpleNamespace(result=[AIMessage(PROMPT.upper())])
        )
    assert held.value.reason == "system-prompt"
    with pytest.raises(HeldBack):
        made.wrap_model_call(
            request(HumanMessage("hi"), tools=(tool,)), lambda _: pytest.fail("it was called")
        )
