"""Every section of `bartizan.toml`, and the rules that span sections.

Rules of this file: sections are values; what one key alone may say stands in its type, what keys say
together is judged in `settled`. A key whose feature is not in this version is refused rather than ignored:
a setting that does nothing would be a promise that nobody keeps.
"""

import enum
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec

from bartizan.app.address import (
    AddressInvalid,
    Listen,
    Upstream,
    host_name,
    listen_address,
    public_url,
    upstream,
)
from bartizan.app.admin_settings import AdminApi, administering
from bartizan.app.authority_files import AuthoritiesMissing, authorities
from bartizan.app.canary_settings import Canary, registering
from bartizan.app.connector_settings import Connector, files_of, shipping
from bartizan.app.description_settings import descriptions
from bartizan.app.device_settings import Devices, authorizing, known_authorities
from bartizan.app.edge_settings import Edge, guarding
from bartizan.app.federation_settings import TrustDomain, federating
from bartizan.app.forms import Text
from bartizan.app.guard_judge.settings import GuardJudge, second_opinions
from bartizan.app.issuer_settings import Issuer, issuing
from bartizan.app.judge_settings import Judge, verdicts
from bartizan.app.ledger_settings import Ledger, keeping
from bartizan.app.limit_settings import Limit, Limiter, Price, limiting
from bartizan.app.plan import Bounds
from bartizan.app.schedule_settings import Schedule, scheduling
from bartizan.app.service_settings import Binding, Evidence, Protocol, Service, keeping_evidence, serving
from bartizan.app.target_settings import Target
from bartizan.app.trace_settings import Traces, tracing
from bartizan.app.witness_settings import Witness, known_witnesses, witnessing
from bartizan.app.workload_settings import WorkloadApi, attested
from bartizan.config import Configuration, ConfigurationUnreadable, find, load, read_text
from bartizan.config_form import Fault
from bartizan.config_lines import Path as Key
from bartizan.identity.workload import Workload


class Tls(enum.Enum):
    """Whether the gateway speaks TLS itself."""

    REQUIRED = "required"
    OFF = "off"


class Pq(enum.Enum):
    """What becomes of clients without X25519MLKEM768."""

    PREFERRED = "preferred"
    REQUIRED = "required"


class ClientCertificates(enum.Enum):
    """Whether clients are asked for a certificate, which their tokens are bound to then."""

    OFF = "off"
    OPTIONAL = "optional"


class Isolation(enum.Enum):
    """Whether a worker may run without its system-call filter."""

    REQUIRED = "required"
    NONE = "none"


class LogForm(enum.Enum):
    """How the lines of the platform's log are written: for people, or as one JSON object each."""

    PLAIN = "plain"
    JSON = "json"


class Policy(msgspec.Struct, frozen=True):
    """Where the Cedar policies are; None takes the built-in ones."""

    path: Text | None = None


class Store(msgspec.Struct, frozen=True):
    """Where principals and pseudonyms are kept; None is SQLite in the state folder."""

    url: Text | None = None


class SignIns(msgspec.Struct, frozen=True):
    """What the watch over sign-ins may ask of people: so many alerts a day, of which it tells the gravest."""

    budget: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 5


class Metrics(msgspec.Struct, frozen=True):
    """Where a scraper gets the platform's numbers over HTTP; None is nowhere, `bartizan metrics` prints them anyway."""

    listen: Text | None = None

    @property
    def address(self) -> Listen | None:
        """Where, taken apart."""
        return None if self.listen is None else listen_address(self.listen)


