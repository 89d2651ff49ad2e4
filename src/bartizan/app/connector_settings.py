"""Where entries of the record go besides the ledger: `[[connector]]`.

Rules of this file: what is private or not encrypted is listed with it, as a service's place is; a file needs no such
listing. A connector is known by its name: where it stands is kept under it.
"""

import enum
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from bartizan.app.address import HERE, AddressInvalid, Upstream, private_address, upstream
from bartizan.app.authority_files import authorities
from bartizan.app.forms import Reference, ServiceName, Span, Text
from bartizan.app.plan import Connector as Wanted
from bartizan.app.target_settings import listing
from bartizan.config import SecretMissing, environment, resolve
from bartizan.config_form import Fault
from bartizan.connectors import hec, otlp, webhook
from bartizan.connectors.formats import goes_over
from bartizan.connectors.nats import SUBJECT
from bartizan.crypto.secret import Secret
from bartizan.ledger.event import Outcome
from bartizan.ledger.vocabulary import KINDS

MOST: Final = 16
"""Connectors of one platform."""
_URLS: Final = "file:, https:, http:, syslog+tls:, syslog+tcp:, syslog+udp:, nats+tls: or nats:"
_PORTS: Final = {
    "syslog+tls": 6514,
    "syslog+tcp": 601,
    "syslog+udp": 514,
    "nats": 4222,
    "nats+tls": 4222,
    "http": 80,
    "https": 443,
}
"""Scheme -> its port. Sources: RFC 5425, RFC 6587, RFC 5426, NATS."""
_TLS: Final = frozenset({"https", "syslog+tls", "nats+tls"})
_ROOTS: Final = {"splunk": hec.PATH, "otlp": otlp.PATH}
_SECONDS: Final = {"m": 60, "h": 3600, "d": 86_400}
Way = tuple[str | int, ...]


class Format(enum.Enum):
    """In whose words entries are told."""

    OCSF = "ocsf"
    ECS = "ecs"
    JSON = "json"
    CEF = "cef"
    LEEF = "leef"
    SPLUNK = "splunk"
    OTLP = "otlp"
    WEBHOOK = "webhook"


class Start(enum.Enum):
    """Where a connector begins that has never delivered anything."""

    BEGINNING = "beginning"
    NOW = "now"


