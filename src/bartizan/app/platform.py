"""Starting a platform from a command: the plan is made here, the supervisor carries it out.

Rules of this file: the supervisor is a process of its own session, so that a terminal's Ctrl-C reaches the
command alone, which then stops the platform in order. Secrets are read here, where the operator's environment
is, and travel as sealed memory.
"""

import contextlib
import os
import secrets
import signal
import socket
import subprocess
from pathlib import Path

import msgspec

from bartizan.app import supervisor
from bartizan.app.address import upstream
from bartizan.app.authority_files import authorities
from bartizan.app.channel import Channel, ChannelClosed
from bartizan.app.connector_settings import wanted as connectors
from bartizan.app.credentials import credential
from bartizan.app.description import read_description
from bartizan.app.device_settings import speaking
from bartizan.app.edge_settings import EdgeLimits
from bartizan.app.federation_settings import wanted as federated
from bartizan.app.folder import Folder
from bartizan.app.guard_judge.settings import wanted as second_opinion
from bartizan.app.issuer_settings import wanted as issuers
from bartizan.app.ledger_settings import seconds
from bartizan.app.limit_plan import limiter, meters, prices
from bartizan.app.messages import BootSupervisor, Leave, NotStarted, Started
from bartizan.app.plan import JUDGE, MAIN, Plan, Service, Target
from bartizan.app.running import STOP_SECONDS, PlatformStuck
from bartizan.app.schedule_settings import wanted as schedules
from bartizan.app.service_settings import Binding, Guard, evidence_seconds
from bartizan.app.service_settings import Service as ServiceSettings
from bartizan.app.settings import ClientCertificates, Settings
from bartizan.app.step_up_settings import strength
from bartizan.app.target_settings import Target as TargetSettings
from bartizan.app.tool_settings import Unpinned
from bartizan.app.trace_settings import wanted
from bartizan.app.witness_settings import witnessed_by
from bartizan.clock import SECOND, SystemClock
from bartizan.config import Configuration, SecretMissing, environment, read_text, resolve
from bartizan.crypto.secret import Secret
from bartizan.gateway.ext_authz import PROTOCOL
from bartizan.gateway.inspected import VERDICT
from bartizan.isolation.memory import sealed

_OWN_NAMES = ("localhost", "127.0.0.1", "::1")
_EDGE_SECRET = 32
"""Characters of the secret of proxies that ask for decisions, at the least."""


class PlatformNotStarted(RuntimeError):
    """The platform could not be started; the message says why, `log` is where its processes spoke."""

    def __init__(self, fault: str, log: Path) -> None:
        """Name the fault."""
        super().__init__(f"the platform could not be started: {fault}; its processes' own words are in {log}")
        self.fault, self.log = fault, log


class Running:
    """A platform that this process has started.

    Attributes:
        url: where clients on this machine reach the gateway.
        listen: host:port of the gateway.
        seconds: how long the start took.
    """

    def __init__(
        self, process: subprocess.Popen[bytes], channel: Channel, started: Started, seconds: float
    ) -> None:
        """Hold on to it."""
        self.url, self.listen, self.seconds = started.url, started.listen, seconds
        self._process, self._channel = process, channel

    def wait(self) -> int:
        """Return the supervisor's exit status once it has ended."""
        return self._process.wait()

    def leave(self) -> None:
        """Leave it running when this process ends; until then it ends with this process.

        Raises:
            ChannelClosed: it has ended.
        """
        self._channel.send(Leave())

    def stop(self) -> None:
        """Stop the platform in order, and return when it has ended.

        Raises:
            PlatformStuck: it does not end.
        """
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            raise PlatformStuck(self._process.pid) from None
        finally:
            self._channel.close()


