"""`[[service]]`: an upstream AI API, and what the keys of one say together.

Rules of this file: as of `settings.py`.
"""

import enum
from collections.abc import Iterator, Mapping
from typing import Annotated, Final

import msgspec

from bartizan.app.description_settings import describing
from bartizan.app.forms import Models, Reference, ServiceName, Text, Weight
from bartizan.app.ledger_settings import DAY_SECONDS, seconds
from bartizan.app.limit_settings import Limits
from bartizan.app.robustness_settings import Robustness
from bartizan.app.step_up_settings import StepUp, stepping
from bartizan.app.target_settings import Target, Way, targeting
from bartizan.app.tool_settings import Tools, pinning
from bartizan.config_form import Fault
from bartizan.threats.links import PATTERN
from bartizan.threats.profile import DETECTORS, Action

RESERVED: Final = frozenset(
    {"sample", "control", "judge", "healthz", "readyz", "v1", "limiter", "ext-authz"}
    | {"oauth", "people", "admin", "device", "ssf"}
)
"""Names that the gateway uses itself, in paths and in the record."""


MOST_EVIDENCE: Final = 365 * DAY_SECONDS
"""Seconds for which evidence can be kept."""
LONGEST_WAIT: Final = 3600
"""Seconds that a service can be waited for, for its answer to begin or to go on."""


class Protocol(enum.Enum):
    """What a service's clients speak."""

    OPENAI = "openai"
    ANTHROPIC = "anthropic"
    AZURE = "azure"
    MCP = "mcp"
    HTTP = "http"

    @property
    def root(self) -> str:
        """Prefix of a service's paths where its URL names none."""
        return _PATHS.get(self, "/v1")


_PATHS: Final = {Protocol.AZURE: "/openai", Protocol.HTTP: "", Protocol.MCP: "/mcp"}
"""Protocol -> the path of its upstreams where their URL has none, if that is not `/v1`."""


