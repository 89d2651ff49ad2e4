"""Main of the control process: `python -m bartizan.http.serve CHANNEL`.

Rules of this file: everything comes over the channel: listeners, segment, key, facts. The process makes no
listener of its own, and no connection but to the issuers that are configured, through egress. It ends when it is
told to, when its supervisor goes, or when the record cannot be kept.
"""

import asyncio
import logging
import secrets
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from bartizan.access.issue.mint import Bound, Issued, Signer, SpiffeShown, TokenKeyUnusable, new_key
from bartizan.access.issue.svid import Assertions
from bartizan.access.names import Names
from bartizan.access.names import new_key as new_names
from bartizan.access.people.passkey import Site
from bartizan.app import messages as m
from bartizan.app.admin.gate import Gate, gate_of
from bartizan.app.admin.repeats import Repeats
from bartizan.app.approvals import Approvals
from bartizan.app.bundle_watch import watch as watch_bundle
from bartizan.app.channel import Channel, MessageRefused
from bartizan.app.control import Registrar
from bartizan.app.control_ports import NotInForce, Ports
from bartizan.app.devices import Devices
from bartizan.app.devices import Ports as DevicePorts
from bartizan.app.discovery import read_keys
from bartizan.app.entry import Entry
from bartizan.app.everyone import Everyone
from bartizan.app.everyone import Ports as EveryonePorts
from bartizan.app.evidence import Evidence, evidence_of
from bartizan.app.exposed import exposed
from bartizan.app.federation import Federation
from bartizan.app.federation import Ports as FederationPorts
from bartizan.app.federation_plan import Outside
from bartizan.app.folder import Folder
from bartizan.app.granting import Granting
from bartizan.app.held import HeldRequests
from bartizan.app.issuers import Issuers
from bartizan.app.issuers import Ports as IssuerPorts
from bartizan.app.issuing import Issuing, assemble
from bartizan.app.key_room import key_room
from bartizan.app.metrics import scrape
from bartizan.app.outcry import Outcry
from bartizan.app.people import People
from bartizan.app.people import Ports as PeoplePorts
from bartizan.app.permits import Permits
from bartizan.app.registering import Registering
from bartizan.app.schedule.keep import Ports as SchedulePorts
from bartizan.app.schedule.keep import Scheduler
from bartizan.app.schedule.process import carry_out
from bartizan.app.segments import SIZES
from bartizan.app.signin_watch import Ports as SignInPorts
from bartizan.app.signin_watch import SignInWatch
from bartizan.app.workload_tokens import Ports as WorkloadPorts
from bartizan.app.workload_tokens import WorkloadTokens, read_authority
from bartizan.clock import MINUTE, Nanoseconds, SystemClock
from bartizan.console.visits import visits
from bartizan.crypto.keyring import KeyExposed, KeyUnreadable, load_or_create
from bartizan.http import devices as device_routes
from bartizan.http.admin.assemble import Parts, administration
from bartizan.http.admin.platform import Facts
from bartizan.http.authorization import authorization
from bartizan.http.consent import Consent, of_people
from bartizan.http.head import MOST, bounded
from bartizan.http.owner import OwnersOnly, owner
from bartizan.http.scrape import new_token, scraping
from bartizan.http.server import Server
from bartizan.http.signals import signals
from bartizan.http.supervision import Supervision
from bartizan.http.until_gone import end, until_gone
from bartizan.identity.principal import Principal
from bartizan.identity.state import State
from bartizan.isolation.kernel import die_with_parent, no_new_privileges, not_dumpable
from bartizan.isolation.memory import read_sealed
from bartizan.ledger.journal import Journal
from bartizan.policy.errors import PolicyInvalid
from bartizan.store.engine import StoreUnusable, open_store
from bartizan.store.reserve import Reserve

