"""What stands behind the gateway: services, the places where each is, what it takes, what is said of its tools.

Rules of this file: values alone, as app/ makes them of the plan. What holds a credential is never printed.
"""

from collections.abc import Mapping
from typing import Final

import msgspec
from typing_extensions import override

from bartizan.clock import Nanoseconds
from bartizan.crypto.secret import Secret
from bartizan.identity.strength import Strength


class ServiceLimits(msgspec.Struct, frozen=True):
    """What a service takes.

    Attributes:
        requests_per_minute, burst: of one principal, and how many of them at once; they go into the answer, the
            limiter itself is a port.
        body_octets: of one request.
        connections: to it at once, of one worker.
        waiting: requests that wait for a connection at once.
        answer_time: how long the first octet of an answer may take.
        gap_time: how long an answer may pause.
    """

    requests_per_minute: int = 600
    burst: int = 60
    body_octets: int = 4 * 1024 * 1024
    connections: int = 256
    waiting: int = 1024
    answer_time: Nanoseconds = Nanoseconds(600_000_000_000)
    gap_time: Nanoseconds = Nanoseconds(120_000_000_000)


MAIN: Final = "main"
"""Name of the target that a service itself names."""


class Target(msgspec.Struct, frozen=True):
    """One place where a service is.

    Attributes:
        name: as configured, or `MAIN`.
        upstream, base, credential, tls, weight, models: as of `ServiceRoute`.
    """

    name: str
    upstream: str
    base: str = "/v1"
    credential: Secret | None = None
    tls: bool = False
    weight: int = 1
    models: Mapping[str, str] = {}

    @override
    def __repr__(self) -> str:
        """Return the name alone."""
        return f"Target({self.name!r}, …)"


class ServiceTools(msgspec.Struct, frozen=True):
    """What the operator says of a service's tools.

    Attributes:
        pins: name -> digests of what it may say of itself, as `mcp.tools.digest` has them; a server may speak
            otherwise to clients of another revision.
        required: whether tools without a pin are left out, and not called.
        approved: names of those that may be called though they are marked as ones that may destroy.
    """

    pins: Mapping[str, tuple[str, ...]] = {}
    required: bool = False
    approved: frozenset[str] = frozenset()


class ServiceRoute(msgspec.Struct, frozen=True):
    """A service behind the gateway.

    Attributes:
        name: as configured.
        protocol: a word of `routes.DIALECTS`, `control` for the platform's own public endpoints, `judge` for its
            verdicts, or `ext-authz` for services that a proxy forwards to by itself.
        upstream: value of the Host field that it expects.
        base: prefix of its paths, without a slash at the end (`/v1`).
        credential: value of the field that its protocol has for it, or nothing.
        tls: whether the connection to it is encrypted, by `wrap_upstream`.
        limits: what it takes; connections and those who wait for one are counted for each of its targets.
        description: of a service of protocol `http`: JSON of OpenAPI, judged when the platform was started.
        weight: of this target among all of them; 0 stands by.
        models: names that requests give, each with the name that this target has for it.
        others: further targets.
        own: whether it is a process of the platform itself, which is replaced where it fails: no circuit opens.
        tools: what is said of them, where it has any.
        bound: whether it takes tokens only that are bound to a key or a certificate.
        admin: networks from which the Admin API may be reached; none, and it is not there.
        device: whether only to the key of a device that is known.
        strength: how the person must have signed in whose tokens it takes; None where they may be anybody's.
        guard: of its prompts, `inspected.OBSERVE`, `inspected.VERDICT` or a word of one whose word counts; empty for none.
        canary: whether a mark is planted in system prompts.
    """

    name: str
    upstream: str
    protocol: str = "openai"
    base: str = "/v1"
    credential: Secret | None = None
    tls: bool = False
    limits: ServiceLimits = ServiceLimits()
    weight: int = 1
    models: Mapping[str, str] = {}
    others: tuple[Target, ...] = ()
    own: bool = False
    description: str = ""
    tools: ServiceTools = ServiceTools()
    bound: bool = False
    admin: tuple[str, ...] = ()
    device: bool = False
    strength: Strength | None = None
    guard: str = ""
    canary: bool = False

    @override
    def __repr__(self) -> str:
        """Return the name alone."""
        return f"ServiceRoute({self.name!r}, …)"

    @property
    def asks(self) -> bool:
        """Return whether it is asked at each request how a token is shown, whatever the token is bound to."""
        return self.bound or self.strength is not None

    @property
    def targets(self) -> tuple[Target, ...]:
        """Every place where it is, its own first."""
        main = Target(MAIN, self.upstream, self.base, self.credential, self.tls, self.weight, self.models)
        return (main, *self.others)
