"""Blocks of Anthropic's API about tools that the service itself runs, as they come back from earlier answers.

Rules of this file: as of `blocks.py`.
Source: the parameter types of the `anthropic` package, 2.14.0.
"""

from typing import Literal

from msgspec import UNSET

from bartizan.gateway.protocols.blocks import (
    CacheMark,
    Caller,
    DocumentFields,
    OnlyToolReference,
)
from bartizan.gateway.protocols.shape import Free, Long, Many, Maybe, Strict, Text, TypedPart, Whole


class ServedToolUse(TypedPart, tag="server_tool_use", frozen=True):
    """A call of a tool that the service runs."""

    id: Text
    name: Text
    input: Free
    cache_control: Maybe[CacheMark] = UNSET
    caller: Maybe[Caller] = UNSET


class ServedResult(TypedPart, frozen=True):
    """What the results of such tools share."""

    tool_use_id: Text
    cache_control: Maybe[CacheMark] = UNSET
    caller: Maybe[Caller] = UNSET


class SearchHit(Strict, frozen=True):
    """One result of a search."""

    type: Literal["web_search_result"]
    encrypted_content: str
    title: str
    url: Long
    page_age: Maybe[str] = UNSET


class SearchFailed(Strict, frozen=True):
    """Why a search failed."""

    type: Literal["web_search_tool_result_error"]
    error_code: Text


class WebSearchResult(ServedResult, tag="web_search_tool_result", kw_only=True, frozen=True):
    """What a search of the web found."""

    content: list[SearchHit] | SearchFailed


class OnlyDocument(DocumentFields, tag=False, frozen=True, kw_only=True):
    """A document, where nothing else may stand."""

    type: Literal["document"]


class Fetched(TypedPart, tag="web_fetch_result", frozen=True):
    """A page that was fetched."""

    content: OnlyDocument
    url: Long
    retrieved_at: Maybe[str] = UNSET


class FetchFailed(TypedPart, tag="web_fetch_tool_result_error", frozen=True):
    """Why a page was not fetched."""

    error_code: Text


class WebFetchResult(ServedResult, tag="web_fetch_tool_result", kw_only=True, frozen=True):
    """What fetching a page returned."""

    content: Fetched | FetchFailed


class CodeFile(Strict, frozen=True):
    """A file that code left."""

    type: Literal["code_execution_output"]
    file_id: Text


class CodeRan(TypedPart, tag="code_execution_result", frozen=True):
    """How code ended."""

    content: list[CodeFile]
    return_code: Whole
    stderr: str
    stdout: str


class CodeRanSealed(TypedPart, tag="encrypted_code_execution_result", frozen=True):
    """How code ended, its output sealed."""

    content: list[CodeFile]
    encrypted_stdout: str
    return_code: Whole
    stderr: str


class CodeFailed(TypedPart, tag="code_execution_tool_result_error", frozen=True):
    """Why code did not run."""

    error_code: Text


class CodeResult(ServedResult, tag="code_execution_tool_result", kw_only=True, frozen=True):
    """What running code returned."""

    content: CodeRan | CodeRanSealed | CodeFailed


class BashFile(Strict, frozen=True):
    """A file that a command left."""

    type: Literal["bash_code_execution_output"]
    file_id: Text


class BashRan(TypedPart, tag="bash_code_execution_result", frozen=True):
    """How a command ended."""

    content: list[BashFile]
    return_code: Whole
    stderr: str
    stdout: str


class BashFailed(TypedPart, tag="bash_code_execution_tool_result_error", frozen=True):
    """Why a command did not run."""

    error_code: Text


class BashResult(ServedResult, tag="bash_code_execution_tool_result", kw_only=True, frozen=True):
    """What a command returned."""

    content: BashRan | BashFailed


class Viewed(TypedPart, tag="text_editor_code_execution_view_result", frozen=True):
    """A file as the editor shows it."""

    content: str
    file_type: Text
    num_lines: Maybe[Many] = UNSET
    start_line: Maybe[Many] = UNSET
    total_lines: Maybe[Many] = UNSET


class Created(TypedPart, tag="text_editor_code_execution_create_result", frozen=True):
    """A file that the editor wrote."""

    is_file_update: bool


class Replaced(TypedPart, tag="text_editor_code_execution_str_replace_result", frozen=True):
    """Lines that the editor replaced."""

    lines: Maybe[list[str]] = UNSET
    new_lines: Maybe[Many] = UNSET
    new_start: Maybe[Many] = UNSET
    old_lines: Maybe[Many] = UNSET
    old_start: Maybe[Many] = UNSET


class EditFailed(TypedPart, tag="text_editor_code_execution_tool_result_error", frozen=True):
    """Why the editor did nothing."""

    error_code: Text
    error_message: Maybe[str] = UNSET


class EditResult(ServedResult, tag="text_editor_code_execution_tool_result", kw_only=True, frozen=True):
    """What the editor returned."""

    content: Viewed | Created | Replaced | EditFailed


class ToolsFound(TypedPart, tag="tool_search_tool_search_result", frozen=True):
    """Tools that a search found."""

    tool_references: list[OnlyToolReference]


class ToolSearchFailed(TypedPart, tag="tool_search_tool_result_error", frozen=True):
    """Why a search for tools failed."""

    error_code: Text
    error_message: Maybe[str] = UNSET


class ToolSearchResult(ServedResult, tag="tool_search_tool_result", kw_only=True, frozen=True):
    """What a search for tools returned."""

    content: ToolsFound | ToolSearchFailed


Served = (
    ServedToolUse | WebSearchResult | WebFetchResult | CodeResult | BashResult | EditResult | ToolSearchResult
)
