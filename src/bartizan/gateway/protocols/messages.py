"""The requests of Anthropic's Messages API.

Rules of this file: as of `blocks.py`.
Source: the parameter types of the `anthropic` package, 2.14.0.
"""

from typing import Annotated, Literal

from msgspec import UNSET, Meta

from bartizan.gateway.protocols.blocks import (
    CacheMark,
    ContainerUpload,
    DocumentBlock,
    ImageBlock,
    OnlyText,
    RedactedThinkingBlock,
    SearchResultBlock,
    TextBlock,
    ThinkingBlock,
    ToolResultBlock,
    ToolUseBlock,
)
from bartizan.gateway.protocols.offered import AnyChoice, AnyTool
from bartizan.gateway.protocols.served import Served
from bartizan.gateway.protocols.shape import Free, Many, Maybe, Share, Strict, Text, TypedPart

Content = (
    str
    | list[
        TextBlock
        | ImageBlock
        | DocumentBlock
        | SearchResultBlock
        | ThinkingBlock
        | RedactedThinkingBlock
        | ToolUseBlock
        | ToolResultBlock
        | ContainerUpload
        | Served
    ]
)


class Turn(Strict, tag_field="role", frozen=True):
    """A message, told by its `role`."""


class UserTurn(Turn, tag="user", frozen=True):
    """What the user says, and what tools returned."""

    content: Content


class AssistantTurn(Turn, tag="assistant", frozen=True):
    """What the model said earlier, or the beginning of what it is to say."""

    content: Content


class SystemTurn(Turn, tag="system", frozen=True):
    """What the application says in the middle of a conversation."""

    content: str | list[OnlyText]


class Skill(Strict, frozen=True):
    """A skill in a container."""

    type: Literal["anthropic", "custom"]
    skill_id: Text
    version: Maybe[Text] = UNSET


class Container(Strict, frozen=True):
    """Where the service runs code."""

    id: Maybe[Text] = UNSET
    skills: Maybe[list[Skill]] = UNSET


class Diagnostics(Strict, frozen=True):
    """What the service is to say about its cache."""

    previous_message_id: Maybe[Text] = UNSET


class AboutUser(Strict, frozen=True):
    """Who stands behind a request, as the application calls them."""

    user_id: Maybe[Text] = UNSET


class SchemaFormat(Strict, frozen=True):
    """The shape that an answer must have."""

    type: Literal["json_schema"]
    schema: Free


class OutputConfig(Strict, frozen=True):
    """How much the model does, and in what shape it answers."""

    effort: Maybe[Text] = UNSET
    format: Maybe[SchemaFormat] = UNSET


class ThinkEnabled(TypedPart, tag="enabled", frozen=True):
    """The model thinks, within a budget."""

    budget_tokens: Many
    display: Maybe[Literal["summarized", "omitted"]] = UNSET


class ThinkDisabled(TypedPart, tag="disabled", frozen=True):
    """The model does not think."""


class ThinkBetween(TypedPart, tag="between_tools", frozen=True):
    """The model thinks between calls of tools."""


class ThinkAdaptive(TypedPart, tag="adaptive", frozen=True):
    """The model thinks as much as it sees fit."""

    display: Maybe[Literal["summarized", "omitted"]] = UNSET


class Asked(Strict, kw_only=True, frozen=True):
    """What asking and counting share."""

    model: Text
    messages: Annotated[list[UserTurn | AssistantTurn | SystemTurn], Meta(min_length=1, max_length=100_000)]
    cache_control: Maybe[CacheMark] = UNSET
    output_config: Maybe[OutputConfig] = UNSET
    speed: Maybe[Text] = UNSET
    system: Maybe[str | list[OnlyText]] = UNSET
    thinking: Maybe[ThinkEnabled | ThinkDisabled | ThinkBetween | ThinkAdaptive] = UNSET
    tool_choice: Maybe[AnyChoice] = UNSET
    tools: Maybe[Annotated[list[AnyTool], Meta(max_length=512)]] = UNSET
    user_profile_id: Maybe[Text] = UNSET
    workspace_id: Maybe[Text] = UNSET


class MessagesRequest(Asked, kw_only=True, frozen=True):
    """POST /v1/messages."""

    max_tokens: Many
    container: Maybe[Text | Container] = UNSET
    diagnostics: Maybe[Diagnostics] = UNSET
    inference_geo: Maybe[Text] = UNSET
    metadata: Maybe[AboutUser] = UNSET
    service_tier: Maybe[Text] = UNSET
    stop_sequences: Maybe[Annotated[list[str], Meta(max_length=8192)]] = UNSET
    stream: Maybe[bool] = UNSET
    # Of earlier models, which are still served.
    temperature: Maybe[Share] = UNSET
    top_k: Maybe[Many] = UNSET
    top_p: Maybe[Share] = UNSET


class CountRequest(Asked, kw_only=True, frozen=True):
    """POST /v1/messages/count_tokens."""
