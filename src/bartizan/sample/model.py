"""What answers behind the sample's wire: the gullible assistant, or a real local language model (gemma.py)."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Literal, Protocol

import msgspec
from typing_extensions import override

from bartizan.sample.ask import Chat
from bartizan.sample.assistant import answer, input_tokens, pieces
from bartizan.sample.tool_call import Call


class End(msgspec.Struct, frozen=True):
    """The end of an answer: why it ends, and the tokens read and said."""

    finish: Literal["stop", "length", "tool_calls"]
    input: int
    output: int


Piece = str | Call | End
"""A piece of an answer as it comes: text, a tool call, and exactly one `End` as the last."""


class Model(Protocol):
    """What answers a conversation, piece by piece."""

    @property
    def name(self) -> str:
        """The id under which /v1/models lists it."""
        ...

    def speak(self, chat: Chat) -> AsyncGenerator[Piece, None]:
        """Yield the answer's pieces as they are made, the `End` last; closing the generator stops it.

        Raises:
            RequestRefused: the model cannot do what the client asks for.
        """
        ...


def chosen(models: Sequence[Model], name: str) -> Model:
    """Return the model that a request names; of a name that none has, the last, as small servers do.

    Args:
        models: at least one; the gullible assistant first, which the drill names.
        name: out of the request.
    """
    return next((model for model in models if model.name == name), models[-1])


class Gullible(Model):
    """The assistant that obeys whatever it reads.

    Args:
        prompt: its system prompt, with the secret.
        pause_ms: milliseconds between two pieces, so that a stream takes time as a real model's does.
    """

    __slots__ = ("_pause_ms", "_prompt")

    def __init__(self, prompt: str, pause_ms: int = 0) -> None:
        """Hold the prompt."""
        self._prompt, self._pause_ms = prompt, pause_ms

    @property
    @override
    def name(self) -> str:
        """The id of the model, as requests name it."""
        return "sample"

    @override
    async def speak(self, chat: Chat) -> AsyncGenerator[Piece, None]:
        """Yield the words of the answer, then the calls, then the end."""
        made = answer(chat, self._prompt)
        words = pieces(made.text)
        pause_s = max(self._pause_ms, made.pause_ms) / 1000
        for index, word in enumerate(words):
            if index and pause_s and chat.stream:
                await asyncio.sleep(pause_s)
            yield word
        for call in made.calls:
            yield call
        spoken = len(words) + sum(len(pieces(call.arguments)) + 1 for call in made.calls)
        yield End(made.finish, input_tokens(chat, self._prompt), spoken)
