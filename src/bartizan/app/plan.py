"""What one start of the platform is to do: settings resolved, references read, defaults filled in.

Rules of this file: values only. A plan holds credentials, so it travels as sealed memory and never as text; what holds
one shows its kind alone.
"""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

import msgspec

from bartizan.app.federation_plan import Federated
from bartizan.app.guard_judge.plan import GuardJudge
from bartizan.app.issuer_plan import Issuer
from bartizan.app.witness_plan import Witness
from bartizan.crypto.secret import Reticent
from bartizan.crypto.trust_domain import TRUST_DOMAIN
from bartizan.identity.device import Authority
from bartizan.identity.strength import Strength
from bartizan.identity.workload import Workload

SAMPLE, CONTROL = "sample", "control"
"""Names of the two services that every platform has: the built-in assistant and the control process."""
_GUARDS: Final = ("", "observe", "standard", "strict")
"""Guards of a service, the least first."""
JUDGE = "judge"
"""Name of the one that gives the guard's verdicts, where it is there, and of what it speaks."""
MAIN = "main"
"""Name of the target that a service itself names."""
LIMITER = "limiter"
"""Name of the server that counts limits, where there is one; no client reaches it."""


class Target(Reticent, frozen=True):
    """One place where a service is, as the gateway and the dialer see it.

    Attributes:
        name: as configured, or `MAIN`.
        host, port: empty and 0 for the platform's own.
        path: prefix of its paths, without a slash at the end (`/v1`).
        tls: whether the connection is encrypted and verified.
        credential: value of the field that the protocol has for it (`Authorization`, `x-api-key`, `api-key`), or
            empty. A secret.
        allowed: private addresses that the dialer may connect to for it.
        authorities: PEM of who may certify it, where it speaks TLS.
        weight: of this target among all of them; 0 stands by.
        models: names that requests give, each with the name that this target has for it.
        file: that the credential was read from, or empty: it is read again when it changes.
    """

    name: str = MAIN
    host: str = ""
    port: int = 0
    path: str = "/v1"
    tls: bool = False
    credential: str = ""
    allowed: tuple[str, ...] = ()
    authorities: str = ""
    weight: int = 1
    models: Mapping[str, str] = {}
    file: str = ""


class Service(msgspec.Struct, frozen=True):
    """An upstream as the gateway and the dialer see it.

    Attributes:
        name: as configured; `sample` and `control` are the platform's own.
        protocol: what its clients speak.
        targets: every place where it is, its own first.
        requests_per_minute: of one principal.
        body_octets: of one request.
        connections, waiting: connections to it of one worker, and requests that wait for one.
        answer_seconds, gap_seconds: until an answer begins, and that it may pause.
        drill_only: whether only the drill may call it.
        description: its OpenAPI description as JSON, where it has one.
        pins, approved: names of its tools -> digests of each, and those that may be called though they may destroy.
        pins_required: whether tools without a pin are left out.
        bound: whether it takes tokens only that are bound to a key or a certificate.
        admin: networks that the Admin API may be called from, of the platform's own.
        device: whether only to the key of a device that is known.
        strength: how the person must have signed in whose tokens it takes; None where they may be anybody's.
        guard: of its prompts, a word of `threats.profile.PROFILES`, or empty; `verdict` of the judge alone.
        guard_actions: detector -> what becomes of a text, where that is not the guard's.
        evidence_seconds: how long excerpts of what the guard found are kept, sealed; 0: there are none.
        guard_links: hosts that its answers may lead to; None for any.
        canary: whether a mark is planted in system prompts.
        guard_judge: whether a judge is asked about its texts that are in doubt.
    """

    name: str
    protocol: str
    targets: tuple[Target, ...] = (Target(),)
    requests_per_minute: int = 600
    body_octets: int = 4 << 20
    connections: int = 256
    waiting: int = 1024
    answer_seconds: int = 600
    gap_seconds: int = 120
    drill_only: bool = False
    description: str = ""
    pins: Mapping[str, tuple[str, ...]] = {}
    pins_required: bool = False
    approved: tuple[str, ...] = ()
    bound: bool = False
    admin: tuple[str, ...] = ()
    device: bool = False
    strength: Strength | None = None
    guard: str = ""
    guard_actions: Mapping[str, str] = {}
    evidence_seconds: int = 0
    guard_links: tuple[str, ...] | None = None
    canary: bool = False
    guard_judge: bool = False


class Meter(msgspec.Struct, frozen=True):
    """One limit; an amount of 0 is none.

    Attributes:
        per: what it is told apart by: `principal`, `client`, `service`, `route`, `address`.
        services, routes: that it counts; none are all.
        requests_per_minute, tokens_per_minute, concurrent: as configured.
        spend_per_day, spend_per_month: in millionths of the currency.
        own: whether it is a service's own for each principal.
    """

    per: str
    services: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()
    requests_per_minute: int = 0
    tokens_per_minute: int = 0
    concurrent: int = 0
    spend_per_day: int = 0
    spend_per_month: int = 0
    own: bool = False


