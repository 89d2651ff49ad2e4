"""Items of OpenAI's Responses API about calls of tools, and what they returned.

Rules of this file: as of `responses_parts.py`.
Source: the parameter types of the `openai` package, 3.54.0.
"""

from typing import Literal

from msgspec import UNSET

from bartizan.gateway.protocols.responses_parts import Caller, Parts, Status
from bartizan.gateway.protocols.responses_tools import AnyTool, ContainerReference, LocalEnvironment
from bartizan.gateway.protocols.shape import Free, Long, Many, Maybe, Strict, Text, TypedPart, Whole

Id = Maybe[Text]


class Called(TypedPart, rename={"later": "async"}, kw_only=True, frozen=True):
    """What calls of a caller's own tools share."""

    call_id: Text
    name: Text
    later: Maybe[bool] = UNSET
    id: Id = UNSET
    caller: Caller = UNSET
    namespace: Maybe[Text] = UNSET
    status: Status = UNSET


class Returned(TypedPart, kw_only=True, frozen=True):
    """What the results of such calls share."""

    output: Parts
    id: Id = UNSET
    caller: Caller = UNSET
    created_by: Maybe[Text] = UNSET
    status: Status = UNSET


class FunctionCall(Called, tag="function_call", kw_only=True, frozen=True):
    """A call of a function, its arguments as JSON text."""

    arguments: str


class FunctionCallOutput(Returned, tag="function_call_output", kw_only=True, frozen=True):
    """What a function returned."""

    call_id: Id = UNSET
    name: Maybe[Text] = UNSET
    namespace: Maybe[Text] = UNSET


class CustomCall(Called, tag="custom_tool_call", kw_only=True, frozen=True):
    """A call of a custom tool."""

    input: str


class CustomCallOutput(Returned, tag="custom_tool_call_output", kw_only=True, frozen=True):
    """What a custom tool returned."""

    call_id: Text


class Found(Strict, frozen=True):
    """One result of a search of files."""

    attributes: Maybe[dict[Text, str | float | bool]] = UNSET
    file_id: Maybe[Text] = UNSET
    filename: Maybe[Text] = UNSET
    score: Maybe[float] = UNSET
    text: Maybe[str] = UNSET


class FileSearchCall(TypedPart, tag="file_search_call", frozen=True):
    """A search of files."""

    id: Text
    queries: list[str]
    status: Status = UNSET
    results: Maybe[list[Found]] = UNSET


class SearchSource(Strict, frozen=True):
    """A page that a search used."""

    type: Literal["url"]
    url: Long


class Searched(TypedPart, tag="search", frozen=True):
    """A search of the web."""

    query: Maybe[str] = UNSET
    queries: Maybe[list[str]] = UNSET
    sources: Maybe[list[SearchSource]] = UNSET


class Opened(TypedPart, tag="open_page", frozen=True):
    """A page that was opened."""

    url: Maybe[Long] = UNSET


class FoundInPage(TypedPart, tag="find_in_page", frozen=True):
    """A search within a page."""

    pattern: str
    url: Long


class WebSearchCall(TypedPart, tag="web_search_call", frozen=True):
    """A search of the web by the service."""

    id: Text
    action: Maybe[Searched | Opened | FoundInPage] = UNSET
    status: Status = UNSET


class ToolSearchCall(TypedPart, tag="tool_search_call", frozen=True):
    """A search for tools."""

    arguments: Free | str
    id: Id = UNSET
    call_id: Id = UNSET
    execution: Maybe[Literal["server", "client"]] = UNSET
    status: Status = UNSET
    created_by: Maybe[Text] = UNSET


class ToolSearchOutput(TypedPart, tag="tool_search_output", frozen=True):
    """Tools that a search found."""

    tools: list[AnyTool]
    id: Id = UNSET
    call_id: Id = UNSET
    execution: Maybe[Literal["server", "client"]] = UNSET
    status: Status = UNSET
    created_by: Maybe[Text] = UNSET


class ImageCall(TypedPart, tag="image_generation_call", frozen=True):
    """An image that the service painted."""

    id: Text
    result: Maybe[str] = UNSET
    status: Status = UNSET
    action: Maybe[Text] = UNSET
    background: Maybe[Text] = UNSET
    output_format: Maybe[Text] = UNSET
    quality: Maybe[Text] = UNSET
    revised_prompt: Maybe[str] = UNSET
    size: Maybe[Text] = UNSET
    error: Maybe[Free] = UNSET
    svg_usage: Maybe[dict[Text, int | str]] = UNSET


class Logs(TypedPart, tag="logs", frozen=True):
    """What code printed."""

    logs: str


class CodeImage(TypedPart, tag="image", frozen=True):
    """What code drew."""

    url: str


class CodeCall(TypedPart, tag="code_interpreter_call", frozen=True):
    """Code that the service ran."""

    id: Text
    container_id: Text
    code: Maybe[str] = UNSET
    outputs: Maybe[list[Logs | CodeImage]] = UNSET
    status: Status = UNSET


