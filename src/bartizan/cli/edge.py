"""`bartizan edge KIND`: write the configuration of a Caddy or Envoy in front of the gateway."""

import argparse
import re
from pathlib import Path
from typing import Final

from bartizan.app.address import AddressInvalid, host_name, listen_address, private_address
from bartizan.app.edge.write import KINDS, Edge, Place, written
from bartizan.app.service_settings import ServiceBounds
from bartizan.cli.command import Command, Exit, Shell, UsageInvalid, name, path, state_options, whole
from bartizan.cli.place import state
from bartizan.cli.settled import configuration

EVERYWHERE: Final = "0.0.0.0"  # noqa: S104 - an edge is there to be reached
PORT: Final = 443
_PLAIN: Final = re.compile(r"[A-Za-z0-9/._~+@=,: -]+")
_GATEWAY: Final = Place("localhost", 8443)


def _run(arguments: argparse.Namespace, shell: Shell) -> Exit:
    ca: Path = arguments.ca or state(arguments, shell).authority.absolute()
    _require_fitting(arguments)
    settings = configuration(arguments, shell).sections
    if _PLAIN.fullmatch(str(ca)) is None:
        raise UsageInvalid(
            "the path of ca.pem has characters that a proxy may read otherwise; name a copy with --ca"
        )
    edge = Edge(
        kind=arguments.kind,
        gateways=tuple(dict.fromkeys(arguments.gateway or [_GATEWAY])),
        ca=str(ca),
        hosts=tuple(dict.fromkeys(arguments.host or [])),
        listen=arguments.listen,
        port=arguments.port,
        certificate=str(arguments.certificate or ""),
        key=str(arguments.key or ""),
        hybrid=arguments.pq == "required",
        service=arguments.service or "",
        clients=settings.bounds,
        services=tuple(service.bounds for service in settings.service) or (ServiceBounds(),),
    )
    shell.out.line(written(edge).rstrip("\n"))
    if not ca.exists():
        shell.err.line(f"{ca} is not here; put the gateway's ca.pem where the proxy finds it")
    return Exit.CLEAN


def _require_fitting(arguments: argparse.Namespace) -> None:
    """Refuse what is missing for this kind, or goes with another.

    Raises:
        UsageInvalid: the message says which.
    """
    asks = arguments.kind == "ext-authz"
    if asks is not (arguments.service is not None):
        raise UsageInvalid("--service NAME goes with ext-authz, and ext-authz with it")
    if asks and (arguments.host or arguments.certificate or arguments.key):
        raise UsageInvalid(
            "--host, --certificate and --key are of a proxy in front; ext-authz is for one that asks"
        )
    if not asks and not arguments.host:
        raise UsageInvalid("--host NAME is needed: the name that clients use")
    if (arguments.certificate is None) is not (arguments.key is None):
        raise UsageInvalid("--certificate and --key go together")
    if arguments.kind != "caddy" and any(place.numeric for place in arguments.gateway or ()):
        raise UsageInvalid(
            "Envoy needs the gateways' names: its TLS library verifies no address below an authority like Bartizan's"
        )
    if arguments.kind == "envoy" and arguments.certificate is None:
        raise UsageInvalid("Envoy needs --certificate and --key: it gets no certificate by itself")


def _gateway(text: str) -> Place:
    found = private_address(text)
    if found is None or found[1] == 0:
        raise argparse.ArgumentTypeError(
            "a gateway is HOST:PORT, such as gateway-1.example:8443 or [::1]:8443"
        )
    return Place(*found)


def _host(text: str) -> str:
    if not host_name(text):
        raise argparse.ArgumentTypeError("a host name is needed, without scheme and port")
    return text.lower()


def _listen(text: str) -> str:
    try:
        return listen_address(f"[{text}]:0" if ":" in text else f"{text}:0").host
    except AddressInvalid:
        raise argparse.ArgumentTypeError(
            "an address of the proxy's machine is needed, such as 0.0.0.0"
        ) from None


def _file(text: str) -> Path:
    found = path(text)
    if _PLAIN.fullmatch(str(found)) is None:
        raise argparse.ArgumentTypeError(
            "a path of plain characters is needed: a proxy may read others as its own syntax"
        )
    return found


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "kind", choices=KINDS, help="caddy, envoy: in front of gateways; ext-authz: an Envoy that asks"
    )
    parser.add_argument(
        "--gateway",
        action="append",
        type=_gateway,
        metavar="HOST:PORT",
        help="of one machine, as its certificate names it; may be given more than once; default: localhost:8443",
    )
    parser.add_argument(
        "--ca", type=_file, metavar="FILE", help="authorities of the gateways; default: the state's ca.pem"
    )
    parser.add_argument(
        "--host",
        action="append",
        type=_host,
        metavar="NAME",
        help="that clients use; may be given more than once",
    )
    parser.add_argument(
        "--listen", type=_listen, default=EVERYWHERE, metavar="ADDRESS", help=f"default: {EVERYWHERE}"
    )
    parser.add_argument("--port", type=whole(1, 65535), default=PORT, metavar="PORT", help=f"default: {PORT}")
    parser.add_argument(
        "--certificate", type=_file, metavar="FILE", help="of the proxy; Caddy gets one by itself without"
    )
    parser.add_argument("--key", type=_file, metavar="FILE", help="of the certificate")
    parser.add_argument(
        "--pq",
        choices=["preferred", "required"],
        default="preferred",
        help="required: clients without X25519MLKEM768 are refused; default: preferred",
    )
    parser.add_argument(
        "--service", type=name, metavar="NAME", help="of [edge] services, that ext-authz asks about"
    )
    state_options(parser)


COMMAND = Command(
    "edge",
    "Writes to standard output the configuration of a proxy in front of one or more gateways: HTTP/2 and HTTP/3\n"
    "for clients, X25519MLKEM768 both ways, health checks, no retries, no buffering. With ext-authz, what an\n"
    "Envoy needs that forwards by itself and asks the gateway for decisions. Bounds are those of the gateway's\n"
    "bartizan.toml, where it is here. Starts and asks nothing.\n"
    "Ends with 0, or 2 where something is missing or the configuration is not valid.",
    _arguments,
    _run,
)
