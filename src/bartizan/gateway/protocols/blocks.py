"""What the messages of Anthropic's API are made of: blocks of content.

Rules of this file: shapes alone. A field that is not here is refused, so the list is generous: what the official
client sends, and the blocks of earlier answers as they come back to it. A shape that stands alone has its `type`
as a field rather than a tag.
Source: the parameter types of the `anthropic` package, 2.14.0.
"""

from typing import Literal

from msgspec import UNSET

from bartizan.gateway.protocols.shape import Free, Long, Many, Maybe, Strict, Text, TypedPart, Whole


class CacheMark(Strict, frozen=True):
    """A hint where a prompt may be cached."""

    type: Literal["ephemeral"]
    ttl: Maybe[Literal["5m", "1h"]] = UNSET


class DocumentCitation(TypedPart, kw_only=True, frozen=True):
    """Where a text comes from: a place in a document."""

    cited_text: str
    document_index: Many
    document_title: str | None
    file_id: Maybe[Text] = UNSET


class CharCitation(DocumentCitation, tag="char_location", kw_only=True, frozen=True):
    """Where a text comes from: characters of a document."""

    start_char_index: Many
    end_char_index: Many


class PageCitation(DocumentCitation, tag="page_location", kw_only=True, frozen=True):
    """Where a text comes from: pages."""

    start_page_number: Many
    end_page_number: Many


class BlockCitation(DocumentCitation, tag="content_block_location", kw_only=True, frozen=True):
    """Where a text comes from: blocks of a document."""

    start_block_index: Many
    end_block_index: Many


class WebCitation(TypedPart, tag="web_search_result_location", frozen=True):
    """Where a text comes from: a page of the web."""

    cited_text: str
    encrypted_index: str
    title: str | None
    url: Long


class SearchCitation(TypedPart, tag="search_result_location", frozen=True):
    """Where a text comes from: a search result of the caller's own."""

    cited_text: str
    search_result_index: Many
    source: Long
    start_block_index: Many
    end_block_index: Many
    title: str | None


Citation = CharCitation | PageCitation | BlockCitation | WebCitation | SearchCitation


class OnlyText(Strict, frozen=True):
    """Text, where nothing else may stand."""

    type: Literal["text"]
    text: str
    cache_control: Maybe[CacheMark] = UNSET
    citations: Maybe[list[Citation]] = UNSET


class TextBlock(TypedPart, tag="text", frozen=True):
    """Text."""

    text: str
    cache_control: Maybe[CacheMark] = UNSET
    citations: Maybe[list[Citation]] = UNSET


class EncodedSource(TypedPart, tag="base64", frozen=True):
    """An image or a document in base64."""

    data: str
    media_type: Text


class UrlSource(TypedPart, tag="url", frozen=True):
    """Where an image or a document is."""

    url: Long


class FileSource(TypedPart, tag="file", frozen=True):
    """A file by id."""

    file_id: Text


class PlainSource(TypedPart, tag="text", frozen=True):
    """A document as text."""

    data: str
    media_type: Text


class Transformations(Strict, frozen=True):
    """What may be done to an image."""

    oversized_image: Maybe[Literal["downsize", "error"]] = UNSET


class ImageBlock(TypedPart, tag="image", frozen=True):
    """An image."""

    source: EncodedSource | UrlSource | FileSource
    cache_control: Maybe[CacheMark] = UNSET
    transformations: Maybe[Transformations] = UNSET


class BlocksSource(TypedPart, tag="content", frozen=True):
    """A document as blocks."""

    content: str | list[TextBlock | ImageBlock]


class Citations(Strict, frozen=True):
    """Whether sources are to be cited."""

    enabled: Maybe[bool] = UNSET


class DocumentFields(TypedPart, frozen=True):
    """What a document has, wherever it stands."""

    source: EncodedSource | UrlSource | FileSource | PlainSource | BlocksSource
    cache_control: Maybe[CacheMark] = UNSET
    citations: Maybe[Citations] = UNSET
    context: Maybe[str] = UNSET
    title: Maybe[str] = UNSET


class DocumentBlock(DocumentFields, tag="document", frozen=True):
    """A document."""


class SearchResultBlock(TypedPart, tag="search_result", frozen=True):
    """A search result of the caller's own."""

    content: list[OnlyText]
    source: Long
    title: str
    cache_control: Maybe[CacheMark] = UNSET
    citations: Maybe[Citations] = UNSET


class ThinkingBlock(TypedPart, tag="thinking", frozen=True):
    """What the model thought, with its signature."""

    thinking: str
    signature: str


class RedactedThinkingBlock(TypedPart, tag="redacted_thinking", frozen=True):
    """What the model thought, sealed."""

    data: str


class DirectCaller(TypedPart, tag="direct", frozen=True):
    """Who called a tool: the model."""


class Caller20250825(TypedPart, tag="code_execution_20250825", frozen=True):
    """Who called a tool: code that the model ran."""

    tool_id: Text


class Caller20260120(TypedPart, tag="code_execution_20260120", frozen=True):
    """Who called a tool: code that the model ran."""

    tool_id: Text


Caller = DirectCaller | Caller20250825 | Caller20260120


class ToolUseBlock(TypedPart, tag="tool_use", frozen=True):
    """A call of a tool."""

    id: Text
    name: Text
    input: Free
    cache_control: Maybe[CacheMark] = UNSET
    caller: Maybe[Caller] = UNSET
    toolset_name: Maybe[Text] = UNSET


class ToolReference(TypedPart, tag="tool_reference", frozen=True):
    """A tool by its name."""

    tool_name: Text
    cache_control: Maybe[CacheMark] = UNSET


class OnlyToolReference(Strict, frozen=True):
    """A tool by its name, where nothing else may stand."""

    type: Literal["tool_reference"]
    tool_name: Text
    cache_control: Maybe[CacheMark] = UNSET


class Tab(Strict, frozen=True):
    """A tab of a browser."""

    tab_id: Text
    title: str
    url: Long
    active: Maybe[bool] = UNSET


class TabOpened(TypedPart, tag="tab_opened", frozen=True):
    """What became of a browser: a tab more."""

    tab_id: Text


class DownloadStarted(TypedPart, tag="download_started", frozen=True):
    """What became of a browser: a download began."""

    download_id: Text
    url: Long


class DownloadCompleted(TypedPart, tag="download_completed", frozen=True):
    """What became of a browser: a download ended."""

    download_id: Text
    url: Long
    path: Maybe[Long] = UNSET
    size_bytes: Maybe[Whole] = UNSET


class DownloadFailed(TypedPart, tag="download_failed", frozen=True):
    """What became of a browser: a download failed."""

    download_id: Text
    url: Long
    error: Maybe[str] = UNSET


class BrowserState(TypedPart, tag="browser_state", frozen=True):
    """How a browser stands."""

    tabs: list[Tab]
    cache_control: Maybe[CacheMark] = UNSET
    state_changes: Maybe[list[TabOpened | DownloadStarted | DownloadCompleted | DownloadFailed]] = UNSET


class ToolResultBlock(TypedPart, tag="tool_result", frozen=True):
    """What a tool returned."""

    tool_use_id: Text
    cache_control: Maybe[CacheMark] = UNSET
    content: Maybe[
        str | list[TextBlock | ImageBlock | SearchResultBlock | DocumentBlock | ToolReference | BrowserState]
    ] = UNSET
    is_error: Maybe[bool] = UNSET
    toolset_name: Maybe[Text] = UNSET


class ContainerUpload(TypedPart, tag="container_upload", frozen=True):
    """A file for the container."""

    file_id: Text
    cache_control: Maybe[CacheMark] = UNSET
