"""The text of a proxy's configuration, out of the templates beside this file.

Rules of this file: pure. What is put into a template has been taken apart before: names, addresses and numbers have no
character that means something to a proxy, and paths are quoted. Bounds are the gateway's own, as it is configured: a
proxy lets pass what any of its services takes, and ends nothing that the gateway waits for.
"""

import ipaddress
import json
import re
from collections.abc import Mapping
from importlib import resources
from typing import Final

import msgspec

from bartizan.app.plan import Bounds
from bartizan.app.service_settings import ServiceBounds
from bartizan.clock import SECOND
from bartizan.gateway import bounds
from bartizan.gateway.probe import HEALTH

_TEMPLATES: Final = {"caddy": "Caddyfile", "envoy": "envoy.yaml", "ext-authz": "ext-authz.yaml"}
KINDS: Final = tuple(_TEMPLATES)
"""What configuration is written for."""
_NAMED: Final = re.compile(r"@([A-Z_]+)@")
_MARGIN_S: Final = 30


class Place(msgspec.Struct, frozen=True):
    """A gateway: its name or address, which its certificate is for, and its port."""

    host: str
    port: int

    @property
    def authority(self) -> str:
        """Host and port as they stand in a URL."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def numeric(self) -> bool:
        """Whether it is an address rather than a name."""
        try:
            ipaddress.ip_address(self.host)
        except ValueError:
            return False
        return True


class Edge(msgspec.Struct, frozen=True):
    """What a proxy has to know.

    Attributes:
        kind: of `KINDS`.
        gateways: where requests go, at least one.
        ca: file of the gateways' authorities, PEM, as the proxy opens it.
        hosts: names that its clients use.
        listen: address that it listens on.
        port: TCP and UDP.
        certificate, key: files of its own; empty where it gets one by itself (Caddy alone).
        hybrid: whether clients without X25519MLKEM768 are refused.
        service: that it asks about, where it only asks.
        clients, services: bounds of the gateways, of their clients and of each service.
    """

    kind: str
    gateways: tuple[Place, ...]
    ca: str
    hosts: tuple[str, ...] = ()
    listen: str = "0.0.0.0"  # noqa: S104 - an edge is there to be reached
    port: int = 443
    certificate: str = ""
    key: str = ""
    hybrid: bool = False
    service: str = ""
    clients: Bounds = Bounds()
    services: tuple[ServiceBounds, ...] = (ServiceBounds(),)


def written(edge: Edge) -> str:
    """Return the configuration's text."""
    text = resources.files(__package__).joinpath(_TEMPLATES[edge.kind]).read_text("utf-8")
    values = {**_bounds(edge), **(_caddy(edge) if edge.kind == "caddy" else _envoy(edge))}
    return _NAMED.sub(lambda found: values[found[1]], text)


def _bounds(edge: Edge) -> Mapping[str, str]:
    clients, services = edge.clients, edge.services
    body_octets = max(service.body_octets for service in services)
    answer_s = max(max(service.answer_seconds, service.gap_seconds) for service in services)
    return {
        "HEAD_KB": str(bounds.HEAD_OCTETS // 1024),
        "FIELDS": str(bounds.FIELDS),
        "HEAD_S": str(clients.head_seconds),
        "BODY_S": str(clients.body_seconds),
        "IDLE_S": str(clients.idle_seconds),
        "KEPT_S": str(max(clients.idle_seconds * 3 // 5, 1)),
        "DIAL_S": str(bounds.DIAL_TIME // SECOND),
        "ANSWER_S": str(answer_s + _MARGIN_S),
        "BODY_OCTETS": str(body_octets),
        "TOO_MANY": str(body_octets + 1),
        "HEALTH": HEALTH.decode(),
    }


def _caddy(edge: Edge) -> Mapping[str, str]:
    given = f" {json.dumps(edge.certificate)} {json.dumps(edge.key)}" if edge.certificate else ""
    return {
        "GLOBAL": "    auto_https disable_redirects"
        if edge.certificate
        else "    # certificates come by ACME",
        "SITES": ", ".join(f"https://{Place(host, edge.port).authority}" for host in edge.hosts),
        "LISTEN": edge.listen,
        "CERTIFICATE": given,
        "CLASSICAL": "" if edge.hybrid else " x25519 secp256r1",
        "GATEWAYS": " ".join(f"https://{place.authority}" for place in edge.gateways),
        "CA": json.dumps(edge.ca),
    }


def _envoy(edge: Edge) -> Mapping[str, str]:
    points = " " * (8 if edge.kind == "envoy" else 6)
    domains = [name for host in edge.hosts for name in (host, f"{host}:{edge.port}")]
    return {
        "LISTEN": json.dumps(edge.listen),
        "PORT": str(edge.port),
        "CERTIFICATE": json.dumps(edge.certificate),
        "KEY": json.dumps(edge.key),
        "CLASSICAL": "" if edge.hybrid else ", X25519, P-256",
        "DOMAINS": ", ".join(map(json.dumps, domains)),
        "CA": json.dumps(edge.ca),
        "ENDPOINTS": "\n".join(
            f"{points}- endpoint: {{address: {{socket_address: {{address: {json.dumps(place.host)}, "
            f"port_value: {place.port}}}}}}}"
            for place in edge.gateways
        ),
        "GATEWAY": edge.gateways[0].authority,
        "SERVICE": edge.service,
    }