def plan(  # what a command may say beside the file
    configuration: Configuration[Settings],
    folder: Path,
    *,
    port: int | None = None,
    model: str = "gullible",
    weights: str = "",
) -> Plan:
    """Return what to start, from settled settings and the state folder.

    Args:
        port: instead of the configured one; 0 takes a free one.
        model, weights: what answers in the sample.
    Raises:
        SecretMissing, AuthoritiesMissing: a reference leads nowhere, an encrypted upstream could not be verified.
    """
    settings = configuration.sections
    address, scraped = settings.address, settings.metrics.address
    made = Plan(
        folder=str(folder.absolute()),
        launch=supervisor.LAUNCH,
        host=address.host,
        port=address.port if port is None else port,
        url=settings.public.origin if settings.public else "",
        tls=settings.tls.value == "required",
        asks=settings.client_certificates is ClientCertificates.OPTIONAL,
        pq=settings.pq.value,
        isolation=settings.isolation.value,
        names=_names(settings),
        services=tuple(_service(service, settings, configuration.folder) for service in settings.service),
        model=model,
        weights=weights,
        durability=settings.ledger.durability.value,
        columns=settings.ledger.columns,
        keep_requests=seconds(settings.ledger.keep_requests),
        keep_others=seconds(settings.ledger.keep_others),
        meters=meters(settings),
        prices=prices(settings),
        limiter=limiter(settings, configuration.folder),
        bounds=settings.bounds,
        log=settings.log.value,
        metrics_host=scraped.host if scraped else "",
        metrics_port=scraped.port if scraped else 0,
        traces=wanted(settings.traces, configuration.folder),
        connectors=connectors(settings.connector, configuration.folder),
        policies=_policies(settings.policy.path, configuration.folder),
        judge=_judge(settings) if settings.judge.enabled else None,
        guard_judge=second_opinion(settings.guard_judge, configuration.folder),
        edge=tuple(_guarded(name, settings.edge.limits) for name in settings.edge.services),
        edge_secret=_edge_secret(settings.edge.secret, configuration.folder),
        hosts=settings.edge.hosts,
        schedules=schedules(settings.schedule),
        alerts_per_day=settings.sign_in.budget,
        trusted=settings.edge.trusted,
        binding=secrets.token_hex(32),
        witnesses=witnessed_by(settings.witness, configuration.folder),
        quorum=settings.ledger.witnesses or len(settings.witness),
    )
    return _identified(made, settings, configuration.folder)


def _names(settings: Settings) -> tuple[str, ...]:
    """Return what certificates and Host carry; the host of `url` too, unless that is said to be of Host alone."""
    reached = [settings.public.host] if settings.public else []
    own = (*_OWN_NAMES, settings.address.host, *settings.names)
    return tuple(dict.fromkeys((*own, *(host for host in reached if host not in settings.edge.hosts))))


def _identified(made: Plan, settings: Settings, folder: Path) -> Plan:
    """Return a plan with who is known by what, and who administers."""
    return msgspec.structs.replace(
        made,
        admin=settings.admin.planned,
        workloads=settings.workload,
        workload_socket=settings.workload_api.socket or "",
        trust_domain=settings.workload_api.trust_domain,
        issuers=issuers(settings.issuer, folder),
        federated=federated(settings.trust_domain, folder),
        posture_hours=settings.devices.posture_hours,
        healthy=settings.devices.healthy,
        authorities=speaking(settings.devices, folder),
        registered={each.name: each.digest for each in settings.canary},
    )


def _judge(settings: Settings) -> Service:
    judge = settings.judge
    return Service(
        name=JUDGE,
        protocol=JUDGE,
        targets=(Target(path=""),),
        requests_per_minute=judge.limits.requests_per_minute,
        connections=0,
        waiting=0,
        bound=settings.binds(judge),
        device=judge.binding is Binding.DEVICE,
        guard=VERDICT,
    )


def _guarded(name: str, limits: EdgeLimits) -> Service:
    return Service(name, PROTOCOL, requests_per_minute=limits.requests_per_minute)


def _edge_secret(reference: str | None, folder: Path) -> str:
    """Return what proxies show that ask for decisions or stand in front; empty where none has to.

    Raises:
        SecretMissing: nothing there, or something that can be guessed.
    """
    if reference is None:
        return ""
    found = resolve(reference, environment(), folder, Secret).reveal().decode("ascii")
    if len(found) < _EDGE_SECRET:
        raise SecretMissing(
            reference, f"is shorter than {_EDGE_SECRET} characters; make one with: openssl rand -hex 32"
        )
    return found