_CONNECTIONS: Final = 256
_DRAIN_S: Final = 5
_RESERVED: Final = 1 << 20
"""Octets on the disk that are kept for what takes away: revocations and erasures."""
_STORE: Final = "store.db"
_COULD_NOT_EVALUATE: Final = 3
_CANNOT_START: Final = (PolicyInvalid, StoreUnusable, KeyExposed, KeyUnreadable, TokenKeyUnusable, NotInForce)
"""What the operator can put right; the last line of the log says how."""


class Start(msgspec.Struct, frozen=True):
    """What the supervisor hands over.

    Attributes:
        boot: the message.
        control, owner, scraper: listeners; a scraper has one where that is configured.
        journal: this process's own, opened.
        policies: Cedar policies by the path of their file; empty for the built-in ones.
        outside: external issuers, and other trust domains.
    """

    boot: m.BootControl
    control: socket.socket
    owner: socket.socket
    scraper: socket.socket | None
    journal: Journal
    policies: Mapping[str, str]
    outside: Outside = Outside()


def run(argv: Sequence[str]) -> int:
    """Serve until told to end; return the exit status.

    Args:
        argv: the channel's descriptor number.
    """
    die_with_parent(signal.SIGKILL)  # one that hangs would keep the store locked for the next
    no_new_privileges()
    not_dumpable()
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s")
    channel = Channel(socket.socket(fileno=int(argv[0])), m.ControlOrders)
    clock = SystemClock()
    try:
        asyncio.run(_serve(channel, receive_start(channel, clock), clock))
    except _CANNOT_START as fault:
        logging.getLogger("control").error("%s", fault)  # noqa: TRY400 - the sentence says it all
        return _COULD_NOT_EVALUATE
    return 0


def receive_start(channel: Channel, clock: SystemClock) -> Start:
    """Return what the first message hands over.

    Descriptors: control listener, owner listener, the scraper's where there is one, then where the operator has
    policies those (sealed memory, JSON object of file name -> text), then external issuers and trust domains where
    there are any (sealed memory), then segment and first key.

    Raises:
        ChannelClosed: the supervisor is gone.
        MessageRefused: it said something else.
    """
    boot, fds = channel.receive()
    if not isinstance(boot, m.BootControl) or not 0 <= len(fds) - 4 - boot.metrics - boot.outside <= 1:
        raise MessageRefused("not what a control process starts with")
    outside = Outside()
    if boot.outside:
        outside = msgspec.json.decode(bytes(read_sealed(fds.pop(-3))), type=Outside)
    count = 2 + boot.metrics
    listeners = [socket.socket(fileno=fd) for fd in fds[:count]]
    given = [msgspec.json.decode(bytes(read_sealed(fd)), type=dict[str, str]) for fd in fds[count:-2]]
    segment, key = fds[-2:]
    first = key_room(read_sealed(key))
    journal = Journal(segment, first, boot.segment, "control", boot.boot, clock, SIZES["control"])
    journal.durable = boot.durable
    scraper = listeners[2] if boot.metrics else None
    return Start(boot, listeners[0], listeners[1], scraper, journal, given[0] if given else {}, outside)


