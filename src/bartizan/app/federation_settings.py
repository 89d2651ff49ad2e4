"""Trust domains besides our own, such as those of SPIRE: `[[trust_domain]]`.

Rules of this file: a domain has one source of its bundle. Who its workloads are here is said ID by ID, to the letter: no star
stands for many, and no default for who is not named. A name of a principal belongs to one trust domain.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from bartizan.app.address import upstream
from bartizan.app.authority_files import authorities
from bartizan.app.federation_plan import Federated
from bartizan.app.forms import ServiceName, Text, TrustDomainName
from bartizan.app.target_settings import reaching
from bartizan.app.workload_settings import EXTRA, WorkloadApi, available
from bartizan.config_form import Fault
from bartizan.identity.spiffe import NotSpiffe, is_path, spiffe_id
from bartizan.identity.workload import Name, Number, Workload

MOST: Final = 16
"""Trust domains besides our own."""
MOST_WORKLOADS: Final = 1024
"""Workloads of one of them."""
_UNIX: Final = "unix://"
_SOURCES: Final = ("endpoint_socket", "bundle_file", "bundle_endpoint")


class TrustDomain(msgspec.Struct, frozen=True):
    """A trust domain besides our own.

    Attributes:
        name: in the record.
        trust_domain: such as `corp.example`.
        workloads: path of a SPIFFE ID, such as `/ns/prod/sa/shop` -> name of the principal `workload.NAME`.
        endpoint_socket: the Workload API that has its bundle, as `SPIFFE_ENDPOINT_SOCKET` says it: `unix:///run/….sock`.
        socket_owner: number of the user who serves there; without, root or the platform's own.
        bundle_file: a bundle in SPIFFE's format; with `bundle_endpoint`, the first one.
        bundle_endpoint: URL at which the domain publishes its bundle.
        profile: how that endpoint is known: by its name (`https_web`), or by its SPIFFE ID (`https_spiffe`).
        endpoint_spiffe_id: that SPIFFE ID.
        usable_hours: how long the last bundle counts once its source is away.
        allow_private, authorities: as of a service, for `bundle_endpoint`.
    """

    name: ServiceName
    trust_domain: TrustDomainName
    workloads: Annotated[dict[Text, Name], msgspec.Meta(max_length=MOST_WORKLOADS)] = {}
    endpoint_socket: Text | None = None
    socket_owner: Number | None = None
    bundle_file: Text | None = None
    bundle_endpoint: Text | None = None
    profile: Literal["https_web", "https_spiffe"] = "https_web"
    endpoint_spiffe_id: Text | None = None
    usable_hours: Annotated[int, msgspec.Meta(ge=1, le=168)] = 12
    allow_private: tuple[Text, ...] = ()
    authorities: Text | None = None


def federating(
    domains: Sequence[TrustDomain], workloads: Sequence[Workload], api: WorkloadApi
) -> Iterator[Fault]:
    """Yield what the sections say that no type can refuse.

    Args:
        domains: as configured.
        workloads, api: our own.
    """
    if len(domains) > MOST:
        yield Fault(("trust_domain", MOST), f"is one too many: there may be {MOST}")
    names: dict[str, int] = {}
    known: dict[str, int] = {}
    principals = {each.name: "workload" for each in workloads}
    for position, one in enumerate(domains):
        way = ("trust_domain", position)
        if one.trust_domain == api.trust_domain:
            yield Fault((*way, "trust_domain"), "is this installation's own; see workload_api.trust_domain")
        yield from _sources(way, one)
        yield from _workloads(way, one, principals)
        for key, value, seen in (("name", one.name, names), ("trust_domain", one.trust_domain, known)):
            first = seen.setdefault(value, position)
            if first != position:
                yield Fault((*way, key), f"is that of trust_domain[{first}] already; choose another")


def _sources(way: tuple[str | int, ...], one: TrustDomain) -> Iterator[Fault]:
    """Yield why it is not clear where a bundle comes from, or why it cannot come from there."""
    given = [each for each in _SOURCES if getattr(one, each) is not None]
    if given not in (["endpoint_socket"], ["bundle_file"], ["bundle_endpoint"], list(_SOURCES[1:])):
        yield Fault(way, "needs one source: `endpoint_socket`, `bundle_file` or `bundle_endpoint`")
    if one.endpoint_socket is not None:
        if not one.endpoint_socket.startswith(_UNIX + "/"):
            yield Fault((*way, "endpoint_socket"), "must be unix:// and an absolute path")
        if not available():
            yield Fault((*way, "endpoint_socket"), f"needs the package h2: pip install 'bartizan[{EXTRA}]'")
    elif one.socket_owner is not None:
        yield Fault((*way, "socket_owner"), "is for `endpoint_socket`")
    yield from _endpoint(way, one)


def _endpoint(way: tuple[str | int, ...], one: TrustDomain) -> Iterator[Fault]:
    if one.bundle_endpoint is None:
        if one.allow_private or one.authorities is not None or one.endpoint_spiffe_id is not None:
            yield Fault(way, "names who `bundle_endpoint` is, and has none")
        return
    if not one.bundle_endpoint.startswith("https://"):
        yield Fault((*way, "bundle_endpoint"), "must begin with https://: whoever can change it signs in")
        return
    yield from reaching((*way, "bundle_endpoint"), one.bundle_endpoint, "", one)
    by_id = one.profile == "https_spiffe"
    if by_id and not (_is_id(one.endpoint_spiffe_id or "") and one.bundle_file is not None):
        yield Fault(
            (*way, "profile"),
            "needs `endpoint_spiffe_id`, such as spiffe://corp.example/spire/server, and `bundle_file`, the bundle to begin with",
        )
    if not by_id and one.endpoint_spiffe_id is not None:
        yield Fault((*way, "endpoint_spiffe_id"), 'is for profile = "https_spiffe"')


def _workloads(way: tuple[str | int, ...], one: TrustDomain, principals: dict[str, str]) -> Iterator[Fault]:
    for path, name in one.workloads.items():
        if not is_path(path):
            yield Fault(
                (*way, "workloads", path),
                "must be the path of a SPIFFE ID to the letter, such as /ns/prod/sa/shop",
            )
        first = principals.setdefault(name, one.name)
        if first != one.name:
            yield Fault(
                (*way, "workloads", path), "names a principal of another trust domain; choose another"
            )


def _is_id(uri: str) -> bool:
    try:
        return bool(spiffe_id(uri).path)
    except NotSpiffe:
        return False


def weak_domains(domains: Sequence[TrustDomain]) -> Iterator[str]:
    """Yield a sentence for each trust domain whose bundle nobody renews."""
    for one in domains:
        if not one.workloads:
            yield f"trust domain {one.name}: no workload of it is anybody here; name some in `workloads`"


def wanted(domains: Sequence[TrustDomain], folder: Path) -> tuple[Federated, ...]:
    """Return where bundles come from, files of authorities read.

    Args:
        domains: as configured.
        folder: of the configuration.
    Raises:
        AuthoritiesMissing: an endpoint could not be verified.
    """
    return tuple(
        Federated(
            name=one.name,
            trust_domain=one.trust_domain,
            workloads=one.workloads,
            socket=(one.endpoint_socket or "").removeprefix(_UNIX),
            owner=one.socket_owner,
            file=str(folder / one.bundle_file) if one.bundle_file else "",
            url=one.bundle_endpoint or "",
            profile=one.profile,
            endpoint_id=one.endpoint_spiffe_id or "",
            allowed=one.allow_private,
            authorities=_certified_by(one, folder),
            usable_s=one.usable_hours * 3600,
        )
        for one in domains
    )


def _certified_by(one: TrustDomain, folder: Path) -> str:
    by_name = one.bundle_endpoint is not None and one.profile == "https_web"
    return (
        authorities(one.authorities, folder)
        if by_name and upstream(one.bundle_endpoint or "", "").tls
        else ""
    )
