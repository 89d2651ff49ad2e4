"""Where a service is: `[[service.target]]`, and what it and its service say together about places.

Rules of this file: a place of its own needs the same permission as the service's: what is private or not encrypted is
listed with it.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

import msgspec

from bartizan.app.address import AddressInvalid, private_address, upstream
from bartizan.app.forms import Models, Reference, ServiceName, Text, Weight
from bartizan.app.plan import MAIN
from bartizan.config_form import Fault
from bartizan.gateway.protocols.dialect import SEGMENTS

Way = tuple[str | int, ...]


class Target(msgspec.Struct, frozen=True):
    """Another place where a service is; it speaks the same protocol.

    Attributes:
        name: in the record; the service's own upstream is `main`.
        upstream, credential, weight, models, allow_private, authorities: as of the service.
    """

    name: ServiceName
    upstream: Text
    credential: Reference | None = None
    weight: Weight = 1
    models: Models = {}
    allow_private: tuple[Text, ...] = ()
    authorities: Text | None = None


class Reached(Protocol):
    """What is connected to, as far as the configuration says how."""

    @property
    def allow_private(self) -> tuple[str, ...]:
        """Addresses that it may be at."""
        ...

    @property
    def authorities(self) -> str | None:
        """File of who may certify it."""
        ...


class Place(Reached, Protocol):
    """A service or a target, as far as it is a place."""

    @property
    def name(self) -> str:
        """As configured."""
        ...

    @property
    def upstream(self) -> str:
        """Its URL."""
        ...

    @property
    def models(self) -> dict[str, str]:
        """Names that requests give, each with another."""
        ...


def targeting(path: Way, places: Sequence[Place], root: str, *, deployed: bool) -> Iterator[Fault]:
    """Yield what is wrong about the places of one service.

    Args:
        path: of the service.
        places: its own, then its targets.
        root: prefix of its paths where a URL names none.
        deployed: whether its models are deployments, which stand in paths.
    """
    seen = {MAIN}
    for position, one in enumerate(places):
        way = (*path, "target", position - 1) if position else path
        yield from reaching((*way, "upstream"), one.upstream, root, one)
        if deployed:
            yield from _deployments(way, one.models)
        if position and one.name in seen:
            yield Fault(
                (*way, "name"), "is the name of another target of this service already; choose another"
            )
        seen |= {one.name} if position else set()


def reaching(key: Way, url: str, root: str, one: Reached) -> Iterator[Fault]:
    """Yield why a URL may not be connected to as its table says.

    Args:
        key: of the URL; what else is said stands beside it.
        url: as configured.
        root: prefix of its paths where it names none.
        one: what its table says.
    """
    yield from listing(key[:-1], one.allow_private)
    try:
        found = upstream(url, root)
    except AddressInvalid as fault:
        yield Fault(key, fault.what)
        return
    allowed = {private_address(address) for address in one.allow_private}
    if (found.private or not found.tls) and (found.host, found.port) not in allowed:
        kind = "is a private address" if found.private else "is not encrypted (http)"
        yield Fault(key, f'{kind}: allow it with allow_private = ["{found.authority}"]')
    if one.authorities is not None and not found.tls:
        yield Fault((*key[:-1], "authorities"), f"is for TLS; `{key[-1]}` must begin with https://")


def listing(path: Way, allow_private: tuple[str, ...]) -> Iterator[Fault]:
    """Yield which entries of a table's `allow_private` are no host and port."""
    for position, address in enumerate(allow_private):
        if private_address(address) is None:
            yield Fault((*path, "allow_private", position), 'must be host and port, such as "127.0.0.1:9100"')


def _deployments(path: Way, models: dict[str, str]) -> Iterator[Fault]:
    for alias, model in models.items():
        if SEGMENTS["deployment"].fullmatch(model.encode()) is None:
            yield Fault(
                (*path, "models", alias), "must be a deployment: letters, digits, `.`, `_` or `-`, 64 at most"
            )
