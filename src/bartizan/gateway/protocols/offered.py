"""The tools that a request of Anthropic's API offers to the model.

Rules of this file: as of `blocks.py`. Tools that come in versions have one shape for all of them.
Source: the parameter types of the `anthropic` package, 2.14.0.
"""

from collections.abc import Mapping
from typing import ClassVar, Literal

from msgspec import UNSET
from typing_extensions import override

from bartizan.gateway.protocols.blocks import CacheMark, Citations
from bartizan.gateway.protocols.shape import (
    Choice,
    Free,
    Long,
    Many,
    Maybe,
    Strict,
    Text,
    TypedPart,
    by_type,
)


class Offered(Strict, kw_only=True, frozen=True):
    """What tools share."""

    name: Text
    allowed_callers: Maybe[list[Text]] = UNSET
    cache_control: Maybe[CacheMark] = UNSET
    defer_loading: Maybe[bool] = UNSET
    strict: Maybe[bool] = UNSET


class OwnTool(Offered, kw_only=True, frozen=True):
    """A tool of the caller's own."""

    input_schema: Free
    type: Maybe[Literal["custom"]] = UNSET
    description: Maybe[str] = UNSET
    eager_input_streaming: Maybe[bool] = UNSET
    input_examples: Maybe[list[Free]] = UNSET


class KnownTool(Offered, kw_only=True, frozen=True):
    """A tool that the model knows without being told its form."""

    type: Literal[
        "bash_20250124",
        "code_execution_20250522",
        "code_execution_20250825",
        "code_execution_20260120",
        "code_execution_20260521",
        "memory_20250818",
        "text_editor_20250124",
        "text_editor_20250429",
        "text_editor_20250728",
        "tool_search_tool_bm25",
        "tool_search_tool_bm25_20251119",
        "tool_search_tool_regex",
        "tool_search_tool_regex_20251119",
    ]
    input_examples: Maybe[list[Free]] = UNSET
    max_characters: Maybe[Many] = UNSET


class Place(Strict, frozen=True):
    """About where a search is made from."""

    type: Literal["approximate"]
    city: Maybe[Text] = UNSET
    country: Maybe[Text] = UNSET
    region: Maybe[Text] = UNSET
    timezone: Maybe[Text] = UNSET


class AllSources(TypedPart, tag="all", frozen=True):
    """Addresses from everywhere may be fetched."""


class NoSources(TypedPart, tag="none", frozen=True):
    """Addresses from nowhere may be fetched."""


class NamedTool(Strict, frozen=True):
    """A tool by its name."""

    type: Literal["tool_reference"]
    name: Text


class OnlySources(TypedPart, tag="only", frozen=True):
    """Addresses from these tools may be fetched."""

    tools: list[NamedTool]


class ButSources(TypedPart, tag="except", frozen=True):
    """Addresses from all tools but these may be fetched."""

    tools: list[NamedTool]


Sources = AllSources | NoSources | OnlySources | ButSources


class UrlSources(Strict, frozen=True):
    """Where addresses that are fetched may come from."""

    client_tool_results: Maybe[Sources] = UNSET
    server_tool_results: Maybe[Sources] = UNSET
    user_input: Maybe[AllSources | NoSources] = UNSET


class WebTool(Offered, kw_only=True, frozen=True):
    """A search of the web, or the fetching of a page, by the service itself."""

    type: Literal[
        "web_search_20250305",
        "web_search_20260209",
        "web_search_20260318",
        "web_fetch_20250910",
        "web_fetch_20260209",
        "web_fetch_20260309",
        "web_fetch_20260318",
    ]
    allowed_domains: Maybe[list[Long]] = UNSET
    blocked_domains: Maybe[list[Long]] = UNSET
    citations: Maybe[Citations] = UNSET
    max_content_tokens: Maybe[Many] = UNSET
    max_uses: Maybe[Many] = UNSET
    response_inclusion: Maybe[Literal["full", "excluded"]] = UNSET
    url_sources: Maybe[UrlSources] = UNSET
    use_cache: Maybe[bool] = UNSET
    user_location: Maybe[Place] = UNSET


class Switch(Strict, frozen=True):
    """Whether one tool of a set is there."""

    defer_loading: Maybe[bool] = UNSET
    enabled: Maybe[bool] = UNSET


class ToolSet(Strict, kw_only=True, frozen=True):
    """Several tools at once."""

    type: Literal["browser_toolset_20260801", "computer_toolset_20260801"]
    cache_control: Maybe[CacheMark] = UNSET
    configs: Maybe[dict[Text, Switch | None]] = UNSET


class AnyTool(Choice):
    """A tool: one of the caller's own, which need not say so, or one of the known ones."""

    tagged: ClassVar[Mapping[str, type[Strict]]] = by_type(KnownTool, WebTool, ToolSet)
    untagged: ClassVar[tuple[type[Strict], ...]] = (OwnTool,)

    @classmethod
    @override
    def chosen(cls, value: Mapping[str, object]) -> type[Strict] | None:
        return OwnTool if value.get("type") in (None, "custom") else None


class ChooseAuto(TypedPart, tag="auto", frozen=True):
    """The model chooses whether to call a tool."""

    disable_parallel_tool_use: Maybe[bool] = UNSET


class ChooseAny(TypedPart, tag="any", frozen=True):
    """The model calls some tool."""

    disable_parallel_tool_use: Maybe[bool] = UNSET


class ChooseTool(TypedPart, tag="tool", frozen=True):
    """The model calls this tool."""

    name: Text
    disable_parallel_tool_use: Maybe[bool] = UNSET


class ChooseNone(TypedPart, tag="none", frozen=True):
    """The model calls no tool."""


AnyChoice = ChooseAuto | ChooseAny | ChooseTool | ChooseNone
