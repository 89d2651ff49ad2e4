"""A guard for LangChain: a runnable for chains, and middleware for agents, by the verdicts of a Bartizan platform.

    judge = bartizan.judge_client("https://localhost:8443", provider, ca=".bartizan/ca.pem")
    chain = prompt | guard(judge) | model | guard(judge, answers=True)
    agent = create_agent(model, tools, middleware=[middleware(judge)])

Rules of this file: closed. What is held back raises `HeldBack`, and where there is no verdict, `Unjudged`; what is taken out
is taken out of a copy. LangChain is imported when one of these is made.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from typing import Any, Final, TypeVar

from bartizan.app.judge.client import Judge
from bartizan.app.judge.document import changed, judged_answer, judged_request, plain
from bartizan.threats.parts import Json

R = TypeVar("R")
A = TypeVar("A")
_ROLES: Final[Mapping[str, str]] = {
    "human": "user",
    "HumanMessageChunk": "user",
    "ai": "assistant",
    "AIMessageChunk": "assistant",
    "system": "system",
    "SystemMessageChunk": "system",
    "tool": "tool",
    "ToolMessageChunk": "tool",
    "function": "function",
    "FunctionMessageChunk": "function",
}
"""`type` of LangChain's messages -> whose words they are, as every API has it."""


def guard(judge: Judge, *, answers: bool = False) -> Any:  # noqa: ANN401 - a Runnable
    """Return a runnable that passes on what it was given, judged: a text, messages, a prompt or documents.

    Args:
        judge: asks.
        answers: whether what it is given are a model's answers; a stream of them goes on once it is whole.
    """
    judged = _answer if answers else _request

    def one(value: R) -> R:
        return judged(judge, value)

    async def beside(value: R) -> R:
        return await asyncio.to_thread(one, value)

    return import_module("langchain_core.runnables").RunnableLambda(one, afunc=beside, name="bartizan-guard")


def middleware(judge: Judge) -> Any:  # noqa: ANN401 - an AgentMiddleware
    """Return middleware that judges all that a model is given, each time, and what it answers before anything is done with it."""
    base = import_module("langchain.agents.middleware").AgentMiddleware

    def wrap_model_call(_: object, request: R, handler: Callable[[R], A]) -> A:
        asked = _asked(judge, request)
        return _told(judge, asked, handler(asked))

    async def awrap_model_call(_: object, request: R, handler: Callable[[R], Awaitable[A]]) -> A:
        asked = await asyncio.to_thread(_asked, judge, request)
        return await asyncio.to_thread(_told, judge, asked, await handler(asked))

    hooks = {"wrap_model_call": wrap_model_call, "awrap_model_call": awrap_model_call}
    return type("BartizanGuard", (base,), hooks)()


def _asked(judge: Judge, asked: R) -> R:
    """Return what a model is to be given."""
    request: Any = asked  # a ModelRequest
    given = {"system": request.system_message, "messages": list(request.messages)}
    tools = [_tool(each) for each in request.tools]
    changes = judged_request(judge, _with_roles(plain({**given, "tools": tools})))
    new = changed(given, changes)
    rewritten: R = request.override(
        model=_quiet(request.model), system_message=new["system"], messages=new["messages"]
    )
    return rewritten


def _quiet(model: Any) -> Any:  # noqa: ANN401 - a chat model
    """Return a model of which nobody hears before its answer was judged: it does not stream, nor does LangGraph for it."""
    return model.model_copy(update={"disable_streaming": True, "tags": [*(model.tags or ()), "nostream"]})


def _told(judge: Judge, asked: object, answered: A) -> A:
    """Return what a model answered, as it may go on."""
    request: Any = asked
    response: Any = answered  # a ModelResponse
    said = _with_roles(plain([request.system_message, *request.messages]))
    messages = list(response.result)
    new = changed(messages, judged_answer(judge, _with_roles(plain(messages)), said))
    if new is not messages:
        response.result = new
    return answered


def _tool(tool: Any) -> object:  # noqa: ANN401 - a dictionary, or a tool of LangChain
    if isinstance(tool, dict):
        return tool
    return {"name": tool.name, "description": tool.description, "parameters": tool.args}


def _request(judge: Judge, value: R) -> R:
    return changed(value, judged_request(judge, _with_roles(plain(value))))


def _answer(judge: Judge, value: R) -> R:
    return changed(value, judged_answer(judge, _with_roles(plain(value))))


def _with_roles(document: Json) -> Json:
    """Return a document in which messages say whose they are in the word that every API has for it."""
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            waiting += value.values()
            kind = value.get("type")
            if isinstance(kind, str) and kind in _ROLES and "content" in value:
                value["role"] = _ROLES[kind]
    return document
