"""The tools that a request of OpenAI's Responses API offers to the model.

Rules of this file: as of `responses_parts.py`. Some tools run at the service and reach other parties from there; a
field that would carry a caller's secret to one (`authorization`, `headers`, `domain_secrets`) is not among them, so
that no credential goes upstream.
Source: the parameter types of the `openai` package, 3.54.0.
"""

from typing import Annotated, Literal

from msgspec import UNSET, Meta

from bartizan.gateway.protocols.shape import (
    Free,
    Long,
    Many,
    Maybe,
    Share,
    Strict,
    Text,
    TypedPart,
)

Callers = Maybe[list[Literal["direct", "programmatic"]]]
Effort = Maybe[Text]


class OwnTool(TypedPart, rename={"later": "async"}, kw_only=True, frozen=True):
    """What tools of the caller's own share."""

    name: Text
    later: Maybe[bool] = UNSET
    allowed_callers: Callers = UNSET
    defer_loading: Maybe[bool] = UNSET
    description: Maybe[str] = UNSET


class FunctionTool(OwnTool, tag="function", kw_only=True, frozen=True):
    """A function of the caller's own."""

    parameters: Maybe[Free] = UNSET
    strict: Maybe[bool] = UNSET
    output_schema: Maybe[Free] = UNSET


class TextGrammar(TypedPart, tag="text", frozen=True):
    """What a custom tool takes: any text."""


class Grammar(TypedPart, tag="grammar", frozen=True):
    """What a custom tool takes: text of a grammar."""

    definition: str
    syntax: Literal["lark", "regex"]


class CustomTool(OwnTool, tag="custom", kw_only=True, frozen=True):
    """A tool of the caller's own that takes text."""

    format: Maybe[TextGrammar | Grammar] = UNSET


class Namespace(TypedPart, tag="namespace", frozen=True):
    """Tools under one name."""

    name: Text
    description: str
    tools: list[FunctionTool | CustomTool]


class Hybrid(Strict, frozen=True):
    """How a search weighs meaning against words."""

    embedding_weight: float
    text_weight: float


class Ranking(Strict, frozen=True):
    """How results are ranked."""

    hybrid_search: Maybe[Hybrid] = UNSET
    ranker: Maybe[Text] = UNSET
    score_threshold: Maybe[Share] = UNSET


class FileSearch(TypedPart, tag="file_search", frozen=True):
    """A search of the service's stores."""

    vector_store_ids: list[Text]
    filters: Maybe[Free] = UNSET
    max_num_results: Maybe[Many] = UNSET
    ranking_options: Maybe[Ranking] = UNSET


class Computer(TypedPart, tag="computer", frozen=True):
    """A computer."""


class ComputerPreview(TypedPart, tag="computer_use_preview", frozen=True):
    """A computer, in the older form."""

    display_height: Many
    display_width: Many
    environment: Text


class Domains(Strict, frozen=True):
    """Where a search may look."""

    allowed_domains: Maybe[list[Long]] = UNSET


class Place(Strict, frozen=True):
    """About where a search is made from."""

    type: Maybe[Literal["approximate"]] = UNSET
    city: Maybe[Text] = UNSET
    country: Maybe[Text] = UNSET
    region: Maybe[Text] = UNSET
    timezone: Maybe[Text] = UNSET


class Search(TypedPart, frozen=True):
    """What searches of the web share."""

    external_web_access: Maybe[bool] = UNSET
    filters: Maybe[Domains] = UNSET
    search_content_types: Maybe[list[Literal["text", "image"]]] = UNSET
    search_context_size: Maybe[Literal["low", "medium", "high"]] = UNSET
    user_location: Maybe[Place] = UNSET


class WebSearch(Search, tag="web_search", frozen=True):
    """A search of the web by the service itself."""


class WebSearch20250826(Search, tag="web_search_2025_08_26", frozen=True):
    """A search of the web by the service itself."""


class WebSearchPreview(Search, tag="web_search_preview", frozen=True):
    """A search of the web by the service itself, in the older form."""


class WebSearchPreview20250311(Search, tag="web_search_preview_2025_03_11", frozen=True):
    """A search of the web by the service itself, in the older form."""


class NamedTools(Strict, frozen=True):
    """Some tools of a server."""

    read_only: Maybe[bool] = UNSET
    tool_names: Maybe[list[Text]] = UNSET


class Approval(Strict, frozen=True):
    """Which tools need approval."""

    always: Maybe[NamedTools] = UNSET
    never: Maybe[NamedTools] = UNSET


class Mcp(TypedPart, tag="mcp", frozen=True):
    """Tools of an MCP server that the service calls; without credentials of the caller's."""

    server_label: Text
    allowed_callers: Callers = UNSET
    allowed_tools: Maybe[list[Text] | NamedTools] = UNSET
    connector_id: Maybe[Text] = UNSET
    defer_loading: Maybe[bool] = UNSET
    require_approval: Maybe[Literal["always", "never"] | Approval] = UNSET
    server_description: Maybe[str] = UNSET
    server_url: Maybe[Long] = UNSET
    tunnel_id: Maybe[Text] = UNSET