def _service(service: ServiceSettings, settings: Settings, folder: Path) -> Service:
    bounds = service.bounds
    return Service(
        name=service.name,
        protocol=service.protocol.value,
        targets=tuple(_target(service, one, folder) for one in service.places),
        requests_per_minute=service.limits.requests_per_minute,
        body_octets=bounds.body_octets,
        connections=bounds.connections,
        waiting=bounds.waiting,
        answer_seconds=bounds.answer_seconds,
        gap_seconds=bounds.gap_seconds,
        description=read_description(folder / service.openapi)[1] if service.openapi else "",
        pins=service.tools.pinned,
        pins_required=service.tools.unpinned is Unpinned.REFUSED,
        approved=service.tools.approved,
        bound=settings.binds(service),
        device=service.binding is Binding.DEVICE,
        strength=strength(service.step_up),
        guard="" if service.guard is Guard.OFF else service.guard.value,
        guard_actions={name: action.value for name, action in service.guard_actions.items()},
        evidence_seconds=0
        if service.guard is Guard.OFF
        else evidence_seconds(service.evidence or settings.evidence),
        guard_links=service.guard_links,
        canary=service.canary,
        guard_judge=service.guard_judge,
    )


def _target(service: ServiceSettings, one: ServiceSettings | TargetSettings, folder: Path) -> Target:
    found, reference = upstream(one.upstream, service.root), one.credential or ""
    kind, _, name = reference.partition(":")
    return Target(
        name=MAIN if one is service else one.name,
        host=found.host,
        port=found.port,
        path=found.path,
        tls=found.tls,
        credential=credential(reference, service.protocol.value, folder) if reference else "",
        allowed=one.allow_private,
        authorities=authorities(one.authorities, folder) if found.tls else "",
        weight=one.weight,
        models=service.models | one.models,
        file=str(folder.absolute() / name) if kind == "file" else "",
    )


def _policies(path: str | None, folder: Path) -> dict[str, str]:
    if path is None:
        return {}
    files = sorted((folder / path).glob("*.cedar"))
    return {str(Path(path) / file.name): read_text(file) for file in files}


def start(wanted: Plan) -> Running:
    """Start a platform and return once it answers requests; it ends with this process, unless that leaves it.

    Raises:
        FolderRefused: the state folder cannot be used.
        PlatformRunning: there is one on this folder.
        PlatformNotStarted: a process did not come up, or the port is taken.
    """
    clock = SystemClock()
    began = clock.now()
    folder = Folder(Path(wanted.folder))
    folder.make()
    with folder.locked():
        pass  # says in good time that another platform runs; the supervisor takes the lock itself
    folder.log.touch(mode=0o600)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with folder.log.open("ab") as log, theirs:
        process = subprocess.Popen(  # noqa: S603  # our own module by our own interpreter
            [*wanted.launch, "bartizan.app.supervise", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env={},
            start_new_session=True,
        )
    channel = Channel(ours, Started | NotStarted)
    try:
        answer = _ask_to_start(channel, wanted)
    except ChannelClosed:
        process.wait()
        raise PlatformNotStarted("its supervisor ended", folder.log) from None
    except BaseException:  # interrupted: without its starter the supervisor stops
        channel.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
        raise
    if isinstance(answer, NotStarted):
        process.wait()
        raise PlatformNotStarted(answer.fault, folder.log)
    return Running(process, channel, answer, (clock.now() - began) / SECOND)


def _ask_to_start(channel: Channel, wanted: Plan) -> Started | NotStarted:
    """Tell a supervisor what to start, and return what came of it.

    Raises:
        ChannelClosed: it has ended.
    """
    secret = sealed(msgspec.json.encode(wanted))
    try:
        channel.send(BootSupervisor(), [secret])
        answer: Started | NotStarted = channel.receive()[0]
    finally:
        os.close(secret)
    return answer
