"""The requests of the OpenAI API as it is widely used: chat, completions, embeddings.

Rules of this file: shapes alone. A field that is not here is refused, so the list is generous: what the
official client can send, and what open servers (vLLM, llama.cpp, TGI) document beside it.
Source: the parameter types of the `openai` package, 3.54.0.
"""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta

from bartizan.gateway.protocols.shape import (
    Choices,
    Free,
    Heat,
    Many,
    Maybe,
    Metadata,
    Penalty,
    Seed,
    Share,
    Strict,
    Text,
    TypedPart,
)


class CacheControl(Strict, frozen=True):
    """A hint where a prompt may be cached."""

    type: Text
    ttl: Maybe[Text] = UNSET
    mode: Maybe[Text] = UNSET


class TextPart(TypedPart, tag="text", frozen=True):
    """A part of a message: text."""

    text: str
    cache_control: Maybe[CacheControl] = UNSET
    prompt_cache_breakpoint: Maybe[Free] = UNSET


class RefusalPart(TypedPart, tag="refusal", frozen=True):
    """A part of a message: the assistant's refusal."""

    refusal: str


class ImageUrl(Strict, frozen=True):
    """Where an image is, or the image itself as a data URL."""

    url: str
    detail: Maybe[Literal["auto", "low", "high", "original"]] = UNSET


class ImagePart(TypedPart, tag="image_url", frozen=True):
    """A part of a message: an image."""

    image_url: ImageUrl
    cache_control: Maybe[CacheControl] = UNSET
    prompt_cache_breakpoint: Maybe[Free] = UNSET


class InputAudio(Strict, frozen=True):
    """Sound in base64."""

    data: str
    format: Text


class AudioPart(TypedPart, tag="input_audio", frozen=True):
    """A part of a message: sound."""

    input_audio: InputAudio
    prompt_cache_breakpoint: Maybe[Free] = UNSET


class FileReference(Strict, frozen=True):
    """A file by id, or in base64."""

    file_data: Maybe[str] = UNSET
    file_id: Maybe[Text] = UNSET
    filename: Maybe[Text] = UNSET


class FilePart(TypedPart, tag="file", frozen=True):
    """A part of a message: a file."""

    file: FileReference
    prompt_cache_breakpoint: Maybe[Free] = UNSET


Content = str | list[TextPart | RefusalPart | ImagePart | AudioPart | FilePart]


class CalledFunction(Strict, frozen=True):
    """A call of a function, its arguments as JSON text; where the client's `parse` read them, it sends that back too."""

    name: Text
    arguments: str
    parsed_arguments: Any = UNSET


class CalledCustom(Strict, frozen=True):
    """A call of a custom tool."""

    name: Text
    input: str


class FunctionCall(TypedPart, tag="function", frozen=True):
    """A tool call that the assistant made: a function."""

    id: Text
    function: CalledFunction
    index: Maybe[Many] = UNSET


class CustomCall(TypedPart, tag="custom", frozen=True):
    """A tool call that the assistant made: a custom tool."""

    id: Text
    custom: CalledCustom
    index: Maybe[Many] = UNSET


class Spoken(Strict, frozen=True):
    """An earlier spoken answer, by id."""

    id: Text


class Message(Strict, tag_field="role", frozen=True):
    """A message of a conversation, told by its `role`."""


class SystemMessage(Message, tag="system", frozen=True):
    """What the application says."""

    content: Content
    name: Maybe[Text] = UNSET


class DeveloperMessage(Message, tag="developer", frozen=True):
    """What the application says, under its newer name."""

    content: Content
    name: Maybe[Text] = UNSET


class UserMessage(Message, tag="user", frozen=True):
    """What the user says."""

    content: Content
    name: Maybe[Text] = UNSET


class AssistantMessage(Message, tag="assistant", frozen=True):
    """What the model said earlier, as it came back from the API, and what the client's `parse` made of it."""

    content: Maybe[Content] = UNSET
    name: Maybe[Text] = UNSET
    refusal: Maybe[str] = UNSET
    audio: Maybe[Spoken] = UNSET
    tool_calls: Maybe[list[FunctionCall | CustomCall]] = UNSET
    function_call: Maybe[CalledFunction] = UNSET
    annotations: Maybe[list[Free]] = UNSET
    parsed: Any = UNSET
    reasoning: Maybe[str] = UNSET
    reasoning_content: Maybe[str] = UNSET
    prefix: Maybe[bool] = UNSET


class ToolMessage(Message, tag="tool", frozen=True):
    """What a tool returned."""

    content: Content
    tool_call_id: Text
    name: Maybe[Text] = UNSET


class FunctionMessage(Message, tag="function", frozen=True):
    """What a function returned, in the older form."""

    content: Content | None
    name: Text


AnyMessage = SystemMessage | DeveloperMessage | UserMessage | AssistantMessage | ToolMessage | FunctionMessage


class FunctionDefinition(Strict, frozen=True):
    """A function that the model may call."""

    name: Text
    description: Maybe[str] = UNSET
    parameters: Maybe[Free] = UNSET
    strict: Maybe[bool] = UNSET


class CustomDefinition(Strict, frozen=True):
    """A custom tool that the model may call."""

    name: Text
    description: Maybe[str] = UNSET
    format: Maybe[Free] = UNSET


class FunctionTool(TypedPart, tag="function", frozen=True):
    """A tool: a function."""

    function: FunctionDefinition


class CustomTool(TypedPart, tag="custom", frozen=True):
    """A tool: a custom one."""

    custom: CustomDefinition


class Named(Strict, frozen=True):
    """A tool by its name."""

    name: Text


