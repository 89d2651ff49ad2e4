"""`bartizan device`: give a machine a key that the platform knows, admit it, and say how it is."""

import argparse
import re
from collections.abc import Iterable
from pathlib import Path

import msgspec

from bartizan.admin.devices import KnownDevice
from bartizan.app import device_key
from bartizan.app.address import upstream
from bartizan.app.admin.client import Devices
from bartizan.app.measuring import MEASURED, measure
from bartizan.app.owner import Owner, PlatformSilent
from bartizan.app.running import status
from bartizan.cli.command import (
    Command,
    Exit,
    Parser,
    Shell,
    UsageInvalid,
    json_option,
    name,
    naming,
    path,
    state_options,
)
from bartizan.cli.connect import gateway_url
from bartizan.cli.place import state
from bartizan.cli.screen import table
from bartizan.clock import MINUTE, SystemClock
from bartizan.egress.http import Client
from bartizan.identity.device import CLAIMS
from bartizan.identity.statement import fingerprint


def _run(arguments: argparse.Namespace, shell: Shell) -> Exit:
    match arguments.action:
        case "enrol":
            _enrol(arguments, shell)
        case "posture":
            _posture(arguments, shell)
        case "list":
            _list(arguments, shell)
        case "admit":
            _admit(arguments, shell)
        case _:
            _refuse(arguments, shell)
    return Exit.CLEAN


def _enrol(arguments: argparse.Namespace, shell: Shell) -> None:
    client = _client(arguments, shell)
    holder = device_key.device_key(arguments.key, make=True)
    told = device_key.enrol(client, device_key.audience(client), holder, arguments.name, SystemClock())
    own = fingerprint(holder.thumbprint)
    if arguments.json:
        shell.out.document({"key": own, "status": told.status, "file": str(arguments.key)})
        return
    shell.out.line(own)
    if told.status == "admitted":
        shell.err.line("this key is a device's already; `bartizan connect --device FILE` uses it")
    else:
        shell.err.line(
            "the key asks to be admitted, for a day; give its fingerprint, above, to the owner in person, who says:\n"
            "  bartizan device admit FINGERPRINT --holder user.NAME"
        )


def _posture(arguments: argparse.Namespace, shell: Shell) -> None:
    _require_unmeasured(arguments)
    client = _client(arguments, shell)
    holder = device_key.device_key(arguments.key, make=False)
    seen = measure(Path("/"), SystemClock().now()) if arguments.measure else ()
    measured = [each.claim for each in seen if each.holds]
    holds = tuple(dict.fromkeys((*measured, *arguments.holds)))
    device_key.tell(client, device_key.audience(client), holder, holds, SystemClock())
    if arguments.json:
        shown = {"measured": msgspec.to_builtins(seen)} if arguments.measure else {}
        shell.out.document({"key": fingerprint(holder.thumbprint), "holds": list(holds), **shown})
        return
    if seen:
        rows = [(each.claim, "so" if each.holds else "unknown", each.seen) for each in seen]
        shell.out.line(table([("CLAIM", "TOLD AS", "SEEN"), *rows]))
    shell.out.line("told on this machine's own word; in force within a second")


def _require_unmeasured(arguments: argparse.Namespace) -> None:
    """Refuse to have something said to be so of which it is seen whether it is."""
    both = sorted(set(MEASURED).intersection(arguments.holds)) if arguments.measure else []
    if both:
        raise UsageInvalid(f"--measure sees {both[0]} itself: leave --holds {both[0]} out")


def _list(arguments: argparse.Namespace, shell: Shell) -> None:
    found = Owner(state(arguments, shell)).devices()
    if arguments.json:
        shell.out.document(msgspec.to_builtins(found))
        return
    shell.out.line("\n".join(_lines(found)))


def _lines(found: Devices) -> Iterable[str]:
    rows = [
        (each.id, each.holder or "everybody", _kept(each), _claims(each), each.key) for each in found.devices
    ]
    if rows:
        yield table([("DEVICE", "HOLDER", "KEY", "CLAIMED", "FINGERPRINT"), *rows])
    asking = [(each.name, each.source, each.key) for each in found.asking]
    if asking:
        yield table([("ASKS TO BE CALLED", "FROM", "FINGERPRINT"), *asking])
    if not rows and not asking:
        yield "no device is known, and none asks; on one: bartizan device enrol"


def _kept(device: KnownDevice) -> str:
    if device.revoked:
        return "revoked"
    return "in hardware" if device.hardware else "in a file"