class Connector(msgspec.Struct, frozen=True):
    """Where entries go.

    Attributes:
        name: by which it is known in the record, in numbers and to its own state.
        kind: in whose words entries are told.
        url: whereto.
        credential: reference to what the receiver is shown, or to the key of a webhook.
        allow_private: `host:port` of each loopback, private or link-local address it may be at.
        authorities: PEM file of who may certify it; None takes the machine's.
        kinds: what the kinds of entries that go there begin with, up to a dot; none are all.
        outcomes: of entries that go there; none are all.
        start: where it begins.
        stalled: for how long nothing may be delivered while something waits, before that is a finding.
    """

    name: ServiceName
    kind: Format
    url: Text
    credential: Reference | None = None
    allow_private: tuple[Text, ...] = ()
    authorities: Text | None = None
    kinds: tuple[Text, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    start: Start = Start.BEGINNING
    stalled: Span = "15m"


class Place(msgspec.Struct, frozen=True):
    """A URL taken apart: its scheme, and a file's path or where a receiver is."""

    scheme: str
    file: str = ""
    at: Upstream | None = None


def place(url: str, root: str = "") -> Place:
    """Return a connector's URL taken apart.

    Args:
        url: as configured.
        root: path where it names none.
    Raises:
        AddressInvalid: not of one of the schemes, or not of its form.
    """
    scheme, colon, rest = url.partition(":")
    if colon and scheme == "file":
        return Place(scheme, file=_file(rest))
    if scheme not in _PORTS:
        raise AddressInvalid(f"must begin with {_URLS}")
    found = upstream(f"{'https' if scheme in _TLS else 'http'}:{rest}", root)
    if urlsplit(url).port is None:
        found = msgspec.structs.replace(found, port=_PORTS[scheme])
    if scheme.startswith("syslog") and found.path:
        raise AddressInvalid("must have no path: syslog has none")
    if scheme.startswith("nats") and SUBJECT.fullmatch(found.path.removeprefix("/")) is None:
        raise AddressInvalid(
            "must name the subject of a stream, such as nats+tls://nats.example.com/bartizan.entries"
        )
    return Place(scheme, at=found)


def _file(rest: str) -> str:
    path = rest.removeprefix("//") if rest.startswith("///") else rest
    if not path or path.startswith("//") or path.endswith("/") or not path.isprintable():
        raise AddressInvalid("must name a file, such as file:entries.jsonl or file:///var/log/bartizan.jsonl")
    return path


def shipping(connectors: tuple[Connector, ...]) -> Iterator[Fault]:
    """Yield what the sections say that no type can refuse."""
    if len(connectors) > MOST:
        yield Fault(("connector", MOST), f"is one more than the {MOST} connectors that there may be")
    seen, files = dict[str, int](), dict[str, int]()
    for position, one in enumerate(connectors):
        path: Way = ("connector", position)
        first = seen.setdefault(one.name, position)
        if first != position:
            yield Fault((*path, "name"), f"is the name of connector[{first}] already; choose another")
        yield from _filtering(path, one)
        yield from _going(path, one)
        file = _file_of(one)
        first = files.setdefault(os.path.normpath(file), position) if file else position
        if first != position:  # each would cut off, as half a line, what the other is writing
            yield Fault((*path, "url"), f"is the file of connector[{first}] already; choose another")


def _filtering(path: Way, one: Connector) -> Iterator[Fault]:
    for position, kind in enumerate(one.kinds):
        if not any(f"{known}.".startswith(f"{kind}.") for known in KINDS):
            rooms = ", ".join(sorted({known.partition(".")[0] for known in KINDS}))
            what = f"is no kind of entries, nor what kinds begin with, up to a dot: {rooms}, gateway.request"
            yield Fault((*path, "kinds", position), what)


def _going(path: Way, one: Connector) -> Iterator[Fault]:
    yield from listing(path, one.allow_private)
    try:
        found = place(one.url, _ROOTS.get(one.kind.value, ""))
    except AddressInvalid as fault:
        yield Fault((*path, "url"), fault.what)
        return
    if not goes_over(one.kind.value, found.scheme):
        yield Fault((*path, "kind"), f'"{one.kind.value}" cannot go over {found.scheme}:')
    if found.at is not None:
        yield from _reaching(path, one, found.at)
    yield from _showing(path, one, found)


def _reaching(path: Way, one: Connector, found: Upstream) -> Iterator[Fault]:
    allowed = {private_address(address) for address in one.allow_private}
    if (found.private or not found.tls) and (found.host, found.port) not in allowed:
        kind = "is a private address" if found.private else "is not encrypted"
        yield Fault((*path, "url"), f'{kind}: allow it with allow_private = ["{found.authority}"]')
    if one.authorities is not None and not found.tls:
        yield Fault(
            (*path, "authorities"), "is for TLS; `url` must begin with https:, syslog+tls: or nats+tls:"
        )


def _showing(path: Way, one: Connector, found: Place) -> Iterator[Fault]:
    """Yield why what it is to be shown cannot be shown."""
    if one.kind in {Format.WEBHOOK, Format.SPLUNK} and one.credential is None:
        what = (
            "the key that its requests are signed with"
            if one.kind is Format.WEBHOOK
            else "the collector's token"
        )
        yield Fault(path, f"lacks the key `credential`: a reference to {what}")
    if one.credential is not None and (found.at is None or found.scheme.startswith("syslog")):
        yield Fault((*path, "credential"), f"is shown to nobody over {found.scheme}:; leave it out")


def files_of(connectors: tuple[Connector, ...], folder: Path) -> Iterator[Fault]:
    """Yield which connectors append to a file where there is no folder for it.

    Args:
        connectors: as configured.
        folder: of the configuration.
    """
    for position, one in enumerate(connectors):
        file = _file_of(one)
        if file and not (folder / file).parent.is_dir():
            yield Fault(("connector", position, "url"), "leads to a folder that there is not; make it first")


def _file_of(one: Connector) -> str:
    try:
        return place(one.url, _ROOTS.get(one.kind.value, "")).file
    except AddressInvalid:  # which is said already
        return ""


def weak_connectors(connectors: tuple[Connector, ...]) -> Iterator[str]:
    """Yield a sentence where entries can be read on their way, or can be lost without anybody knowing."""
    for one in connectors:
        found = place(one.url)
        if found.at is not None and not found.at.tls and found.at.host not in HERE:
            yield f"connector {one.name}: the record crosses the network in the clear"
        if found.scheme == "syslog+udp":
            yield f"connector {one.name}: nobody says whether a datagram arrived; entries can be lost"


def wanted(connectors: tuple[Connector, ...], folder: Path) -> tuple[Wanted, ...]:
    """Return where entries go, references read.

    Args:
        connectors: the sections, settled.
        folder: that references and paths start from.
    Raises:
        SecretMissing: a credential's reference leads nowhere, or to no key.
        AuthoritiesMissing: an encrypted receiver could not be verified.
    """
    return tuple(_wanted(one, folder) for one in connectors)


def _wanted(one: Connector, folder: Path) -> Wanted:
    found = place(one.url, _ROOTS.get(one.kind.value, ""))
    at = found.at
    kept = Wanted(
        name=one.name,
        kind=one.kind.value,
        scheme=found.scheme,
        file=str(folder.absolute() / found.file) if found.file else "",
        credential=_credential(one, found.scheme, folder),
        allowed=one.allow_private,
        authorities=authorities(one.authorities, folder) if at is not None and at.tls else "",
        kinds=one.kinds,
        outcomes=tuple(outcome.value for outcome in one.outcomes),
        start=one.start.value,
        stalled_seconds=seconds(one.stalled),
    )
    if at is None:
        return kept
    return msgspec.structs.replace(kept, host=at.host, port=at.port, tls=at.tls, path=at.path or "/")


def _credential(one: Connector, scheme: str, folder: Path) -> str:
    if one.credential is None:
        return ""
    secret = resolve(one.credential, environment(), folder, Secret).reveal().decode("ascii")
    if one.kind is Format.WEBHOOK:
        try:
            webhook.key(secret)
        except webhook.KeyUnusable as fault:
            raise SecretMissing(one.credential, str(fault)) from None
        return secret
    if one.kind is Format.SPLUNK:
        return f"Splunk {secret}"
    return secret if scheme.startswith("nats") else f"Bearer {secret}"


def seconds(span: str) -> int:
    """Return how many seconds a span has."""
    found = re.fullmatch(r"([0-9]+)([mhd])", span)
    if found is None:
        raise ValueError("no span")
    return int(found[1]) * _SECONDS[found[2]]
