"""What `bartizan.toml` says of proxies: those that stand in front, and those that forward by themselves and ask here.

Rules of this file: who names a client's address has proven that it may. An address is proof where nobody else has it; a
loopback address is every program's of this machine, and a network is many machines', so there the secret is wanted too.
"""

import ipaddress
from collections.abc import Collection, Iterator

import msgspec

from bartizan.app.address import host_name
from bartizan.app.forms import Rate, Reference, ServiceName, Text
from bartizan.app.service_settings import RESERVED
from bartizan.config_form import Fault


class EdgeLimits(msgspec.Struct, frozen=True):
    """How much one principal may ask of a service behind a proxy that asks; tokens and money pass elsewhere."""

    requests_per_minute: Rate = 600


class Edge(msgspec.Struct, frozen=True):
    """Proxies in front of the gateway, and those that forward by themselves and ask for decisions (Envoy's ext_authz).

    Attributes:
        secret: reference to what they show; without, none may ask.
        trusted: addresses and networks of those in front, which name the address of their clients.
        services: names of what stands behind those that ask.
        hosts: host names that their clients use.
        limits: of one principal, for each of the services.
    """

    secret: Reference | None = None
    trusted: tuple[Text, ...] = ()
    services: tuple[ServiceName, ...] = ()
    hosts: tuple[Text, ...] = ()
    limits: EdgeLimits = EdgeLimits()


def guarding(edge: Edge, taken: Collection[str]) -> Iterator[Fault]:
    """Yield what the section says that no type can refuse.

    Args:
        edge: the section.
        taken: names of the gateway's own services.
    """
    if edge.services and edge.secret is None:
        yield Fault(
            ("edge", "secret"), "is needed where there are services: whoever asks must show something"
        )
    for position, name in enumerate(edge.services):
        if name in RESERVED or name in taken or name in edge.services[:position]:
            yield Fault(
                ("edge", "services", position), "is the name of something else already; choose another"
            )
    for position, host in enumerate(edge.hosts):
        if not host_name(host):
            yield Fault(
                ("edge", "hosts", position), "must be a host name or an address, without scheme and port"
            )
    for position, text in enumerate(edge.trusted):
        wrong = _untrustworthy(text, proven=edge.secret is not None)
        if wrong:
            yield Fault(("edge", "trusted", position), wrong)


def _untrustworthy(text: str, *, proven: bool) -> str:
    """Return why nobody there may name addresses, or nothing."""
    try:
        network = ipaddress.ip_network(text)
    except ValueError:
        return 'must be an address or a network, such as "10.0.0.5" or "10.0.0.0/28"'
    if isinstance(network, ipaddress.IPv6Network) and network.network_address.scope_id is not None:
        return "must be an address without a zone (%)"
    if not proven and (network.num_addresses > 1 or network.is_loopback):
        return "is not one machine's alone, so that the proxy must show a `secret` too"
    return ""