class AllowedTools(Strict, frozen=True):
    """Which tools may be called."""

    mode: Literal["auto", "required"]
    tools: list[Free]


class ChooseFunction(TypedPart, tag="function", frozen=True):
    """The choice of one function."""

    function: Named


class ChooseCustom(TypedPart, tag="custom", frozen=True):
    """The choice of one custom tool."""

    custom: Named


class ChooseAllowed(TypedPart, tag="allowed_tools", frozen=True):
    """The choice among some tools."""

    allowed_tools: AllowedTools


class JsonSchema(Strict, frozen=True):
    """The shape that an answer must have."""

    name: Text
    description: Maybe[str] = UNSET
    schema: Maybe[Free] = UNSET
    strict: Maybe[bool] = UNSET


class TextFormat(TypedPart, tag="text", frozen=True):
    """Answer in text."""


class JsonFormat(TypedPart, tag="json_object", frozen=True):
    """Answer in JSON."""

    schema: Maybe[Free] = UNSET


class SchemaFormat(TypedPart, tag="json_schema", frozen=True):
    """Answer in JSON of this shape."""

    json_schema: JsonSchema


class StreamOptions(Strict, frozen=True):
    """What a stream carries beside its text."""

    include_usage: Maybe[bool] = UNSET
    include_obfuscation: Maybe[bool] = UNSET
    continuous_usage_stats: Maybe[bool] = UNSET


class Audio(Strict, frozen=True):
    """How a spoken answer sounds."""

    voice: Text | Free
    format: Text


class Prediction(Strict, frozen=True):
    """Text that the answer will mostly repeat."""

    type: Literal["content"]
    content: str | list[TextPart | RefusalPart]


class Sampled(Strict, frozen=True):
    """What chat and completions share: how an answer is drawn."""

    model: Text
    frequency_penalty: Maybe[Penalty] = UNSET
    logit_bias: Maybe[dict[str, float]] = UNSET
    max_tokens: Maybe[Many] = UNSET
    n: Maybe[Choices] = UNSET
    presence_penalty: Maybe[Penalty] = UNSET
    seed: Maybe[Seed] = UNSET
    stop: Maybe[str | Annotated[list[str], Meta(max_length=32)]] = UNSET
    stream: Maybe[bool] = UNSET
    stream_options: Maybe[StreamOptions] = UNSET
    temperature: Maybe[Heat] = UNSET
    top_p: Maybe[Share] = UNSET
    user: Maybe[Text] = UNSET
    # Beyond the official API, as vLLM and llama.cpp document them.
    ignore_eos: Maybe[bool] = UNSET
    min_p: Maybe[Share] = UNSET
    min_tokens: Maybe[Many] = UNSET
    repetition_penalty: Maybe[Annotated[float, Meta(ge=0, le=10)]] = UNSET
    repeat_penalty: Maybe[Annotated[float, Meta(ge=0, le=10)]] = UNSET
    skip_special_tokens: Maybe[bool] = UNSET
    stop_token_ids: Maybe[list[Many]] = UNSET
    top_k: Maybe[Annotated[int, Meta(ge=-1, le=2**31 - 1)]] = UNSET


class ChatRequest(Sampled, kw_only=True, frozen=True):
    """POST /v1/chat/completions."""

    messages: Annotated[list[AnyMessage], Meta(min_length=1, max_length=8192)]
    audio: Maybe[Audio] = UNSET
    function_call: Maybe[Text | Named] = UNSET
    functions: Maybe[list[FunctionDefinition]] = UNSET
    logprobs: Maybe[bool] = UNSET
    max_completion_tokens: Maybe[Many] = UNSET
    metadata: Maybe[Metadata] = UNSET
    modalities: Maybe[list[Text]] = UNSET
    moderation: Maybe[Free] = UNSET
    parallel_tool_calls: Maybe[bool] = UNSET
    prediction: Maybe[Prediction] = UNSET
    prompt_cache_key: Maybe[Text] = UNSET
    prompt_cache_options: Maybe[Free] = UNSET
    prompt_cache_retention: Maybe[Text] = UNSET
    reasoning_effort: Maybe[Text] = UNSET
    response_format: Maybe[TextFormat | JsonFormat | SchemaFormat] = UNSET
    safety_identifier: Maybe[Text] = UNSET
    service_tier: Maybe[Text] = UNSET
    store: Maybe[bool] = UNSET
    tool_choice: Maybe[
        Literal["none", "auto", "required"] | ChooseFunction | ChooseCustom | ChooseAllowed
    ] = UNSET
    tools: Maybe[Annotated[list[FunctionTool | CustomTool], Meta(max_length=512)]] = UNSET
    top_logprobs: Maybe[Annotated[int, Meta(ge=0, le=20)]] = UNSET
    verbosity: Maybe[Text] = UNSET
    web_search_options: Maybe[Free] = UNSET
    chat_template_kwargs: Maybe[Free] = UNSET


class CompletionRequest(Sampled, kw_only=True, frozen=True):
    """POST /v1/completions."""

    prompt: str | list[str | int | list[int]]
    best_of: Maybe[Choices] = UNSET
    echo: Maybe[bool] = UNSET
    logprobs: Maybe[Annotated[int, Meta(ge=0, le=20)]] = UNSET
    suffix: Maybe[str] = UNSET


class EmbeddingRequest(Strict, frozen=True):
    """POST /v1/embeddings."""

    model: Text
    input: str | list[str | int | list[int]]
    dimensions: Maybe[Annotated[int, Meta(ge=1, le=65_536)]] = UNSET
    encoding_format: Maybe[Literal["float", "base64"]] = UNSET
    user: Maybe[Text] = UNSET
