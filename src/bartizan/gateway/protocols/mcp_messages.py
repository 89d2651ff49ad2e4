"""The messages of the Model Context Protocol that go from a client to a server.

Rules of this file: shapes alone, of two eras: the revisions to 2025-11-25, which begin with `initialize`, and
2026-07-28, whose requests stand alone. What clients and servers agree on between themselves (`_meta`, capabilities,
the arguments of a tool) is free; what decisions are made on is not.
Source: schema of the Model Context Protocol, revisions 2025-06-18, 2025-11-25 and 2026-07-28; JSON-RPC 2.0.
"""

from typing import Annotated, Literal

from msgspec import UNSET, Meta

from bartizan.gateway.protocols.shape import Free, Maybe, Strict, Text, TypedPart, Whole

Id = Annotated[str, Meta(min_length=1, max_length=256)] | Whole
"""What tells a request from the others of its client."""
Long = Annotated[str, Meta(min_length=1, max_length=8192)]
"""A URI, or what a server gave out to be shown again."""
State = Annotated[str, Meta(max_length=262_144)]
"""What a server gave out to be shown again, whole."""
Said = Annotated[str, Meta(max_length=8192)]
TOOL_NAME = r"\A[A-Za-z0-9_./-]{1,128}\Z"
"""Form of a tool's name: the characters that the protocol asks for, no two of which look alike."""
Version = Annotated[str, Meta(pattern=r"\A20[0-9]{2}-[01][0-9]-[0-3][0-9]\Z")]


class Params(Strict, rename={"meta": "_meta"}, frozen=True, kw_only=True):
    """What every request and notification may say."""

    meta: Maybe[Free] = UNSET


class Request(Strict, frozen=True, kw_only=True):
    """A message that is answered."""

    jsonrpc: Literal["2.0"]
    id: Id


class Notification(Strict, frozen=True, kw_only=True):
    """A message that is not answered."""

    jsonrpc: Literal["2.0"]


class Implementation(Strict, frozen=True):
    """Which software speaks."""

    name: Text
    version: Annotated[str, Meta(max_length=256)]
    title: Maybe[Said] = UNSET
    description: Maybe[Said] = UNSET
    websiteUrl: Maybe[Said] = UNSET  # noqa: N815 - the protocol's name
    icons: Maybe[Annotated[list[Free], Meta(max_length=16)]] = UNSET


class InitializeParams(Params, frozen=True, kw_only=True):
    """How a session begins."""

    protocolVersion: Version  # noqa: N815 - the protocol's name
    capabilities: Free
    clientInfo: Implementation  # noqa: N815 - the protocol's name


class Initialize(Request, frozen=True, kw_only=True):
    """The first message of a session."""

    method: Literal["initialize"]
    params: InitializeParams


class Plain(Request, frozen=True, kw_only=True):
    """A request without parameters of its own."""

    method: Literal["ping", "server/discover"]
    params: Maybe[Params] = UNSET


class PageParams(Params, frozen=True, kw_only=True):
    """Which page of a list."""

    cursor: Maybe[Said] = UNSET


class List(Request, frozen=True, kw_only=True):
    """Asks for what there are lists of."""

    method: Literal["tools/list", "resources/list", "resources/templates/list", "prompts/list"]
    params: Maybe[PageParams] = UNSET


class RoundParams(Params, frozen=True, kw_only=True):
    """What a request says again after the server has asked back, with the answers."""

    inputResponses: Maybe[Free] = UNSET  # noqa: N815 - the protocol's name
    requestState: Maybe[State] = UNSET  # noqa: N815 - the protocol's name


class CallToolParams(RoundParams, frozen=True, kw_only=True):
    """Which tool, and with what."""

    name: Annotated[str, Meta(pattern=TOOL_NAME)]
    arguments: Maybe[Free] = UNSET


class CallTool(Request, frozen=True, kw_only=True):
    """Calls a tool."""

    method: Literal["tools/call"]
    params: CallToolParams