def _claims(device: KnownDevice) -> str:
    now = SystemClock().now()
    said = [
        f"{', '.join(each.holds) or 'nothing'} ({each.by}, {max(0, now - each.at) // MINUTE} min ago)"
        for each in device.postures
    ]
    return "; ".join(said) or "nothing"


def _admit(arguments: argparse.Namespace, shell: Shell) -> None:
    owner = Owner(state(arguments, shell))
    made = owner.admit(
        arguments.fingerprint,
        arguments.name or "",
        arguments.holder or "",
        hardware=arguments.hardware,
        reuse=arguments.reuse,
    )
    if arguments.json:
        shell.out.document({"id": made, "key": arguments.fingerprint, "holder": arguments.holder or ""})
    else:
        whose = f"tokens of {arguments.holder}" if arguments.holder else "everybody's tokens"
        shell.out.line(f"{made} is admitted for {whose}, in force in every worker")


def _refuse(arguments: argparse.Namespace, shell: Shell) -> None:
    Owner(state(arguments, shell)).refuse(arguments.fingerprint)
    if arguments.json:
        shell.out.document({"refused": arguments.fingerprint})
    else:
        shell.out.line("refused; the key asks no more")


def _client(arguments: argparse.Namespace, shell: Shell) -> Client:
    """Return the way to the platform that is named, else to the one of the state folder."""
    if arguments.url is not None:
        if arguments.url.tls and arguments.ca is None:
            raise UsageInvalid("a gateway's URL goes with --ca, the authority to trust: its ca.pem")
        return device_key.connected(arguments.url, _read(arguments.ca) if arguments.url.tls else b"")
    folder = state(arguments, shell)
    found = status(folder)
    if found is None:
        raise PlatformSilent(folder)
    return device_key.connected(upstream(found.url), _read(folder.authority) if found.tls else b"")


def _read(file: Path) -> bytes:
    with naming(file):
        return file.read_bytes()


def _fingerprint(text: str) -> str:
    if re.fullmatch(r"[0-9a-f]{64}", text) is None:
        raise argparse.ArgumentTypeError(
            "the whole fingerprint is needed, 64 hexadecimal digits, as the device printed it"
        )
    return text


def _arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION", parser_class=Parser)
    enrol = actions.add_parser("enrol", help="on the device: make its key, and ask that it be admitted")
    posture = actions.add_parser(
        "posture", help="on the device: say what holds of it; what is not said is unknown"
    )
    for action in (enrol, posture):
        action.add_argument(
            "url",
            nargs="?",
            type=gateway_url,
            metavar="URL",
            help="of the gateway; default: the platform of --state",
        )
        action.add_argument(
            "--ca", type=path, metavar="FILE", help="the authority to trust, with a URL: its ca.pem"
        )
        action.add_argument(
            "--key", type=path, metavar="FILE", required=True, help="the device's private key"
        )
    enrol.add_argument(
        "--name", type=name, metavar="NAME", required=True, help="what the device asks to be called"
    )
    posture.add_argument(
        "--holds", action="append", default=[], choices=CLAIMS, help="what is so; may be given more than once"
    )
    posture.add_argument(
        "--measure",
        action="store_true",
        help=f"look at this Linux machine for {', '.join(MEASURED)}, and say what is so",
    )
    shown = actions.add_parser("list", help="show the devices that are known, and the keys that ask")
    admit = actions.add_parser("admit", help="admit a key that asks, in every worker at once")
    refuse = actions.add_parser("refuse", help="forget that a key asks")
    for action in (admit, refuse):
        action.add_argument(
            "fingerprint", metavar="FINGERPRINT", type=_fingerprint, help="as the device printed it"
        )
    admit.add_argument(
        "--name", type=name, metavar="NAME", help="what to call it; default: what it asks to be called"
    )
    admit.add_argument(
        "--holder", type=name, metavar="ID", help="whose tokens alone may be bound to it, such as user.ada"
    )
    admit.add_argument(
        "--hardware",
        action="store_true",
        help="you know that this key cannot leave the machine; policies see it",
    )
    admit.add_argument(
        "--reuse",
        action="store_true",
        help="the name may be one of a device that was erased: policies that name it mean the new one from now on",
    )
    for action in (enrol, posture, shown, admit, refuse):
        state_options(action)
        json_option(action)


COMMAND = Command(
    "device",
    "A device makes a key; the owner admits it, or an authority of bartizan.toml does. Tokens that are bound to the\n"
    'key come from a known device: binding = "device" of a service asks for that, and policies see it.\n'
    "Take one away with `bartizan identity revoke device.NAME`: tokens bound to its key are refused from then on.\n"
    "Ends with 0, 2 where the platform or the file is not fit, 3 where none runs.",
    _arguments,
    _run,
)
