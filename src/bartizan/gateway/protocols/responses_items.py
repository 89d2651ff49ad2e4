"""The items of OpenAI's Responses API: what a request says and what was said before.

Rules of this file: as of `responses_parts.py`.
Source: the parameter types of the `openai` package, 3.54.0.
"""

from collections.abc import Mapping
from typing import ClassVar, Literal

from msgspec import UNSET
from typing_extensions import override

from bartizan.gateway.protocols import responses_calls as calls
from bartizan.gateway.protocols.responses_parts import Content, Status
from bartizan.gateway.protocols.responses_tools import AnyTool
from bartizan.gateway.protocols.shape import (
    Choice,
    Free,
    Maybe,
    Strict,
    Text,
    TypedPart,
    Whole,
    by_type,
)


class Message(Strict, kw_only=True, frozen=True):
    """A message, which need not say that it is one."""

    role: Literal["user", "assistant", "system", "developer"]
    content: Content
    type: Maybe[Literal["message"]] = UNSET
    id: Maybe[Text] = UNSET
    phase: Maybe[Text] = UNSET
    status: Status = UNSET


class Reference(Strict, kw_only=True, frozen=True):
    """An item by its id, which need not say that it is one."""

    id: Text
    type: Maybe[Literal["item_reference"]] = UNSET


class Summary(Strict, frozen=True):
    """What the model thought, in short."""

    type: Literal["summary_text"]
    text: str


class Thought(Strict, frozen=True):
    """What the model thought."""

    type: Literal["reasoning_text"]
    text: str


class Reasoned(TypedPart, tag="reasoning", frozen=True):
    """How the model came to an answer."""

    id: Text
    summary: list[Summary]
    content: Maybe[list[Thought]] = UNSET
    encrypted_content: Maybe[str] = UNSET
    status: Status = UNSET


class Compacted(TypedPart, tag="compaction", frozen=True):
    """A conversation so far, made short and sealed by the service."""

    encrypted_content: str
    id: Maybe[Text] = UNSET
    created_by: Maybe[Text] = UNSET


class Compact(TypedPart, tag="compaction_trigger", frozen=True):
    """The order to make a conversation short."""

    id: Maybe[Text] = UNSET


class MoreTools(TypedPart, tag="additional_tools", frozen=True):
    """Tools that are offered from here on."""

    role: Literal["developer"]
    tools: list[AnyTool]
    id: Maybe[Text] = UNSET


class PlainFormat(TypedPart, tag="text", frozen=True):
    """Answer in text."""


class JsonFormat(TypedPart, tag="json_object", frozen=True):
    """Answer in JSON."""


class SchemaFormat(TypedPart, tag="json_schema", frozen=True):
    """Answer in JSON of this shape."""

    name: Text
    schema: Free
    description: Maybe[str] = UNSET
    strict: Maybe[bool] = UNSET


class NewEffort(Strict, frozen=True):
    """How much the model thinks from here on."""

    effort: Maybe[Text] = UNSET


class NewText(Strict, frozen=True):
    """In what form the model answers from here on."""

    format: PlainFormat | SchemaFormat


class Reconfigured(TypedPart, tag="configuration_update", frozen=True):
    """What changes from here on."""

    id: Maybe[Text] = UNSET
    reasoning: Maybe[NewEffort] = UNSET
    text: Maybe[NewText] = UNSET


class Point(Strict, frozen=True):
    """A place on a screen."""

    x: Whole
    y: Whole


class Gesture(Strict, kw_only=True, frozen=True):
    """What the model does to a screen."""

    type: Literal["click", "double_click", "drag", "keypress", "move", "screenshot", "scroll", "type", "wait"]
    button: Maybe[Text] = UNSET
    keys: Maybe[list[Text]] = UNSET
    path: Maybe[list[Point]] = UNSET
    scroll_x: Maybe[Whole] = UNSET
    scroll_y: Maybe[Whole] = UNSET
    text: Maybe[str] = UNSET
    x: Maybe[Whole] = UNSET
    y: Maybe[Whole] = UNSET


class SafetyCheck(Strict, frozen=True):
    """What somebody has to look at before a gesture is made."""

    id: Text
    code: Maybe[Text] = UNSET
    message: Maybe[str] = UNSET


class ComputerCall(TypedPart, tag="computer_call", frozen=True):
    """Gestures of the model."""

    id: Text
    call_id: Text
    pending_safety_checks: list[SafetyCheck]
    status: Status = UNSET
    action: Maybe[Gesture] = UNSET
    actions: Maybe[list[Gesture]] = UNSET


class Screenshot(Strict, frozen=True):
    """How a screen looks."""

    type: Literal["computer_screenshot", "input_image"]
    detail: Maybe[Text] = UNSET
    file_id: Maybe[Text] = UNSET
    image_url: Maybe[str] = UNSET


class ComputerCallOutput(TypedPart, tag="computer_call_output", frozen=True):
    """How a screen looks after a gesture."""

    call_id: Text
    output: Screenshot
    id: Maybe[Text] = UNSET
    acknowledged_safety_checks: Maybe[list[SafetyCheck]] = UNSET
    status: Status = UNSET
    current_url: Maybe[str] = UNSET
    created_by: Maybe[Text] = UNSET


class Item(Choice):
    """An item: a message or a reference, which need not say so, or one that is told by its `type`."""

    tagged: ClassVar[Mapping[str, type[Strict]]] = by_type(
        *(Reasoned, Compacted, Compact, MoreTools, Reconfigured, ComputerCall, ComputerCallOutput),
        *(calls.FunctionCall, calls.FunctionCallOutput, calls.CustomCall, calls.CustomCallOutput),
        *(calls.FileSearchCall, calls.WebSearchCall, calls.ToolSearchCall, calls.ToolSearchOutput),
        *(calls.ImageCall, calls.CodeCall, calls.LocalShellCall, calls.LocalShellOutput),
        *(calls.ShellCall, calls.ShellOutput, calls.PatchCall, calls.PatchOutput),
        *(calls.McpTools, calls.McpAsked, calls.McpAnswered, calls.McpCall),
        *(calls.Program, calls.ProgramOutput),
    )
    untagged: ClassVar[tuple[type[Strict], ...]] = (Message, Reference)

    @classmethod
    @override
    def chosen(cls, value: Mapping[str, object]) -> type[Strict] | None:
        match value.get("type"):
            case "message":
                return Message
            case "item_reference":
                return Reference
            case None:
                return Message if "role" in value else Reference
            case _:
                return None