class Settings(msgspec.Struct, frozen=True):
    """The whole of `bartizan.toml`.

    Attributes:
        listen: where the gateway listens, `address:port`.
        url: where clients reach it, where that is not the address that it listens on.
        names: further host names and addresses that clients reach the gateway by.
        log: how `run/platform.log` in the state folder is written.
        evidence: `off`, or how long every service with a guard keeps what that found, sealed, where it does not say itself.
    """

    listen: Text = "127.0.0.1:8443"
    url: Text | None = None
    names: tuple[Text, ...] = ()
    tls: Tls = Tls.REQUIRED
    pq: Pq = Pq.PREFERRED
    client_certificates: ClientCertificates = ClientCertificates.OFF
    isolation: Isolation = Isolation.REQUIRED
    evidence: Evidence = "off"
    log: LogForm = LogForm.PLAIN
    service: tuple[Service, ...] = ()
    limit: tuple[Limit, ...] = ()
    price: tuple[Price, ...] = ()
    issuer: tuple[Issuer, ...] = ()
    judge: Judge = Judge()
    canary: tuple[Canary, ...] = ()
    guard_judge: GuardJudge = GuardJudge()
    edge: Edge = Edge()
    bounds: Bounds = Bounds()
    policy: Policy = Policy()
    ledger: Ledger = Ledger()
    witness: tuple[Witness, ...] = ()
    store: Store = Store()
    limiter: Limiter = Limiter()
    metrics: Metrics = Metrics()
    traces: Traces = Traces()
    connector: tuple[Connector, ...] = ()
    schedule: tuple[Schedule, ...] = ()
    sign_in: SignIns = SignIns()
    admin: AdminApi = AdminApi()
    devices: Devices = Devices()
    workload: tuple[Workload, ...] = ()
    workload_api: WorkloadApi = WorkloadApi()
    trust_domain: tuple[TrustDomain, ...] = ()

    @property
    def address(self) -> Listen:
        """Where the gateway listens, taken apart."""
        return listen_address(self.listen)

    @property
    def public(self) -> Upstream | None:
        """Where clients reach it, taken apart; None is where the gateway listens."""
        return None if self.url is None else public_url(self.url)

    def binds(self, service: Service | Judge) -> bool:
        """Return whether a service takes tokens only that are bound to a key or a certificate."""
        if service.binding is None:
            return not self.address.loopback
        return service.binding is not Binding.OPTIONAL

    @property
    def upstreams(self) -> tuple[tuple[str, Service | Target, Upstream], ...]:
        """Every place of every service, named `service` or `service/target`, with its URL taken apart."""
        return tuple(
            (
                service.name if one is service else f"{service.name}/{one.name}",
                one,
                upstream(one.upstream, service.root),
            )
            for service in self.service
            for one in service.places
        )


def read(named: Path | None, folder: Path, given: dict[str, object] | None = None) -> Configuration[Settings]:
    """Return the settled configuration.

    Args:
        named: the file, where the command line names one; else `bartizan.toml` is looked for.
        folder: where the looking starts; its parents follow.
        given: top-level keys that the command line sets.
    Raises:
        ConfigurationFault: unreadable, or it says something that it may not.
    """
    configuration = load(find(folder) if named is None else named, Settings, given)
    services = enumerate(configuration.sections.service)
    files = {at: one.openapi for at, one in services if one.openapi and one.protocol is Protocol.HTTP}
    described = descriptions(configuration.folder, files)
    certified = _certificates(configuration)
    known = known_witnesses(configuration.sections.witness, configuration.folder)
    speaking = known_authorities(configuration.sections.devices, configuration.folder)
    lying = files_of(configuration.sections.connector, configuration.folder)
    found = (
        *settled(configuration.sections),
        *_policies(configuration),
        *described,
        *certified,
        *known,
        *speaking,
        *lying,
    )
    if found:
        raise configuration.invalid(found)
    return configuration


def _policies(configuration: Configuration[Settings]) -> Iterator[Fault]:
    """Yield why the policies cannot be used; none at all would silently mean the built-in ones."""
    path = configuration.sections.policy.path
    if path is None:
        return
    where = ("policy", "path")
    try:
        files = sorted((configuration.folder / path).glob("*.cedar"))
    except (OSError, ValueError):
        files = []
    if not files:
        yield Fault(where, "leads to no folder with *.cedar files; leave it out for the built-in policies")
    for file in files:
        try:
            read_text(file)
        except ConfigurationUnreadable as fault:
            yield Fault(where, f"holds {json.dumps(file.name)}, which cannot be read: {fault.why}")


def _certificates(configuration: Configuration[Settings]) -> Iterator[Fault]:
    """Yield which files of certificates cannot be used: a process that meets one at its start says no line of the file."""
    for where, file in _certificate_files(configuration.sections):
        if file is not None:
            try:
                authorities(file, configuration.folder)
            except AuthoritiesMissing as fault:
                yield Fault(where, f"{fault.fault}; name a PEM file of certificates")


def _certificate_files(settings: Settings) -> Iterator[tuple[Key, str | None]]:
    for position, service in enumerate(settings.service):
        for at, place in enumerate(service.places):
            target = ("target", at - 1) if at else ()
            yield ("service", position, *target, "authorities"), place.authorities
    yield ("limiter", "authorities"), settings.limiter.authorities
    yield ("limiter", "certificate"), settings.limiter.certificate
    yield ("traces", "authorities"), settings.traces.authorities
    yield ("guard_judge", "authorities"), settings.guard_judge.authorities
    for position, witness in enumerate(settings.witness):
        yield ("witness", position, "authorities"), witness.authorities
    for position, connector in enumerate(settings.connector):
        yield ("connector", position, "authorities"), connector.authorities
    for position, issuer in enumerate(settings.issuer):
        yield ("issuer", position, "authorities"), issuer.authorities
    for position, domain in enumerate(settings.trust_domain):
        yield ("trust_domain", position, "authorities"), domain.authorities


