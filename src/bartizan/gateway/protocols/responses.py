"""OpenAI's Responses API: requests for a response, and what is done with one that the service keeps.

Rules of this file: as of `responses_parts.py`.
Source: the parameter types of the `openai` package, 3.54.0.
"""

from typing import Annotated, Final, Literal

from msgspec import UNSET, Meta

from bartizan.gateway.body import JsonBody, NoBody
from bartizan.gateway.events import last_events
from bartizan.gateway.faults import refusal
from bartizan.gateway.judged import Judged
from bartizan.gateway.protocols.dialect import Row
from bartizan.gateway.protocols.responses_choice import Chosen
from bartizan.gateway.protocols.responses_items import Item, JsonFormat, PlainFormat, SchemaFormat
from bartizan.gateway.protocols.responses_parts import InputFile, InputImage, InputText
from bartizan.gateway.protocols.responses_tools import AnyTool
from bartizan.gateway.protocols.shape import (
    Heat,
    Many,
    Maybe,
    Metadata,
    Share,
    Strict,
    Text,
)
from bartizan.gateway.query import parameter


class Access(Strict, frozen=True):
    """Programs of the service that the caller takes part in."""

    cyber: Maybe[Text] = UNSET


class Background(Strict, frozen=True):
    """How a response is made in the background."""

    completion_window: Maybe[Text] = UNSET
    continuation_id: Maybe[Text] = UNSET


class ContextManagement(Strict, frozen=True):
    """What becomes of a conversation that grows long."""

    type: Text
    compact_threshold: Maybe[Many] = UNSET


class Conversation(Strict, frozen=True):
    """A conversation that the service keeps."""

    id: Text


class Image(Strict, frozen=True):
    """How images are read."""

    context_compression: Maybe[Text] = UNSET


class Mode(Strict, frozen=True):
    """Whether the service's own moderation counts or blocks."""

    mode: Literal["score", "block"]


class ModerationPolicy(Strict, frozen=True):
    """What the service's own moderation does."""

    input: Maybe[Mode] = UNSET
    output: Maybe[Mode] = UNSET


class Moderation(Strict, frozen=True):
    """The service's own moderation."""

    model: Text
    policy: Maybe[ModerationPolicy] = UNSET


class Prompt(Strict, frozen=True):
    """A prompt that the service keeps, with what is filled in."""

    id: Text
    variables: Maybe[dict[Text, str | InputText | InputImage | InputFile]] = UNSET
    version: Maybe[Text] = UNSET


class CacheOptions(Strict, frozen=True):
    """How a prompt is cached."""

    comparison_response_id: Maybe[Text] = UNSET
    mode: Maybe[Text] = UNSET
    prewarm: Maybe[bool] = UNSET
    ttl: Maybe[Text] = UNSET


class Reasoning(Strict, frozen=True):
    """How much the model thinks, and what of that it tells."""

    context: Maybe[Text] = UNSET
    effort: Maybe[Text] = UNSET
    generate_summary: Maybe[Text] = UNSET
    mode: Maybe[Text] = UNSET
    summary: Maybe[Text] = UNSET


class StreamOptions(Strict, frozen=True):
    """What a stream carries beside its text."""

    include_obfuscation: Maybe[bool] = UNSET


class TextConfig(Strict, frozen=True):
    """In what form the model answers."""

    format: Maybe[PlainFormat | JsonFormat | SchemaFormat] = UNSET
    verbosity: Maybe[Text] = UNSET