class Price(msgspec.Struct, frozen=True):
    """What a million tokens of a service's model (`*`: of every other) cost, in millionths of the currency."""

    service: str
    model: str
    input: int
    output: int


class Limiter(Reticent, frozen=True):
    """The server that counts limits.

    Attributes:
        server: where it is; its `credential` is the password. A secret.
        user: that the password is for, or empty.
        certificate, key: PEM that it is shown over TLS, or both empty. The key is a secret.
    """

    server: Service
    user: str = ""
    certificate: str = ""
    key: str = ""


class Traces(Reticent, frozen=True):
    """Where traces go, and how many.

    Attributes:
        host, port, tls, path: of the collector.
        credential: value of the `Authorization` field, or empty. A secret.
        allowed: private addresses that it may be at.
        authorities: PEM of who may certify it, where it speaks TLS.
        share: of requests, 0 to 1.
    """

    host: str
    port: int
    tls: bool
    path: str
    credential: str = ""
    allowed: tuple[str, ...] = ()
    authorities: str = ""
    share: float = 1.0


class Schedule(msgspec.Struct, frozen=True):
    """What runs by itself.

    Attributes:
        name: as configured.
        run: a name of `schedule/runs.py`.
        every: seconds from one start to the next; 0 is off.
        at: minute of the day, UTC, at which it starts; -1 is none.
    """

    name: str
    run: str
    every: int
    at: int = -1


class Connector(Reticent, frozen=True):
    """Where entries of the record go besides the ledger.

    Attributes:
        name: as configured.
        kind: format of entries.
        scheme: of its URL, which says how they go there.
        file: that they are appended to, or empty.
        host, port, tls, path: of the receiver, where it is none.
        credential: value of the `Authorization` field, or what the receiver is shown otherwise, or the key of a
            webhook, or empty. A secret.
        allowed: private addresses that it may be at.
        authorities: PEM of who may certify it, where it speaks TLS.
        kinds, outcomes: of entries that go there; none are all.
        start: `beginning` or `now`: where it begins when it has never delivered anything.
        stalled_seconds: for how long nothing may be delivered while something waits.
    """

    name: str
    kind: str
    scheme: str
    file: str = ""
    host: str = ""
    port: int = 0
    tls: bool = False
    path: str = "/"
    credential: str = ""
    allowed: tuple[str, ...] = ()
    authorities: str = ""
    kinds: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    start: str = "beginning"
    stalled_seconds: int = 900


class Admin(msgspec.Struct, frozen=True):
    """Who reaches the Admin API besides the owner at their socket.

    Attributes:
        reach: what opens it: nothing, a token of any kind, or one that is bound to something.
        networks: addresses and networks that it may be called from.
        strength: how the person must have signed in who calls; None where it may be a program.
    """

    reach: Literal["local", "any", "bound"] = "local"
    networks: tuple[str, ...] = ()
    strength: Strength | None = None


class Bounds(msgspec.Struct, frozen=True):
    """What a worker holds of clients, and how long it waits for one. Each can be moved, none can be taken away.

    Attributes:
        connections: of clients at once.
        head_seconds, body_seconds: until a head, and then its body, is there whole.
        idle_seconds: between two requests of a connection.
        stall_seconds: that a client may leave its answer unread.
        answer_octets: of tools' answers that are held until they are judged and taken.
    """

    connections: Annotated[int, msgspec.Meta(ge=64, le=65_536)] = 8192
    head_seconds: Annotated[int, msgspec.Meta(ge=1, le=60)] = 10
    body_seconds: Annotated[int, msgspec.Meta(ge=1, le=600)] = 30
    idle_seconds: Annotated[int, msgspec.Meta(ge=1, le=3600)] = 75
    stall_seconds: Annotated[int, msgspec.Meta(ge=1, le=600)] = 30
    answer_octets: Annotated[int, msgspec.Meta(ge=16 << 20, le=1 << 30)] = 256 << 20