class NoNetwork(TypedPart, tag="disabled", frozen=True):
    """A container without network."""


class SomeNetwork(TypedPart, tag="allowlist", frozen=True):
    """A container that reaches these domains."""

    allowed_domains: list[Long]


class AutoContainer(Strict, frozen=True):
    """A container that the service makes."""

    type: Literal["auto"]
    file_ids: Maybe[list[Text]] = UNSET
    memory_limit: Maybe[Text] = UNSET
    network_policy: Maybe[NoNetwork | SomeNetwork] = UNSET


class CodeInterpreter(TypedPart, tag="code_interpreter", frozen=True):
    """Code that the service runs."""

    container: Text | AutoContainer
    allowed_callers: Callers = UNSET


class Programs(TypedPart, tag="programmatic_tool_calling", frozen=True):
    """Programs that call tools."""


class Mask(Strict, frozen=True):
    """Which part of an image is painted."""

    file_id: Maybe[Text] = UNSET
    image_url: Maybe[str] = UNSET


class SvgReasoning(Strict, frozen=True):
    """How much a model thinks about a drawing."""

    effort: Effort = UNSET


class Svg(Strict, frozen=True):
    """Who draws."""

    model: Maybe[Text] = UNSET
    reasoning: Maybe[SvgReasoning] = UNSET


class ImageGeneration(TypedPart, tag="image_generation", frozen=True):
    """Images that the service paints."""

    action: Maybe[Text] = UNSET
    background: Maybe[Text] = UNSET
    complexity: Maybe[Text] = UNSET
    frame_count: Maybe[Many] = UNSET
    frame_duration_ms: Maybe[Many] = UNSET
    input_fidelity: Maybe[Text] = UNSET
    input_image_mask: Maybe[Mask] = UNSET
    model: Maybe[Text] = UNSET
    moderation: Maybe[Text] = UNSET
    output_compression: Maybe[Annotated[int, Meta(ge=0, le=100)]] = UNSET
    output_format: Maybe[Text] = UNSET
    partial_images: Maybe[Annotated[int, Meta(ge=0, le=16)]] = UNSET
    quality: Maybe[Text] = UNSET
    size: Maybe[Text] = UNSET
    svg: Maybe[Svg] = UNSET


class LocalShell(TypedPart, tag="local_shell", frozen=True):
    """A shell of the caller's own, in the older form."""


class StoredSkill(TypedPart, tag="skill_reference", frozen=True):
    """A skill that the service keeps."""

    skill_id: Text
    version: Maybe[Text] = UNSET


class SkillData(Strict, frozen=True):
    """A skill in base64."""

    type: Literal["base64"]
    data: str
    media_type: Text


class InlineSkill(TypedPart, tag="inline", frozen=True):
    """A skill that comes along."""

    name: Text
    description: str
    source: SkillData


class LocalSkill(Strict, frozen=True):
    """A skill at the caller's."""

    name: Text
    description: str
    path: Long


class ContainerAuto(TypedPart, tag="container_auto", frozen=True):
    """Where a shell runs: a container that the service makes."""

    file_ids: Maybe[list[Text]] = UNSET
    memory_limit: Maybe[Text] = UNSET
    network_policy: Maybe[NoNetwork | SomeNetwork] = UNSET
    skills: Maybe[list[StoredSkill | InlineSkill]] = UNSET


class LocalEnvironment(TypedPart, tag="local", frozen=True):
    """Where a shell runs: at the caller's."""

    skills: Maybe[list[LocalSkill]] = UNSET


class ContainerReference(TypedPart, tag="container_reference", frozen=True):
    """Where a shell runs: a container that is there."""

    container_id: Text


class Shell(TypedPart, tag="shell", frozen=True):
    """A shell."""

    allowed_callers: Callers = UNSET
    environment: Maybe[ContainerAuto | LocalEnvironment | ContainerReference] = UNSET


class ToolSearch(TypedPart, tag="tool_search", frozen=True):
    """A search for tools."""

    description: Maybe[str] = UNSET
    execution: Maybe[Literal["server", "client"]] = UNSET
    parameters: Maybe[Free] = UNSET


class ApplyPatch(TypedPart, tag="apply_patch", frozen=True):
    """Patches of files at the caller's."""

    allowed_callers: Callers = UNSET


AnyTool = (
    FunctionTool
    | CustomTool
    | Namespace
    | FileSearch
    | Computer
    | ComputerPreview
    | WebSearch
    | WebSearch20250826
    | WebSearchPreview
    | WebSearchPreview20250311
    | Mcp
    | CodeInterpreter
    | Programs
    | ImageGeneration
    | LocalShell
    | Shell
    | ToolSearch
    | ApplyPatch
)
