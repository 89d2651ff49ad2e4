"""What the items of OpenAI's Responses API are made of: parts of messages and of what tools returned.

Rules of this file: shapes alone. A field that is not here is refused, so the list is generous: what the official
client sends, and what earlier answers held as it comes back. A shape that stands alone has its `type` as a field
rather than a tag.
Source: the parameter types of the `openai` package, 3.54.0.
"""

from typing import Literal

from msgspec import UNSET

from bartizan.gateway.protocols.shape import Long, Many, Maybe, Strict, Text, TypedPart

Status = Maybe[Text]
"""How far an item has come; the service's word, which only comes back to it."""


class Breakpoint(Strict, frozen=True):
    """A hint where a prompt may be cached."""

    mode: Text
    ttl: Maybe[Text] = UNSET


class InputText(TypedPart, tag="input_text", frozen=True):
    """Text."""

    text: str
    prompt_cache_breakpoint: Maybe[Breakpoint] = UNSET


class InputImage(TypedPart, tag="input_image", frozen=True):
    """An image, by id or URL, which may be a data URL."""

    detail: Maybe[Literal["low", "high", "auto", "original"]] = UNSET
    file_id: Maybe[Text] = UNSET
    image_url: Maybe[str] = UNSET
    prompt_cache_breakpoint: Maybe[Breakpoint] = UNSET


class InputFile(TypedPart, tag="input_file", frozen=True):
    """A file, by id, URL or in base64."""

    detail: Maybe[Literal["auto", "low", "high"]] = UNSET
    file_data: Maybe[str] = UNSET
    file_id: Maybe[Text] = UNSET
    file_url: Maybe[Long] = UNSET
    filename: Maybe[Text] = UNSET
    prompt_cache_breakpoint: Maybe[Breakpoint] = UNSET


class FileCitation(TypedPart, tag="file_citation", frozen=True):
    """Where a text comes from: a file."""

    file_id: Text
    filename: Text
    index: Many


class UrlCitation(TypedPart, tag="url_citation", frozen=True):
    """Where a text comes from: a page."""

    start_index: Many
    end_index: Many
    title: str
    url: Long


class ContainerFileCitation(TypedPart, tag="container_file_citation", frozen=True):
    """Where a text comes from: a file of a container."""

    container_id: Text
    file_id: Text
    filename: Text
    start_index: Many
    end_index: Many


class FilePath(TypedPart, tag="file_path", frozen=True):
    """A file that a text speaks of."""

    file_id: Text
    index: Many


Annotation = FileCitation | UrlCitation | ContainerFileCitation | FilePath


class TopLogprob(Strict, frozen=True):
    """What else a token might have been."""

    token: str
    bytes: list[Many]
    logprob: float


class Logprob(Strict, frozen=True):
    """How likely a token was."""

    token: str
    bytes: list[Many]
    logprob: float
    top_logprobs: list[TopLogprob]


class OutputText(TypedPart, tag="output_text", frozen=True):
    """Text of an earlier answer."""

    text: str
    annotations: Maybe[list[Annotation]] = UNSET
    logprobs: Maybe[list[Logprob]] = UNSET


class Refusal(TypedPart, tag="refusal", frozen=True):
    """A refusal of an earlier answer."""

    refusal: str


Parts = str | list[InputText | InputImage | InputFile]
"""What a tool returned."""
Content = str | list[InputText | InputImage | InputFile | OutputText | Refusal]
"""What a message says."""


class Direct(TypedPart, tag="direct", frozen=True):
    """Who called a tool: the model."""


class ByProgram(TypedPart, tag="program", frozen=True):
    """Who called a tool: a program that the model wrote."""

    caller_id: Text


Caller = Maybe[Direct | ByProgram]
