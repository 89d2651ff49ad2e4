"""`bartizan witness`: cosign other machines' records, so that they cannot show two histories."""

import argparse
import os
import socket
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from bartizan.app.address import AddressInvalid, Listen, host_name, listen_address
from bartizan.app.witness import AUTHORITY, KEYS, Installed, install, installed
from bartizan.cli.command import (
    Command,
    Exit,
    Parser,
    Shell,
    UsageInvalid,
    json_option,
    naming,
    path,
)
from bartizan.cli.place import near
from bartizan.cli.screen import table
from bartizan.clock import SystemClock
from bartizan.ledger.checkpoint import CheckpointMalformed, Verifiers, parse_verifiers
from bartizan.ledger.installation import read_small
from bartizan.ledger.witness import Evidence
from bartizan.ledger.witness_store import Log

STATE: Final = ".bartizan-witness"
"""Name of a witness's folder, in the working folder."""
PORT: Final = 8444
_BACKLOG: Final = 128


class AddressUnusable(Exception):
    """The witness cannot listen where it should; the message says why."""

    def __init__(self, listen: Listen, why: str) -> None:
        """Name the address and what the kernel said."""
        super().__init__(
            f"cannot listen on {listen.host}, port {listen.port}: {why.lower()}; name another with --listen"
        )


def _run(arguments: argparse.Namespace, shell: Shell) -> Exit:
    folder: Path = arguments.state or shell.folder / STATE
    if arguments.action == "init":
        return _init(arguments, shell, folder)
    witness = installed(folder)
    with closing(witness.store):
        match arguments.action:
            case "trust":
                return _trust(arguments, shell, witness)
            case "distrust":
                return _distrust(arguments, shell, witness)
            case "serve":
                return _serve(arguments, shell, witness)
            case _:
                return _show(arguments, shell, witness)


def _init(arguments: argparse.Namespace, shell: Shell, folder: Path) -> Exit:
    hosts = tuple(dict.fromkeys(arguments.host or [arguments.name.partition("/")[0]]))
    if not all(map(host_name, hosts)):
        raise UsageInvalid("say with --host by which host name or address the witness is reached")
    made = install(folder, arguments.name, hosts, SystemClock())
    shell.out.line(
        f"made {made.name} in {near(folder, shell.folder)}; keep the folder: lost, it is to be retired with its keys\n"
        f"give to who runs a platform:  {near(folder / KEYS, shell.folder)} (public keys), "
        f"{near(folder / AUTHORITY, shell.folder)} (authority of its server)\n"
        f"trust a platform's record:    bartizan witness trust KEYS, its ledger/keys.pub\n"
        f"then:                         bartizan witness serve"
    )
    return Exit.CLEAN


def _trust(arguments: argparse.Namespace, shell: Shell, witness: Installed) -> Exit:
    keys = _keys(arguments.file)
    new = witness.store.trust(keys)
    said = "is cosigned for from now on" if new else "was trusted already"
    shell.out.line(f"{keys.origin} {said}")
    return Exit.CLEAN


def _distrust(arguments: argparse.Namespace, shell: Shell, witness: Installed) -> Exit:
    new = witness.store.distrust(arguments.name)
    said = "is not cosigned for any more" if new else "was not trusted any more already"
    shell.out.line(f"{arguments.name} {said}; what was seen of it is kept")
    return Exit.CLEAN


def _keys(file: Path) -> Verifiers:
    try:
        with naming(file):
            return parse_verifiers(read_small(file))
    except CheckpointMalformed as fault:
        raise UsageInvalid(
            f"{file} does not hold a ledger's public keys: name a platform's ledger/keys.pub"
        ) from fault


def _serve(arguments: argparse.Namespace, shell: Shell, witness: Installed) -> Exit:
    from bartizan.http.witness import serve  # noqa: PLC0415 - no other action needs a server
    from bartizan.isolation.kernel import no_new_privileges, not_dumpable  # noqa: PLC0415 - as above

    no_new_privileges()
    not_dumpable()
    listen: Listen = arguments.listen
    with _bound(listen) as listener:
        host, port = listener.getsockname()[:2]
        named = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

        def ready() -> None:
            shell.out.line(f"{witness.cosigner.name} answers on {named}; Ctrl-C stops")
            if os.geteuid() == 0:
                shell.err.line("it needs no privilege: give it a user of its own rather than root")
            shell.out.flush()

        serve(witness, listener, SystemClock(), ready)
    return Exit.CLEAN


