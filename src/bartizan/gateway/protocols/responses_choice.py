"""Which tool a request of OpenAI's Responses API wants called.

Rules of this file: as of `responses_parts.py`.
Source: the parameter types of the `openai` package, 3.54.0.
"""

from typing import Literal

from msgspec import UNSET

from bartizan.gateway.protocols.shape import Free, Maybe, Text, TypedPart


class ChooseAllowed(TypedPart, tag="allowed_tools", frozen=True):
    """The choice among some tools."""

    mode: Literal["auto", "required"]
    tools: list[Free]


class ChooseFunction(TypedPart, tag="function", frozen=True):
    """The choice of one function."""

    name: Text


class ChooseCustom(TypedPart, tag="custom", frozen=True):
    """The choice of one custom tool."""

    name: Text


class ChooseMcp(TypedPart, tag="mcp", frozen=True):
    """The choice of an MCP server, or of one tool of it."""

    server_label: Text
    name: Maybe[Text] = UNSET


class ChooseApplyPatch(TypedPart, tag="apply_patch", frozen=True):
    """The choice of a kind of tool: patches."""


class ChooseCodeInterpreter(TypedPart, tag="code_interpreter", frozen=True):
    """The choice of a kind of tool: code."""


class ChooseComputer(TypedPart, tag="computer", frozen=True):
    """The choice of a kind of tool: a computer."""


class ChooseComputerUse(TypedPart, tag="computer_use", frozen=True):
    """The choice of a kind of tool: a computer."""


class ChooseComputerPreview(TypedPart, tag="computer_use_preview", frozen=True):
    """The choice of a kind of tool: a computer, in the older form."""


class ChooseFileSearch(TypedPart, tag="file_search", frozen=True):
    """The choice of a kind of tool: a search of files."""


class ChooseImage(TypedPart, tag="image_generation", frozen=True):
    """The choice of a kind of tool: painting."""


class ChoosePrograms(TypedPart, tag="programmatic_tool_calling", frozen=True):
    """The choice of a kind of tool: a program."""


class ChooseShell(TypedPart, tag="shell", frozen=True):
    """The choice of a kind of tool: a shell."""


class ChooseWebSearch(TypedPart, tag="web_search_preview", frozen=True):
    """The choice of a kind of tool: a search of the web."""


class ChooseWebSearch2025(TypedPart, tag="web_search_preview_2025_03_11", frozen=True):
    """The choice of a kind of tool: a search of the web."""


Chosen = (
    ChooseAllowed
    | ChooseFunction
    | ChooseCustom
    | ChooseMcp
    | ChooseApplyPatch
    | ChooseCodeInterpreter
    | ChooseComputer
    | ChooseComputerUse
    | ChooseComputerPreview
    | ChooseFileSearch
    | ChooseImage
    | ChoosePrograms
    | ChooseShell
    | ChooseWebSearch
    | ChooseWebSearch2025
)