class ResponseRequest(Strict, kw_only=True, frozen=True):
    """POST /v1/responses."""

    model: Maybe[Text] = UNSET
    input: Maybe[str | Annotated[list[Item], Meta(max_length=8192)]] = UNSET
    access_programs: Maybe[Access] = UNSET
    background: Maybe[bool] = UNSET
    background_options: Maybe[Background] = UNSET
    context_management: Maybe[list[ContextManagement]] = UNSET
    conversation: Maybe[Text | Conversation] = UNSET
    image: Maybe[Image] = UNSET
    include: Maybe[Annotated[list[Text], Meta(max_length=32)]] = UNSET
    instructions: Maybe[str] = UNSET
    max_output_tokens: Maybe[Many] = UNSET
    max_tool_calls: Maybe[Many] = UNSET
    metadata: Maybe[Metadata] = UNSET
    moderation: Maybe[Moderation] = UNSET
    parallel_tool_calls: Maybe[bool] = UNSET
    previous_response_id: Maybe[Text] = UNSET
    prompt: Maybe[Prompt] = UNSET
    prompt_cache_key: Maybe[Text] = UNSET
    prompt_cache_options: Maybe[CacheOptions] = UNSET
    prompt_cache_retention: Maybe[Text] = UNSET
    reasoning: Maybe[Reasoning] = UNSET
    safety_identifier: Maybe[Text] = UNSET
    service_tier: Maybe[Text] = UNSET
    store: Maybe[bool] = UNSET
    stream: Maybe[bool] = UNSET
    stream_options: Maybe[StreamOptions] = UNSET
    temperature: Maybe[Heat] = UNSET
    text: Maybe[TextConfig] = UNSET
    tool_choice: Maybe[Literal["none", "auto", "required"] | Chosen] = UNSET
    tools: Maybe[Annotated[list[AnyTool], Meta(max_length=512)]] = UNSET
    top_logprobs: Maybe[Annotated[int, Meta(ge=0, le=20)]] = UNSET
    top_p: Maybe[Share] = UNSET
    truncation: Maybe[Literal["auto", "disabled"]] = UNSET
    user: Maybe[Text] = UNSET


BACKGROUND_TOKENS: Final = 131_072
"""Tokens that an answer is expected to have which is made in the background, where the request names no number: no answer
to it says what it cost, and reading it later is free, so that it is held to what a model writes at most."""


def judged_response(request: ResponseRequest, octets: bytes) -> Judged:
    """Return what decisions need of a request for a response.

    Raises:
        Refusal: it names neither a model nor a prompt that has one: the service would choose, and nobody decided on it.
    """
    model = request.model if isinstance(request.model, str) else ""
    if not model and not isinstance(request.prompt, Prompt):
        raise refusal("field-missing", param="model")
    untold = BACKGROUND_TOKENS if request.background is True else 0
    return Judged(octets, model, request.stream is True, request.max_output_tokens or 0, untold_tokens=untold)


_ID: Final = r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}"
_INCLUDE: Final = {"include": parameter(r"[a-z][a-z_.]{0,63}", several=True)}
_FLAG: Final = "true|false"
_READ: Final = _INCLUDE | {
    "stream": parameter(_FLAG),
    "starting_after": parameter(r"[0-9]{1,9}"),
    "include_obfuscation": parameter(_FLAG),
}
_PAGE: Final = _INCLUDE | {
    "after": parameter(_ID),
    "limit": parameter(r"[1-9][0-9]{0,2}"),
    "order": parameter("asc|desc"),
}
_LAST: Final = last_events(
    b"response.completed", b"response.incomplete", b"response.failed", b"response.cancelled"
)
ROWS: Final = (
    Row(
        "responses", b"POST", "/responses", "respond", JsonBody(ResponseRequest, judged_response), last=_LAST
    ),
    Row(
        "response",
        b"GET",
        "/responses/{response}",
        "read-response",
        NoBody(),
        query=_READ,
        fill=lambda said: NoBody(stream=said.get("stream") == "true"),
        last=_LAST,
    ),
    Row("response-deletion", b"DELETE", "/responses/{response}", "delete-response", NoBody()),
    Row("response-cancellation", b"POST", "/responses/{response}/cancel", "cancel-response", NoBody()),
    Row(
        "response-items", b"GET", "/responses/{response}/input_items", "read-response", NoBody(), query=_PAGE
    ),
)
"""A response is asked for, read, deleted, cancelled, and what it was asked with is read."""