def settled(settings: Settings) -> Iterator[Fault]:
    """Yield what the sections say that no type can refuse, in the order of the sections."""
    yield from _listening(settings)
    for position, service in enumerate(settings.service):
        yield from serving(("service", position), service)
    yield from _repeated(settings)
    limits = {service.name: service.limits for service in settings.service}
    yield from limiting(limits, settings.limit, settings.price, settings.limiter)
    yield from verdicts(settings.judge, loopback=_listens_on_loopback(settings))
    yield from registering(settings.canary)
    yield from second_opinions(settings.guard_judge, settings.service)
    yield from guarding(settings.edge, limits.keys())
    yield from keeping(settings.ledger)
    yield from _scraped(settings)
    yield from tracing(settings.traces)
    yield from witnessing(settings.witness, settings.ledger.witnesses)
    yield from scheduling(settings.schedule)
    yield from shipping(settings.connector)
    yield from attested(settings.workload, settings.workload_api)
    yield from federating(settings.trust_domain, settings.workload, settings.workload_api)
    yield from issuing(settings.issuer)
    yield from administering(settings.admin, loopback=_listens_on_loopback(settings))
    yield from authorizing(settings.devices)
    yield from _absent(settings)


def _listens_on_loopback(settings: Settings) -> bool:
    """Return whether the gateway listens on loopback alone; an address that is none is another fault."""
    try:
        return settings.address.loopback
    except AddressInvalid:
        return True


def _listening(settings: Settings) -> Iterator[Fault]:
    try:
        listen = settings.address
    except AddressInvalid as fault:
        yield Fault(("listen",), fault.what)
        return
    if settings.tls is Tls.OFF and not listen.loopback:
        yield Fault(
            ("tls",), 'may be "off" only where `listen` is a loopback address, behind a proxy on this machine'
        )
    if settings.tls is Tls.OFF:
        yield from _plain(settings)
    yield from _reached(settings)
    for position, service in enumerate(settings.service):
        if service.binding is Binding.OPTIONAL and not listen.loopback:
            yield Fault(
                ("service", position, "binding"),
                'may be "optional" only where `listen` is a loopback address',
            )
    for position, name in enumerate(settings.names):
        if not host_name(name):
            yield Fault(("names", position), "must be a host name or an address, without scheme and port")


def _reached(settings: Settings) -> Iterator[Fault]:
    """Yield why clients cannot reach it there."""
    try:
        public = settings.public
    except AddressInvalid as fault:
        yield Fault(("url",), fault.what)
        return
    if public is not None and not public.tls and settings.tls is not Tls.OFF:
        yield Fault(("url",), 'must be https while `tls` is "required"')


def _plain(settings: Settings) -> Iterator[Fault]:
    """Yield what cannot be said where there is no TLS."""
    if settings.client_certificates is ClientCertificates.OPTIONAL:
        yield Fault(("client_certificates",), 'cannot be "optional" while `tls` is "off"')
    if settings.pq is Pq.REQUIRED:
        yield Fault(("pq",), 'cannot be "required" while `tls` is "off"')


def _scraped(settings: Settings) -> Iterator[Fault]:
    """Yield why numbers cannot be had there: they cross the wire in the clear, so on this machine alone."""
    try:
        listen = settings.metrics.address
    except AddressInvalid as fault:
        yield Fault(("metrics", "listen"), fault.what)
        return
    if listen is not None and not listen.loopback:
        yield Fault(("metrics", "listen"), 'must be a loopback address, such as "127.0.0.1:9464"')


def _repeated(settings: Settings) -> Iterator[Fault]:
    seen: dict[str, int] = {}
    root = settings.service[0].protocol if settings.service else Protocol.OPENAI
    for position, service in enumerate(settings.service):
        first = seen.setdefault(service.name, position)
        if first != position:
            yield Fault(
                ("service", position, "name"), f"is the name of service[{first}] already; choose another"
            )
        if service.name == "openai" and root is Protocol.AZURE:
            yield Fault(
                ("service", position, "name"),
                "is where the first service, an Azure one, has its paths; choose another",
            )


def _absent(settings: Settings) -> Iterator[Fault]:
    """Yield the settings whose feature this version does not have."""
    yield from keeping_evidence(("evidence",), settings.evidence)
    if settings.store.url is not None:
        yield Fault(
            ("store", "url"), "is not in this version, which keeps store.db in the state folder; leave it out"
        )