async def _serve(channel: Channel, start: Start, clock: SystemClock) -> None:
    folder = Folder(Path(start.boot.state))
    signer = Signer(start.boot.issuer, load_or_create(folder.keys / "token.pem", new_key))
    supervision, room = Supervision(channel, start.journal), _kept(folder)
    store, names = open_store(f"sqlite:///{folder.root / _STORE}"), _names(folder)
    issuers = _issuers(start, supervision, store, clock, names, lambda over: registrar.publish(over))  # noqa: PLW0108  # made below
    repeats, evidence = Repeats(store, clock), _evidence(start, folder, supervision, clock)
    permits, gate = _deciding(clock, supervision)
    devices = _devices(start, supervision, store, clock, names, lambda: registrar.publish())  # noqa: PLW0108  # made below
    ports = Ports(
        store=store,
        signer=signer,
        clock=clock,
        record=supervision.record,
        publish=_heeded((permits.take, gate.take), supervision.publish),
        services=exposed(start.boot.services),
        policies=start.policies,
        boot=start.boot.boot,
        tell_policy=supervision.tell_policy,
        room=partial(room.hand_to, folder.root / f"{_STORE}-wal"),
        external=issuers.external,
        forget=_forgetting(repeats, evidence),
        evidence=evidence.public,
        fleet=devices.fleet,
        names=names,
    )
    registrar = Registrar(ports)
    issuing = assemble(ports, registrar, folder.keys)
    supervision.follow(registrar, issuers, evidence)
    await registrar.begin()
    people, approvals, everyone, held = _people(registrar, ports, permits, supervision)
    scheduler = _scheduler(start, folder, supervision, store, clock)
    watch = _watch(start, folder, supervision, registrar, clock)
    facts = _facts(start, folder, watch)
    parts = Parts(
        *(registrar, issuing.rotation, scheduler, issuers, people, approvals, devices, issuing.consents),
        facts,
        *(folder.ledger, repeats, evidence, held),
    )
    admin = administration(parts, gate, start.boot.admin, start.boot.admin_strength)
    pages = visits(people, approvals, everyone, issuing.device_flow, issuing.consents)
    federation, workloads = _workloads(start, folder, ports, registrar, issuing.granting, supervision)
    more = (*signals(issuers), *pages, *device_routes.public(devices), *admin.networked)
    registering = Registering(ports, registrar, gate, issuers.vouched)
    public = _public(start, issuing, people, more, workloads, registering)
    servers = _servers(start, folder, public, owner(admin.own), facts.scrape)
    outside = [each.keep for each in (issuers, federation) if each.configured]
    kept = [scheduler.keep, watch.keep, devices.keep, evidence.keep, issuing.keep, *outside]
    refusing = (issuing.granting, issuers, people, devices, gate, registering)
    await until_gone(supervision, registrar, refusing, room, kept, servers)
    end(refusing, start.journal)


def _deciding(clock: SystemClock, supervision: Supervision) -> tuple[Permits, Gate]:
    """Return what asks the policies in this process: for pages, and for the Admin API."""
    failed = Outcry(clock, sys.stderr.write).control
    return Permits(failed), gate_of(clock, supervision.record, failed)


def _public(
    start: Start,
    issuing: Issuing,
    people: People,
    more: Sequence[Route],
    workloads: WorkloadTokens | None,
    registering: Registering,
) -> Starlette:
    consent = Consent(issuing.lending, of_people(people))
    return authorization(issuing, consent, more, workloads, registering, asks=start.boot.asks)


def _evidence(start: Start, folder: Folder, supervision: Supervision, clock: SystemClock) -> Evidence:
    return evidence_of(folder, clock, supervision.record, start.boot.evidence)


def _forgetting(repeats: Repeats, evidence: Evidence) -> Callable[[Principal], None]:
    def forget(somebody: Principal) -> None:
        repeats.forget(somebody.id)
        evidence.forget(somebody.pseudonym)

    return forget


def _names(folder: Folder) -> Names:
    return Names(load_or_create(folder.keys / "names.key", new_names))


def _kept(folder: Folder) -> Reserve:
    room = Reserve(folder.reserve, _RESERVED)
    room.keep()
    return room


def _issuers(
    start: Start,
    supervision: Supervision,
    store: Engine,
    clock: SystemClock,
    names: Names,
    put_in_force: Callable[[Sequence[Entry]], Coroutine[None, None, int]],
) -> Issuers:
    ports = IssuerPorts(store, clock, supervision.record, put_in_force, read_keys, names)
    issuers = Issuers(ports, start.outside.issuers)
    issuers.begin()
    return issuers


def _devices(
    start: Start,
    supervision: Supervision,
    store: Engine,
    clock: SystemClock,
    names: Names,
    put_in_force: Callable[[], Coroutine[None, None, int]],
) -> Devices:
    good_for = Nanoseconds(start.boot.posture_hours * 60 * MINUTE)
    url = start.boot.issuer
    ports = DevicePorts(store, clock, url, supervision.record, put_in_force, names)
    devices = Devices(ports, start.boot.authorities, good_for, start.boot.healthy)
    devices.begin()
    return devices


