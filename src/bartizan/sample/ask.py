"""What clients ask of the sample: the requests of OpenAI's API that it understands, typed and bounded.

Rules of this file: fields that the sample has no use for are ignored, as OpenAI-compatible servers do;
fields that it reads have their type and their limit, and a fault names the field.
Source: OpenAI API reference, chat completions, completions, embeddings.
"""

from typing import Annotated, Any, Literal, TypeVar

import msgspec

MOST_MESSAGES = 512
MOST_TOOLS = 64
MOST_INPUTS = 2048
"""Texts of one embeddings request."""
MOST_DIMENSIONS = 1536
MOST_TOKENS = 4096
"""Tokens of one answer, whatever the client asks for."""


class RequestRefused(ValueError):
    """A request that the sample does not answer.

    Attributes:
        status: the HTTP status.
        code: the fault, a word of OpenAI's or the same style.
        what: a sentence for people.
        param: the field at fault, if it is one.
    """

    def __init__(self, status: int, code: str, what: str, param: str | None = None) -> None:
        """Carry the facts."""
        super().__init__(what)
        self.status, self.code, self.what, self.param = status, code, what, param


class Part(msgspec.Struct, frozen=True):
    """A piece of a message's content; only text is read."""

    type: str
    text: str = ""


class CalledFunction(msgspec.Struct, frozen=True):
    """The function of an earlier tool call."""

    name: str
    arguments: str = "{}"


class ToolCall(msgspec.Struct, frozen=True):
    """An earlier call that the client hands back with the conversation."""

    id: str
    function: CalledFunction


class Message(msgspec.Struct, frozen=True):
    """One message of a conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Part] | None = None
    tool_calls: list[ToolCall] | None = None
    tool_call_id: str | None = None

    @property
    def text(self) -> str:
        """The text of the content; parts of other kinds are left out."""
        if self.content is None or isinstance(self.content, str):
            return self.content or ""
        return "\n".join(part.text for part in self.content if part.text)


class Function(msgspec.Struct, frozen=True):
    """A function that the client offers."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    description: str | None = None
    parameters: dict[str, Any] | None = None


class Tool(msgspec.Struct, frozen=True):
    """A tool that the client offers."""

    function: Function
    type: Literal["function"] = "function"


class ChosenTool(msgspec.Struct, frozen=True):
    """A tool that the client demands."""

    function: CalledFunction


class StreamOptions(msgspec.Struct, frozen=True):
    """How a stream is told."""

    include_usage: bool = False


Limit = Annotated[int, msgspec.Meta(ge=1)]
Stops = str | Annotated[list[str], msgspec.Meta(max_length=8)] | None


class Chat(msgspec.Struct, frozen=True):
    """A request of /v1/chat/completions."""

    model: str
    messages: Annotated[list[Message], msgspec.Meta(min_length=1, max_length=MOST_MESSAGES)]
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    tools: Annotated[list[Tool], msgspec.Meta(max_length=MOST_TOOLS)] | None = None
    tool_choice: Literal["none", "auto", "required"] | ChosenTool | None = None
    parallel_tool_calls: bool | None = True
    max_tokens: Limit | None = None
    max_completion_tokens: Limit | None = None
    temperature: float | None = None
    stop: Stops = None
    n: Literal[1] | None = 1

    @property
    def limit(self) -> int:
        """The most tokens that the answer may have."""
        asked = self.max_completion_tokens or self.max_tokens or MOST_TOKENS
        return min(asked, MOST_TOKENS)

    @property
    def stops(self) -> tuple[str, ...]:
        """The texts before which the answer ends."""
        given = [self.stop] if isinstance(self.stop, str) else self.stop or []
        return tuple(text for text in given if text)


class Completion(msgspec.Struct, frozen=True):
    """A request of /v1/completions."""

    model: str
    prompt: str | Annotated[list[str], msgspec.Meta(min_length=1, max_length=1)]
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    max_tokens: Limit | None = None
    temperature: float | None = None
    stop: Stops = None
    n: Literal[1] | None = 1

    def as_chat(self) -> Chat:
        """Return the conversation of one message that says the same."""
        return Chat(
            model=self.model,
            messages=[Message("user", self.prompt if isinstance(self.prompt, str) else self.prompt[0])],
            stream=self.stream,
            stream_options=self.stream_options,
            max_tokens=self.max_tokens,
            temperature=self.temperature,
            stop=self.stop,
        )


class Embedding(msgspec.Struct, frozen=True):
    """A request of /v1/embeddings."""

    model: str
    input: str | Annotated[list[str], msgspec.Meta(min_length=1, max_length=MOST_INPUTS)]
    encoding_format: Literal["float", "base64"] | None = "float"
    dimensions: Annotated[int, msgspec.Meta(ge=1, le=MOST_DIMENSIONS)] | None = None

    @property
    def texts(self) -> list[str]:
        """The texts to embed."""
        return [self.input] if isinstance(self.input, str) else self.input


Asked = TypeVar("Asked", Chat, Completion, Embedding)


def parse(body: bytes, kind: type[Asked]) -> Asked:
    """Return the typed request of a body.

    Raises:
        RequestRefused: not JSON (400 `invalid_json`), or a field is missing, of another type or too large.
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as fault:
        what, _, path = str(fault).partition(" - at `")
        param = path.rstrip("`").removeprefix("$.") or None
        raise RequestRefused(400, "invalid_value", what, param) from fault
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise RequestRefused(400, "invalid_json", "The body is not JSON.") from fault