class ReadResourceParams(RoundParams, frozen=True, kw_only=True):
    """Which resource."""

    uri: Long


class ReadResource(Request, frozen=True, kw_only=True):
    """Reads a resource."""

    method: Literal["resources/read"]
    params: ReadResourceParams


class WatchResourceParams(Params, frozen=True, kw_only=True):
    """Which resource."""

    uri: Long


class WatchResource(Request, frozen=True, kw_only=True):
    """Asks to be told of a resource's changes, or no longer to be."""

    method: Literal["resources/subscribe", "resources/unsubscribe"]
    params: WatchResourceParams


class GetPromptParams(RoundParams, frozen=True, kw_only=True):
    """Which prompt, and with what."""

    name: Text
    arguments: Maybe[dict[str, str]] = UNSET


class GetPrompt(Request, frozen=True, kw_only=True):
    """Gets a prompt."""

    method: Literal["prompts/get"]
    params: GetPromptParams


class PromptReference(TypedPart, tag="ref/prompt", frozen=True):
    """A prompt that is being filled in."""

    name: Text
    title: Maybe[Said] = UNSET


class ResourceReference(TypedPart, tag="ref/resource", frozen=True):
    """A resource's template that is being filled in."""

    uri: Long


class Argument(Strict, frozen=True):
    """What is typed so far."""

    name: Text
    value: Said


class Filled(Strict, frozen=True):
    """What is filled in already."""

    arguments: Maybe[dict[str, str]] = UNSET


class CompleteParams(Params, frozen=True, kw_only=True):
    """What is to be completed."""

    ref: PromptReference | ResourceReference
    argument: Argument
    context: Maybe[Filled] = UNSET


class Complete(Request, frozen=True, kw_only=True):
    """Asks how an argument may go on."""

    method: Literal["completion/complete"]
    params: CompleteParams


class SetLevelParams(Params, frozen=True, kw_only=True):
    """How grave a log message must be."""

    level: Literal["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"]


class SetLevel(Request, frozen=True, kw_only=True):
    """Asks for log messages."""

    method: Literal["logging/setLevel"]
    params: SetLevelParams


class ListenParams(Params, frozen=True, kw_only=True):
    """What the client wants to be told of."""

    notifications: Free


class Listen(Request, frozen=True, kw_only=True):
    """Opens a stream of notifications."""

    method: Literal["subscriptions/listen"]
    params: ListenParams


class Told(Notification, frozen=True, kw_only=True):
    """Says that something is so."""

    method: Literal["notifications/initialized", "notifications/roots/list_changed"]
    params: Maybe[Params] = UNSET


class CancelledParams(Params, frozen=True, kw_only=True):
    """Which request."""

    requestId: Maybe[Id] = UNSET  # noqa: N815 - the protocol's name
    reason: Maybe[Said] = UNSET


class Cancelled(Notification, frozen=True, kw_only=True):
    """Says that a request's answer is not wanted any more."""

    method: Literal["notifications/cancelled"]
    params: CancelledParams


class ProgressParams(Params, frozen=True, kw_only=True):
    """How far a request of the server has come."""

    progressToken: Id  # noqa: N815 - the protocol's name
    progress: float
    total: Maybe[float] = UNSET
    message: Maybe[Said] = UNSET


class Progress(Notification, frozen=True, kw_only=True):
    """Says how far a request of the server has come."""

    method: Literal["notifications/progress"]
    params: ProgressParams


class Result(Request, frozen=True, kw_only=True):
    """The answer to a request of the server: a sample, what somebody filled in, roots, or nothing."""

    result: Free


class Failure(Strict, frozen=True):
    """Why a request of the server was not met."""

    code: Whole
    message: Said
    data: Maybe[Free | str | list[str]] = UNSET


class Failed(Strict, frozen=True, kw_only=True):
    """The answer to a request of the server that was not met."""

    jsonrpc: Literal["2.0"]
    error: Failure
    id: Maybe[Id] = UNSET