def _bound(listen: Listen) -> socket.socket:
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((listen.host, listen.port))
        listener.listen(_BACKLOG)
    except OSError as fault:
        listener.close()
        raise AddressUnusable(listen, fault.strerror or "it is not an address of this machine") from fault
    return listener


def _show(arguments: argparse.Namespace, shell: Shell, witness: Installed) -> Exit:
    logs, kept = list(witness.store.logs()), witness.store.evidence()
    if arguments.json:
        shell.out.document(
            {
                "name": witness.cosigner.name,
                "keys": witness.cosigner.witness.encode().decode().splitlines(),
                "hosts": witness.store.hosts,
                "ledgers": [_log(log) for log in logs],
                "evidence": [
                    {"origin": one.origin, "kind": one.kind.value, "size": one.size}
                    | {"request": one.request.decode(), "seen": one.seen.decode()}
                    for one in kept
                ],
            }
        )
    else:
        rows = [
            (log.keys.origin, str(log.seen.size), _evidence(log), "" if log.trusted else "trusted no more")
            for log in logs
        ]
        head = ("LEDGER", "COSIGNED", "EVIDENCE", "")
        shell.out.line(f"{witness.cosigner.name}, for {', '.join(witness.store.hosts)}")
        shell.out.line(table([head, *rows], frozenset({1})) if rows else "no ledger is trusted yet")
    found = any(log.evidence.get(Evidence.SPLIT_VIEW.value) for log in logs)
    return Exit.FINDINGS if found else Exit.CLEAN


def _log(log: Log) -> dict[str, Any]:
    return {
        "origin": log.keys.origin,
        "size": log.seen.size,
        "root": log.seen.root.hex(),
        "trusted": log.trusted,
        "evidence": log.evidence,
    }


def _evidence(log: Log) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in sorted(log.evidence.items())) or "-"


def _listen(text: str) -> Listen:
    try:
        return listen_address(text)
    except AddressInvalid as fault:
        raise argparse.ArgumentTypeError(fault.what) from None


def _arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION", parser_class=Parser)
    begin = actions.add_parser("init", help="make its keys, its server's authority and its memory, once")
    begin.add_argument("name", help="its name for ever, such as witness.example.com/w1")
    begin.add_argument(
        "--host",
        action="append",
        metavar="HOST",
        help="name or address that platforms reach it by; may be given again; default: the name's own",
    )
    trust = actions.add_parser("trust", help="cosign for a ledger from now on")
    trust.add_argument("file", type=path, metavar="KEYS", help="a platform's ledger/keys.pub")
    distrust = actions.add_parser("distrust", help="cosign for a ledger no more; what was seen of it is kept")
    distrust.add_argument("name", metavar="NAME", help="the ledger's name, as `show` has it")
    serve = actions.add_parser("serve", help="answer platforms until stopped")
    serve.add_argument(
        "--listen",
        type=_listen,
        default=Listen("127.0.0.1", PORT),
        metavar="ADDRESS:PORT",
        help=f"default: 127.0.0.1:{PORT}",
    )
    show = actions.add_parser("show", help="what it has cosigned, and what it keeps as evidence")
    json_option(show)
    for action in (begin, trust, distrust, serve, show):
        action.add_argument(
            "--state", type=path, metavar="DIR", help=f"the witness's folder; default: {STATE} here"
        )


COMMAND = Command(
    "witness",
    "Runs on another machine than the platforms whose records it cosigns (C2SP tlog-witness). It says of each\n"
    "checkpoint that it continues every one before: a ledger that is rolled back, or shows two histories, gets\n"
    "no cosignature, and what its keys signed is kept as evidence. It needs no platform and no privilege.\n"
    "Ends with 0; show: with 1 where a split view is on record; 3 where what it remembers is lost.",
    _arguments,
    _run,
)
