"""What the supervisor writes down for `bartizan status`: its processes and how they are held."""

import os
from typing import TYPE_CHECKING, Final

import msgspec

from bartizan import __version__

if TYPE_CHECKING:
    from bartizan.app.supervisor import Supervisor


UNFIT: Final = "unfit "
"""What a worker's fact begins with that says that a target is not fit to be asked."""


class Process(msgspec.Struct, frozen=True):
    """One process: what it is, which start it was, its id, its state, what confines it, whether it is compiled."""

    kind: str
    number: int
    pid: int
    state: str
    seccomp: bool = False
    landlock: int = 0
    compiled: bool = False


class Witness(msgspec.Struct, frozen=True):
    """A witness: its name, what it made of the last checkpoint (`feeding.WORDS`), that one's size, since when."""

    name: str
    word: str
    size: int
    since: int


class Shipping(msgspec.Struct, frozen=True):
    """How a connector stands.

    Attributes:
        name: as configured.
        waiting: entries of the tree that it has not come past.
        age: seconds since the first of those that it wants was written; 0 where it is not known to have one.
        delivered: entries that its receiver has taken in this life of the shipper.
        word: why its last delivery failed, or empty.
        stalled: whether it is on record as one that delivers nothing.
    """

    name: str
    waiting: int
    age: int
    delivered: int
    word: str = ""
    stalled: bool = False


class Policies(msgspec.Struct, frozen=True):
    """Which policies are in force.

    Attributes:
        version: its number.
        source: `start`, `applied` or `rolled-back`.
        repeats: the version that it is again; 0 where it is new.
        configured: whether the configured files are the same, as far as they were read.
        own: whether the operator has configured files.
    """

    version: int
    source: str
    repeats: int
    configured: bool
    own: bool


class SignIns(msgspec.Struct, frozen=True):
    """The watch over sign-ins: as in `admin.signins.Standing`."""

    budget: int
    learning: bool
    today: int
    withheld: int


class Domain(msgspec.Struct, frozen=True):
    """A trust domain besides our own: as in `federation.Standing`."""

    name: str
    trust_domain: str
    authorities: int
    keys: int
    confirmed: int
    until: int
    word: str = ""


class Status(msgspec.Struct, frozen=True):
    """The platform at a moment.

    Attributes:
        listen: host:port of the gateway; url: how clients on this machine name it.
        pid: the supervisor's; started: UTC nanoseconds.
        generation: of policy, principals and revocations; entries: in the ledger's tree.
        altered: segments in which a record was found altered.
        accepting: whether connections are taken.
        limiter: `memory`; or `valkey`, and whether it answers the worker that serves.
        metrics: host:port where a scraper gets the numbers; empty where none does.
        unfit: `service/target` of those that the worker which serves asks nothing now, because they fail.
        witnesses: who cosigns checkpoints; quorum: how many of them must; witnessed: entries that so many have.
        witnessed_at: when they last did, UTC nanoseconds; 0 where they did not since the start.
        connectors: how each stands.
        domains: how each trust domain besides our own does.
        policy: which policies are in force; None until control has said so.
        sign_ins: how the watch over them stands; None until it has read the record.
        guard: of the sample: of the services' guards the least, a word of `threats.profile.PROFILES`; empty where one has none.
        sieve: what finds the guard's patterns, `re2` or, once it is compiled, `hyperscan`; empty where nothing is inspected.
        injections: day of the model that knows injections; empty where there is none, and then prompts are held back.
        encoder: day of the one that reads documents and tool results; empty where it is not installed, `broken` where it cannot be used.
        silent: seconds since the supervisor last said that this holds; 0 where it did lately.
    """

    version: str
    listen: str
    url: str
    pid: int
    started: int
    tls: bool
    pq: str
    isolation: str
    durability: str
    services: list[str]
    model: str
    generation: int
    entries: int
    altered: int
    accepting: bool
    processes: list[Process]
    limiter: str = "memory"
    silent: int = 0
    policy: Policies | None = None
    sign_ins: SignIns | None = None
    metrics: str = ""
    unfit: list[str] = []
    witnesses: list[Witness] = []
    quorum: int = 0
    witnessed: int = 0
    witnessed_at: int = 0
    connectors: list[Shipping] = []
    domains: list[Domain] = []
    sieve: str = ""
    guard: str = ""
    injections: str = ""
    encoder: str = ""


def write_status(supervisor: "Supervisor") -> None:
    """Replace the status file as a whole."""
    plan = supervisor.plan
    sealer = next((child.facts for child in supervisor.of("sealer")), {})
    status = Status(
        version=__version__,
        listen=supervisor.listeners.listens,
        url=supervisor.listeners.near,
        pid=os.getpid(),
        started=supervisor.started,
        tls=plan.tls,
        pq=plan.pq,
        isolation=plan.isolation,
        durability=plan.durability,
        services=[service.name for service in plan.upstreams if service.name != "control"],
        model=plan.model,
        generation=supervisor.generation.number,
        entries=int(sealer.get("entries", 0)),
        altered=int(sealer.get("altered", 0)),
        accepting=supervisor.listeners.accepting and bool(supervisor.of("worker", "serving")),
        limiter=_limiter(supervisor),
        guard=plan.guard,
        sieve=supervisor.lines.engine,
        injections=supervisor.lines.model,
        encoder=supervisor.lines.encoder,
        processes=[
            Process(
                child.kind,
                child.number,
                child.process.pid,
                child.state,
                bool(child.facts.get("seccomp")),
                int(child.facts.get("landlock", 0)),
                bool(child.facts.get("compiled")),
            )
            for child in supervisor.children.values()
        ],
        metrics=supervisor.listeners.scraped,
        unfit=_unfit(supervisor),
        witnesses=[
            Witness(one.name, one.word, one.size, one.since)
            for one in supervisor.witnessing.standings.values()
        ],
        policy=_policy(supervisor),
        sign_ins=_sign_ins(supervisor),
        quorum=plan.quorum,
        witnessed=supervisor.witnessing.size,
        witnessed_at=supervisor.witnessing.at,
        connectors=supervisor.shipments.told(),
        domains=_domains(supervisor),
    )
    new = supervisor.folder.status.with_suffix(".new")
    new.write_bytes(msgspec.json.format(msgspec.json.encode(status)))
    new.replace(supervisor.folder.status)


def _policy(supervisor: "Supervisor") -> Policies | None:
    said = supervisor.relay.policy
    if said is None:
        return None
    own = bool(supervisor.plan.policies)
    return Policies(said.version, said.source, said.repeats, said.configured, own)


def _sign_ins(supervisor: "Supervisor") -> SignIns | None:
    said = supervisor.relay.sign_ins
    return None if said is None else SignIns(said.budget, said.learning, said.today, said.withheld)


def _domains(supervisor: "Supervisor") -> list[Domain]:
    return [
        Domain(one.name, one.trust_domain, one.authorities, one.keys, one.confirmed, one.until, one.word)
        for one in supervisor.relay.domains
    ]


def _unfit(supervisor: "Supervisor") -> list[str]:
    facts = (fact for worker in supervisor.of("worker", "serving") for fact in worker.facts.items())
    return sorted(name.removeprefix(UNFIT) for name, true in facts if true and name.startswith(UNFIT))


def _limiter(supervisor: "Supervisor") -> str:
    if supervisor.plan.limiter is None:
        return "memory"
    answers = any(worker.facts.get("limiter") for worker in supervisor.of("worker", "serving"))
    return "valkey" if answers else "valkey, NOT ANSWERING: requests are refused"