def _workloads(
    start: Start,
    folder: Folder,
    ports: Ports,
    registrar: Registrar,
    granting: Granting,
    supervision: Supervision,
) -> tuple[Federation, WorkloadTokens | None]:
    """Return other trust domains, and what issues to workloads by what they show, where any are configured."""
    needed = FederationPorts(ports.store, ports.clock, ports.record, watch_bundle, supervision.tell_domains)
    federation = Federation(needed, start.outside.federated)
    federation.begin()
    boot = start.boot
    if not boot.workloads and not federation.configured:
        return federation, None
    authority, now = read_authority(folder.client_authority), ports.clock.now()
    assertions = Assertions(
        boot.issuer, authority, boot.workloads, now, federation.domains, own=boot.trust_domain
    )

    def issue(
        who: Principal, audience: str, seconds: int, bound: Bound, source: str, shown: SpiffeShown
    ) -> Issued:
        return registrar.issue(who, audience, seconds, bound, source, grant="workload", shown=shown)

    issuing = WorkloadPorts(ports.store, ports.clock, granting.proven, issue, granting.refused)
    return federation, WorkloadTokens(issuing, assertions)


def _facts(start: Start, folder: Folder, watch: SignInWatch) -> Facts:
    boot, standing = start.boot, lambda: watch.standing
    return Facts(boot.issuer, exposed(boot.services), boot.sample_sha256, partial(scrape, folder), standing)


def _heeded(
    takers: tuple[Callable[[State], None], ...], publish: Callable[[State], Awaitable[int]]
) -> Callable[[State], Awaitable[int]]:
    """Return what has this process decide on a state before it is put in force in the workers."""

    async def both(state: State) -> int:
        for take in takers:
            take(state)
        return await publish(state)

    return both


def _people(
    registrar: Registrar, of: Ports, permits: Permits, supervision: Supervision
) -> tuple[People, Approvals, Everyone, HeldRequests]:
    site, flagged = Site(of.signer.url), registrar.suspects.of
    ports = PeoplePorts(of.store, of.clock, of.record, site, permits.of, flagged)
    approvals = Approvals(ports)
    held = supervision.held = HeldRequests(ports, approvals)
    everyone = Everyone(EveryonePorts(registrar.people, registrar.revoke, registrar.erase), approvals)
    return People(ports), approvals, everyone, held


def _watch(
    start: Start, folder: Folder, supervision: Supervision, registrar: Registrar, clock: SystemClock
) -> SignInWatch:
    ports = SignInPorts(
        ledger=folder.ledger,
        clock=clock,
        canonical=registrar.sources.canonical,
        record=supervision.record,
        answer=registrar.suspects.answer,
        tell=supervision.tell_sign_ins,
    )
    return SignInWatch(ports, start.boot.alerts_per_day)


def _scheduler(
    start: Start, folder: Folder, supervision: Supervision, store: Engine, clock: SystemClock
) -> Scheduler:
    ports = SchedulePorts(
        store=store,
        clock=clock,
        step=clock.step,
        record=supervision.record,
        carry_out=lambda run: carry_out(start.boot.launch, run, folder),
        chance=secrets.randbelow,
        say=logging.getLogger("control").warning,
    )
    scheduler = Scheduler(ports, start.boot.schedules)
    scheduler.begin()
    return scheduler


def _servers(
    start: Start, folder: Folder, public: Starlette, owners: Starlette, numbers: Callable[[], str]
) -> list[tuple[Server, socket.socket]]:
    servers = [(_server(public, H11Protocol), start.control), (_server(owners, OwnersOnly), start.owner)]
    if start.scraper is not None:
        token = load_or_create(folder.keys / "metrics.token", new_token)
        servers.append((_server(scraping(numbers, token), H11Protocol), start.scraper))
    return servers


def _server(app: Starlette, protocol: type[H11Protocol]) -> Server:
    return Server(bounded(app), protocol, drain_s=_DRAIN_S, most_head=MOST, connections=_CONNECTIONS)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