class Exec(Strict, frozen=True):
    """A command."""

    type: Literal["exec"]
    command: list[str]
    env: dict[str, str]
    timeout_ms: Maybe[Many] = UNSET
    user: Maybe[Text] = UNSET
    working_directory: Maybe[Long] = UNSET


class LocalShellCall(TypedPart, tag="local_shell_call", frozen=True):
    """A command for the caller's own shell, in the older form."""

    id: Text
    action: Exec
    call_id: Text
    status: Status = UNSET


class LocalShellOutput(TypedPart, tag="local_shell_call_output", frozen=True):
    """What such a command returned."""

    id: Text
    output: str
    status: Status = UNSET


class Commands(Strict, frozen=True):
    """Commands for a shell."""

    commands: list[str]
    max_output_length: Maybe[Many] = UNSET
    timeout_ms: Maybe[Many] = UNSET


class ShellCall(TypedPart, tag="shell_call", frozen=True):
    """Commands for a shell."""

    action: Commands
    call_id: Text
    id: Id = UNSET
    caller: Caller = UNSET
    environment: Maybe[LocalEnvironment | ContainerReference] = UNSET
    status: Status = UNSET
    created_by: Maybe[Text] = UNSET


class TimedOut(TypedPart, tag="timeout", frozen=True):
    """A command took too long."""


class Exited(TypedPart, tag="exit", frozen=True):
    """A command ended."""

    exit_code: Whole


class ShellSaid(Strict, frozen=True):
    """What one command returned."""

    outcome: TimedOut | Exited
    stderr: str
    stdout: str


class ShellOutput(TypedPart, tag="shell_call_output", frozen=True):
    """What commands returned."""

    call_id: Text
    output: list[ShellSaid]
    id: Id = UNSET
    caller: Caller = UNSET
    max_output_length: Maybe[Many] = UNSET
    status: Status = UNSET
    created_by: Maybe[Text] = UNSET


class CreateFile(TypedPart, tag="create_file", frozen=True):
    """A file that is new."""

    diff: str
    path: Long


class DeleteFile(TypedPart, tag="delete_file", frozen=True):
    """A file that goes."""

    path: Long


class UpdateFile(TypedPart, tag="update_file", frozen=True):
    """A file that changes."""

    diff: str
    path: Long


class PatchCall(TypedPart, tag="apply_patch_call", frozen=True):
    """A patch of a file at the caller's."""

    call_id: Text
    operation: CreateFile | DeleteFile | UpdateFile
    status: Status = UNSET
    id: Id = UNSET
    caller: Caller = UNSET
    created_by: Maybe[Text] = UNSET


class PatchOutput(TypedPart, tag="apply_patch_call_output", frozen=True):
    """What became of a patch."""

    call_id: Text
    status: Status = UNSET
    id: Id = UNSET
    caller: Caller = UNSET
    output: Maybe[str] = UNSET
    created_by: Maybe[Text] = UNSET


class McpTool(Strict, frozen=True):
    """A tool of an MCP server."""

    name: Text
    input_schema: Free
    annotations: Maybe[Free] = UNSET
    description: Maybe[str] = UNSET


class McpTools(TypedPart, tag="mcp_list_tools", frozen=True):
    """The tools of an MCP server."""

    id: Text
    server_label: Text
    tools: list[McpTool]
    error: Maybe[str] = UNSET


class McpAsked(TypedPart, tag="mcp_approval_request", frozen=True):
    """A call of an MCP server's tool that needs approval."""

    id: Text
    arguments: str
    name: Text
    server_label: Text


class McpAnswered(TypedPart, tag="mcp_approval_response", frozen=True):
    """Whether such a call is approved."""

    approval_request_id: Text
    approve: bool
    id: Id = UNSET
    reason: Maybe[str] = UNSET


class McpProtocolFault(TypedPart, tag="mcp_protocol_error", frozen=True):
    """Why such a call failed: the protocol."""

    code: Whole
    message: str


class McpToolFault(TypedPart, tag="mcp_tool_execution_error", frozen=True):
    """Why such a call failed: the tool."""

    content: list[Free] | Free | str


class McpHttpFault(TypedPart, tag="http_error", frozen=True):
    """Why such a call failed: the way there."""

    code: Whole
    message: str


class McpCall(TypedPart, tag="mcp_call", frozen=True):
    """A call of an MCP server's tool."""

    id: Text
    arguments: str
    name: Text
    server_label: Text
    approval_request_id: Id = UNSET
    error: Maybe[str | McpProtocolFault | McpToolFault | McpHttpFault] = UNSET
    output: Maybe[str] = UNSET
    status: Status = UNSET


class Program(TypedPart, tag="program", frozen=True):
    """A program that calls tools."""

    id: Text
    call_id: Text
    code: str
    fingerprint: str


class ProgramOutput(TypedPart, tag="program_output", frozen=True):
    """What such a program returned."""

    id: Text
    call_id: Text
    result: str
    status: Status = UNSET
