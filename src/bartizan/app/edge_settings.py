"""`[edge]`: proxies that forward by themselves, and what the section may not say.

Rules of this file: as of `settings.py`.
"""

from collections.abc import Collection, Iterator

import msgspec

from bartizan.app.address import host_name
from bartizan.app.forms import Rate, Reference, ServiceName, Text
from bartizan.app.service_settings import RESERVED
from bartizan.config_form import Fault


class EdgeLimits(msgspec.Struct, frozen=True):
    """How much one principal may ask of a service behind such a proxy; tokens and money pass elsewhere."""

    requests_per_minute: Rate = 600


class Edge(msgspec.Struct, frozen=True):
    """Proxies that forward by themselves and ask here for decisions (Envoy's ext_authz).

    Attributes:
        secret: reference to what they show; without, none may ask.
        services: names of what stands behind them.
        hosts: host names that their clients use.
        limits: of one principal, for each of the services.
    """

    secret: Reference | None = None
    services: tuple[ServiceName, ...] = ()
    hosts: tuple[Text, ...] = ()
    limits: EdgeLimits = EdgeLimits()


def guarding(edge: Edge, taken: Collection[str]) -> Iterator[Fault]:
    """Yield what the section may not say.

    Args:
        edge: as it is configured.
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