class Plan(Reticent, frozen=True):
    """One start of the platform.

    Attributes:
        folder: the state folder.
        launch: how a child is started: the interpreter and its switches; module and arguments follow.
        host, port: where the gateway listens; port 0 takes a free one.
        url: where clients reach it, as browsers say it; empty where that is the address that it listens on.
        tls: whether it speaks TLS; without, it may listen on loopback only.
        asks: whether clients are asked for a certificate.
        pq: whether clients without X25519MLKEM768 are served.
        isolation: `required`, or `none`: the worker runs without a filter.
        names: host names and addresses that certificates and Host headers may carry.
        services: upstreams, the default one first.
        model: what answers in the sample: `gullible` or `gemma`.
        weights: file of the model's weights, or empty.
        durability: `group`: survives the death of any process; `every`: survives power loss.
        columns: whether a copy of the ledger for analysis is kept.
        keep_requests, keep_others: seconds for which entries of requests, and all others, are kept; 0 is for ever.
        meters, prices: limits besides the number of one principal's requests.
        limiter: who counts them; None where each worker does so alone.
        judge: the service that gives verdicts; None where there is none.
        guard_judge: who is asked about texts in doubt; None where nobody is.
        edge: services that proxies forward to by themselves, which ask here for decisions.
        edge_secret: what those proxies and the trusted show, or empty. A secret.
        trusted: addresses and networks of proxies in front.
        binding: key of this start under which workers bind ids of sessions, and make the marks that they plant, in
            hexadecimal. A secret.
        hosts: host names that their clients use, which Host may carry and certificates do not.
        schedules: what control runs by itself.
        alerts_per_day: of the watch over sign-ins.
        workloads: who gets certificates by what it is.
        workload_socket: where; empty for the place in the state folder.
        trust_domain: that they are of.
        issuers: whose tokens are taken besides our own.
        federated: trust domains whose workloads are believed besides our own.
        admin: who reaches the Admin API besides the owner.
        posture_hours, healthy: how long a claim about a device counts, and which must be made.
        authorities: who speaks of devices besides these.
        registered: names of marks in documents -> digest of each.
        bounds: of each worker.
        log: how its lines are written: `plain`, or `json`, one object each.
        metrics_host, metrics_port: where numbers are told over HTTP; empty where they are not.
        traces: where they go; None where none are made.
        connectors: where entries of the record go besides the ledger.
        policies: Cedar policies by the path of their file, as configured, or empty for the built-in ones.
        witnesses: who cosigns checkpoints.
        quorum: how many of them must have.
    """

    folder: str
    launch: tuple[str, ...]
    host: str = "127.0.0.1"
    port: int = 8443
    url: str = ""
    tls: bool = True
    asks: bool = False
    pq: Literal["preferred", "required"] = "preferred"
    isolation: Literal["required", "none"] = "required"
    names: tuple[str, ...] = ("localhost", "127.0.0.1", "::1")
    services: tuple[Service, ...] = ()
    model: str = "gullible"
    weights: str = ""
    durability: Literal["group", "every"] = "group"
    columns: bool = False
    keep_requests: int = 0
    keep_others: int = 0
    meters: tuple[Meter, ...] = ()
    prices: tuple[Price, ...] = ()
    limiter: Limiter | None = None
    bounds: Bounds = Bounds()
    log: Literal["plain", "json"] = "plain"
    metrics_host: str = ""
    metrics_port: int = 0
    traces: Traces | None = None
    connectors: tuple[Connector, ...] = ()
    policies: Mapping[str, str] = {}
    judge: Service | None = None
    guard_judge: GuardJudge | None = None
    edge: tuple[Service, ...] = ()
    edge_secret: str = ""
    trusted: tuple[str, ...] = ()
    binding: str = ""
    hosts: tuple[str, ...] = ()
    witnesses: tuple[Witness, ...] = ()
    quorum: int = 0
    schedules: tuple[Schedule, ...] = ()
    alerts_per_day: int = 5
    workloads: tuple[Workload, ...] = ()
    workload_socket: str = ""
    trust_domain: str = TRUST_DOMAIN
    issuers: tuple[Issuer, ...] = ()
    federated: tuple[Federated, ...] = ()
    admin: Admin = Admin()
    posture_hours: int = 24
    healthy: tuple[str, ...] = ()
    authorities: tuple[Authority, ...] = ()
    registered: Mapping[str, str] = {}

    @property
    def guard(self) -> str:
        """Guard of the sample: of the services the least, so that a drill shows what that is worth; without any, `standard`."""
        return min((each.guard for each in self.services), key=_GUARDS.index, default="standard")

    @property
    def evidence(self) -> Mapping[str, int]:
        """Service -> seconds for which what the guard found there is kept, of those that keep any."""
        return {each.name: each.evidence_seconds for each in self.services if each.evidence_seconds}

    @property
    def upstreams(self) -> tuple[Service, ...]:
        """Every service, the platform's own at the end; the sample serves everybody only where it is alone."""
        own = (
            Service(SAMPLE, "openai", drill_only=bool(self.services or self.edge), guard=self.guard),
            Service(CONTROL, "http", (Target(path=""),), admin=self.admin.networks),
        )
        judge = () if self.judge is None else (self.judge,)
        return (*self.services, *own, *judge, *self.edge)

    @property
    def dialled(self) -> tuple[Service, ...]:
        """Everything that the dialer connects to, and no more of it: what is presented there is not the dialer's to know."""
        limiter = (self.limiter.server,) if self.limiter else ()
        return tuple(
            Service(each.name, each.protocol, tuple(map(_place, each.targets)))
            for each in (*self.upstreams, *limiter)
            if each not in self.edge and each != self.judge
        )


def _place(target: Target) -> Target:
    return Target(target.name, target.host, target.port, allowed=target.allowed)