class Binding(enum.Enum):
    """Whether a token must be bound to its holder's key, or to that of a device that is known."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    DEVICE = "device"


class Guard(enum.Enum):
    """What inspecting prompts and answers may do."""

    OFF = "off"
    OBSERVE = "observe"
    STANDARD = "standard"
    STRICT = "strict"


Evidence = Annotated[
    str,
    msgspec.Meta(pattern=r"\A(?:off|[1-9][0-9]{0,3}[hd])\Z", description='"off", or a span such as "30d"'),
]
"""How long evidence is kept."""
Detector = Annotated[
    str,
    msgspec.Meta(pattern=rf"\A(?:{'|'.join(DETECTORS)})\Z", description=f"one of {', '.join(DETECTORS)}"),
]
"""What finds something in a prompt."""


Host = Annotated[
    str,
    msgspec.Meta(
        pattern=rf"\A{PATTERN}\Z",
        max_length=253,
        description='a host in small letters, such as "example.com", or "*.example.com" for all below it; international names as `xn--…`',
    ),
]


class ServiceBounds(msgspec.Struct, frozen=True):
    """How much a service is given, and how long it is waited for. Each can be moved, none can be taken away.

    Attributes:
        body_octets: of a request.
        connections: to it, of one worker.
        waiting: requests that wait for one of them.
        answer_seconds: until an answer begins.
        gap_seconds: that an answer may pause.
    """

    body_octets: Annotated[int, msgspec.Meta(ge=1024, le=16 << 20)] = 4 << 20
    connections: Annotated[int, msgspec.Meta(ge=1, le=4096)] = 256
    waiting: Annotated[int, msgspec.Meta(ge=0, le=65_536)] = 1024
    answer_seconds: Annotated[int, msgspec.Meta(ge=1, le=LONGEST_WAIT)] = 600
    gap_seconds: Annotated[int, msgspec.Meta(ge=1, le=LONGEST_WAIT)] = 120


class Service(msgspec.Struct, frozen=True):
    """An upstream AI API.

    Attributes:
        name: in paths, policies and the record.
        upstream: its URL.
        protocol: what its clients speak.
        credential: reference to what the gateway presents to it; without, nothing is presented.
        binding: of tokens; None is required, but for a platform that listens on loopback alone.
        step_up: how a person must have signed in whose tokens it takes; None takes programs' as well.
        guard: of prompts.
        guard_actions: what becomes of a prompt in which a detector found something, where that is not the guard's.
        evidence: how long excerpts of what the guard found are kept, sealed, for whoever has to judge it; `off` keeps
            none, None as the platform says for every service.
        guard_links: hosts that links and images of its answers may lead to; None for any, and of an empty list, none.
        canary: whether a mark is planted in its system prompts, which no answer may tell.
        guard_judge: whether the configured judge is asked about its texts that are in doubt.
        limits: of one principal.
        bounds: of what it is given.
        robustness: how far it has to withstand known attacks.
        tools: of a service that speaks MCP.
        allow_private: `host:port` of each loopback, private or link-local address it may be at.
        authorities: PEM file of who may certify it; None takes the machine's.
        weight: how many requests it gets beside the other targets; 0 is asked only where no other is fit.
        models: names that requests give, each with the one that is asked for at the service.
        target: further places where it is.
        openapi: file that describes a service of protocol `http`; no other has one.
    """

    name: ServiceName
    upstream: Text
    protocol: Protocol = Protocol.OPENAI
    credential: Reference | None = None
    binding: Binding | None = None
    step_up: StepUp | None = None
    guard: Guard = Guard.OBSERVE
    guard_actions: Mapping[Detector, Action] = {}
    evidence: Evidence | None = None
    guard_links: Annotated[tuple[Host, ...], msgspec.Meta(max_length=1024)] | None = None
    canary: bool = False
    guard_judge: bool = False
    limits: Limits = Limits()
    bounds: ServiceBounds = ServiceBounds()
    robustness: Robustness = Robustness()
    tools: Tools = Tools()
    allow_private: tuple[Text, ...] = ()
    authorities: Text | None = None
    openapi: Text | None = None
    weight: Weight = 1
    models: Models = {}
    target: tuple[Target, ...] = ()

    @property
    def root(self) -> str:
        """Prefix of its paths where a URL names none."""
        return self.protocol.root

    @property
    def places(self) -> "tuple[Service | Target, ...]":
        """Every place where it is, its own first."""
        return (self, *self.target)


_PROMPTED: Final = frozenset({Protocol.OPENAI, Protocol.ANTHROPIC, Protocol.AZURE})
"""Protocols in which an application tells a model what it is to do."""


def serving(path: Way, service: Service) -> Iterator[Fault]:
    """Yield what the keys of one service may not say together.

    Args:
        path: of the service.
        service: as it is configured.
    """
    if service.name in RESERVED:
        yield Fault((*path, "name"), "is a name of Bartizan's own; choose another")
    http, mcp = service.protocol is Protocol.HTTP, service.protocol is Protocol.MCP
    yield from describing(path, service.openapi, service.limits, http=http)
    yield from stepping((*path, "step_up"), service.step_up)
    yield from _guarding(path, service)
    yield from keeping_evidence((*path, "evidence"), service.evidence)
    if evidence_seconds(service.evidence) and service.guard is Guard.OFF:
        yield Fault(
            (*path, "evidence"),
            'is of what the guard finds; say guard = "standard" beside it, or leave it out',
        )
    if service.tools != Tools() and not mcp:
        yield Fault((*path, "tools"), 'is for services of protocol = "mcp"; leave it out')
    if service.target and mcp:
        yield Fault(
            (*path, "target", 0), 'is not for services of protocol = "mcp", whose sessions are at one place'
        )
    yield from pinning((*path, "tools", "pins"), service.tools)
    yield from targeting(path, service.places, service.root, deployed=service.protocol is Protocol.AZURE)


def evidence_seconds(kept: str | None) -> int:
    """Return how long evidence is kept, in seconds; 0 keeps none."""
    return 0 if kept in {None, "off"} else seconds(kept)


def keeping_evidence(path: Way, kept: str | None) -> Iterator[Fault]:
    """Yield what no type can refuse of how long evidence is kept."""
    if evidence_seconds(kept) > MOST_EVIDENCE:
        yield Fault(path, 'is 365 days at most; say "365d", or less')


def _guarding(path: Way, service: Service) -> Iterator[Fault]:
    """Yield what is said of a guard that is not there, or cannot do it."""
    if service.guard is Guard.OFF:
        said = {
            "guard_actions": bool(service.guard_actions),
            "guard_links": service.guard_links is not None,
            "canary": service.canary,
        }
        for name in (name for name, there in said.items() if there):
            yield Fault(
                (*path, name), 'is for services with a guard; say guard = "standard", or leave it out'
            )
    if service.canary and service.protocol not in _PROMPTED:
        yield Fault((*path, "canary"), "is for services that have a system prompt; leave it out")
