"""A guardrail for LiteLLM: asks a Bartizan platform for its verdict on requests and answers.

In LiteLLM's configuration, `guardrail: bartizan.adapters.litellm.Guardrail`, with `url`, `ca`, `token_url`, `client_id` and
`client_secret` (a reference, `env:NAME` or `file:PATH`) beside it; docs/guard.md has an example.

Rules of this file: closed. Without a verdict nothing goes on, nor where there is something that nobody can read.
LiteLLM is imported when `Guardrail` is first asked for.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from importlib import import_module
from typing import Any, Final, ParamSpec, TypeVar

import bartizan
from bartizan.app.judge.client import Judge, Unjudged
from bartizan.app.judge.document import Change, HeldBack, changed, judged_answer, judged_request, plain
from bartizan.app.judge.stream import joined
from bartizan.threats.verdict import UNINSPECTED

TEXTS: Final = (
    *(
        "messages",
        "prompt",
        "input",
        "instructions",
        "system",
        "suffix",
        "prediction",
        "query",
        "documents",
        "contents",
    ),
    *("system_instruction", "systemInstruction", "tools", "functions", "response_format", "text"),
)
"""Members of a request that models read, of whichever API; what else LiteLLM holds of one is its own."""
_HELD_BACK, _UNJUDGED = 400, 503
P = ParamSpec("P")
R = TypeVar("R")


class Hooks:
    """What LiteLLM calls.

    Attributes:
        judge: asks.
    """

    judge: Judge

    async def async_pre_call_hook(self, *, data: dict[str, Any], **_: object) -> dict[str, Any]:
        """Return a request as it may go on (`mode: pre_call`)."""
        return await _ruled(self._request, data)

    async def async_moderation_hook(self, *, data: dict[str, Any], **_: object) -> dict[str, Any]:
        """Judge a request that is under way already (`mode: during_call`): what would be taken out is held back."""
        await _ruled(self._under_way, data)
        return data

    async def async_post_call_success_hook(self, *, data: dict[str, Any], response: R, **_: object) -> R:
        """Return an answer as it may go on (`mode: post_call`)."""
        return await _ruled(self._answer, response, data)

    async def async_post_call_streaming_iterator_hook(
        self, *, response: AsyncIterator[R], request_data: dict[str, Any], **_: object
    ) -> AsyncIterator[R]:
        """Yield a streamed answer once all of it was judged; what would be taken out holds it back."""
        pieces = [piece async for piece in response]
        await _ruled(self._stream, pieces, request_data)
        for piece in pieces:
            yield piece

    def _request(self, data: dict[str, Any]) -> dict[str, Any]:
        changes = self._changes(data)
        return {**data, **changed(_texts(data), changes)} if changes else data

    def _under_way(self, data: dict[str, Any]) -> None:
        _require_none(self._changes(data))

    def _changes(self, data: dict[str, Any]) -> tuple[Change, ...]:
        texts = _texts(data)
        if not texts:
            raise HeldBack(
                UNINSPECTED, "LiteLLM's request has no member that this adapter knows to hold text"
            )
        return judged_request(self.judge, plain(texts))

    def _answer(self, response: R, data: dict[str, Any]) -> R:
        return changed(response, judged_answer(self.judge, plain(response), plain(_texts(data))))

    def _stream(self, pieces: list[R], data: dict[str, Any]) -> None:
        _require_none(judged_answer(self.judge, joined(pieces), plain(_texts(data))))


def _require_none(changes: tuple[Change, ...]) -> None:
    """Hold back what goes on as it is, where something would have to be taken out of it."""
    if changes:
        what = "nothing can be taken out of a request that is under way, nor of an answer that streams"
        raise HeldBack(changes[0].reason, f"held back by the content guard: {changes[0].reason}; {what}")


def _texts(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: data[name] for name in TEXTS if data.get(name) is not None}


async def _ruled(judge: Callable[P, R], *of: P.args, **by: P.kwargs) -> R:
    """Return what comes of judging beside the loop, or raise what LiteLLM's clients understand."""
    try:
        return await asyncio.to_thread(judge, *of, **by)
    except HeldBack as held:
        raise _fault(_HELD_BACK, held.reason, str(held)) from held
    except Unjudged as fault:
        raise _fault(_UNJUDGED, fault.reason or "inspection-unavailable", str(fault)) from fault


def _fault(status: int, reason: str, what: str) -> Exception:
    raised: Exception = import_module("fastapi").HTTPException(
        status_code=status, detail={"error": what, "code": reason}
    )
    return raised


def guardrail(base: Any) -> Any:  # noqa: ANN401 - classes
    """Return LiteLLM's guardrail, made of its class `CustomGuardrail`."""

    def made(self: Any, **configured: Any) -> None:  # noqa: ANN401 - of the class that is made here
        """Take `url`, `ca`, `token_url`, `client_id`, `client_secret`, perhaps `profile`, and what is LiteLLM's own."""
        token_url, client, secret = (configured.pop(name) for name in _CLIENT)
        url, ca, profile = configured.pop("url"), configured.pop("ca"), configured.pop("profile", "standard")
        provider = bartizan.token_provider.bound_for_client(token_url, client, secret, ca=ca)
        self.judge = Judge(url, provider, ca=ca, profile=profile)
        base.__init__(self, **configured)

    # LiteLLM looks for hooks in the class itself: one that is inherited would let streams pass unjudged
    hooks = {name: member for name, member in vars(Hooks).items() if callable(member)}
    return type("Guardrail", (base,), {**hooks, "__init__": made})


_CLIENT: Final = ("token_url", "client_id", "client_secret")


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a class
    """Return `Guardrail`, made of LiteLLM's class when it is first asked for."""
    if name != "Guardrail":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = made = guardrail(import_module("litellm.integrations.custom_guardrail").CustomGuardrail)
    return made
