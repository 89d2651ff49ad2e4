"""`bartizan identity`: register, list, revoke and erase who may call."""

import argparse
import re
from pathlib import Path
from typing import Final

import msgspec

from bartizan.admin.principals import Registered
from bartizan.app.owner import Owner
from bartizan.cli import consents
from bartizan.cli.command import Command, Exit, Parser, Shell, UsageInvalid, json_option, name, state_options
from bartizan.cli.place import state
from bartizan.cli.screen import OutputLost, table

_MOST_OCTETS: Final = 16_384
SPOKEN_OF: Final = frozenset(
    {"auditor", "caller", "drill", "ml-engineer", "owner", "security-engineer", "service-owner"}
)
"""Roles that the built-in policies name."""


def _run(arguments: argparse.Namespace, shell: Shell) -> Exit:
    owner = Owner(state(arguments, shell))
    match arguments.action:
        case "add":
            _add(arguments, shell, owner)
        case "list":
            _list(arguments, shell, owner)
        case "key":
            _key(arguments, shell, owner)
        case "erase":
            _erase(arguments, shell, owner)
        case "consents":
            consents.show(arguments, shell, owner)
        case "withdraw":
            consents.withdraw(arguments, shell, owner)
        case _:
            _revoke(arguments, shell, owner)
    return Exit.CLEAN


def _add(arguments: argparse.Namespace, shell: Shell, owner: Owner) -> None:
    shell.out.require()
    roles = tuple(dict.fromkeys(arguments.role or ["caller"]))
    if (arguments.issuer is None) is not (arguments.subject is None):
        raise UsageInvalid("--issuer and --subject go together: whose tokens, and who they name")
    redirects = tuple(arguments.redirect or ())
    if arguments.issuer is not None:
        if arguments.key or redirects or arguments.public or arguments.device_flow:
            raise UsageInvalid(
                "with --issuer there is no client of ours, so no --key, --redirect, --device-flow or --public"
            )
        _link(arguments, shell, owner, roles)
        return
    keys, kind = _read(arguments.key) if arguments.key else "", arguments.kind or "workload"
    public, device_flow = arguments.public, arguments.device_flow
    made = owner.register(
        arguments.name,
        kind,
        roles,
        keys,
        redirects,
        public=public,
        device_flow=device_flow,
        reuse=arguments.reuse,
    )
    try:
        _show(arguments, shell, made, roles)
    except OutputLost:
        shell.err.line(
            f"{made.id} is registered, but nobody has its secret: `bartizan identity erase {made.id}`, then add it again with --reuse"
        )
        raise


def _link(arguments: argparse.Namespace, shell: Shell, owner: Owner, roles: tuple[str, ...]) -> None:
    kind = arguments.kind or "user"
    made = owner.adopt(
        arguments.name, kind, roles, arguments.issuer, arguments.subject, reuse=arguments.reuse
    )
    if arguments.json:
        shell.out.document({"id": made.id, "issuer": arguments.issuer, "subject": arguments.subject})
    else:
        shell.out.line(
            f"{made.id} has the role {', '.join(roles)}; tokens of that subject are taken as theirs"
        )


def _show(arguments: argparse.Namespace, shell: Shell, made: Registered, roles: tuple[str, ...]) -> None:
    if arguments.json:
        shell.out.document(msgspec.to_builtins(made))
        return
    for role in roles:
        if role not in SPOKEN_OF:
            shell.err.line(f"the built-in policies permit nothing to role {role}; only policies of yours can")
    held = f"{made.id} has the role {', '.join(roles)}"
    if not made.client_secret:
        shows = "shows no credential, and has its tokens bound to a key"
        shell.err.line(
            f"{held}; it {shows if arguments.public else 'signs for its tokens with its own key, or its connection shows its certificate'}"
        )
        shell.out.line(f"client_id={made.client_id}")
        return
    shell.err.line(f"{held}; its secret is shown this once:")
    shell.out.line(f"client_id={made.client_id}\nclient_secret={made.client_secret}")


def _key(arguments: argparse.Namespace, shell: Shell, owner: Owner) -> None:
    kids = owner.give_keys(arguments.id, _read(arguments.file))
    if arguments.json:
        shell.out.document({"id": arguments.id, "kids": list(kids)})
    else:
        shell.out.line(
            f"{arguments.id} signs with {', '.join(kids)}; what it had before is good for nothing now"
        )


def _read(path: Path) -> str:
    """Return a file of public keys; what is wrong with its content the platform says."""
    try:
        with path.open("rb") as file:
            octets = file.read(_MOST_OCTETS + 1)
        return octets.decode()
    except (OSError, UnicodeDecodeError) as fault:
        why = fault.strerror if isinstance(fault, OSError) else "not text"
        raise UsageInvalid(
            f"{path} cannot be read ({why}); it must hold a public JWK or a set of them"
        ) from fault


def _list(arguments: argparse.Namespace, shell: Shell, owner: Owner) -> None:
    people = owner.people()
    if arguments.json:
        shell.out.document([msgspec.to_builtins(person) for person in people])
        return
    rows = [
        (
            person.id,
            person.client_id,
            ", ".join(person.roles),
            person.pseudonym,
            "revoked" if person.revoked else "",
        )
        for person in people
    ]
    shell.out.line(table([("ID", "CLIENT", "ROLES", "IN THE RECORD", ""), *rows]))


def _revoke(arguments: argparse.Namespace, shell: Shell, owner: Owner) -> None:
    if (arguments.id is None) is (arguments.token is None):
        raise UsageInvalid("name a principal, or a token with --token, one of both")
    if arguments.token is None:
        generation = owner.revoke(arguments.id)
    else:
        generation = owner.revoke_token(arguments.token)
    if arguments.json:
        shell.out.document({"revoked": arguments.id or arguments.token, "generation": generation})
    else:
        shell.out.line(f"revoked, in force in every worker (generation {generation})")


def _erase(arguments: argparse.Namespace, shell: Shell, owner: Owner) -> None:
    generation = owner.erase(arguments.id)
    if arguments.json:
        shell.out.document({"erased": arguments.id, "generation": generation})
    else:
        shell.out.line(f"erased, in force in every worker (generation {generation})")


def _token_id(text: str) -> str:
    if re.fullmatch(r"t-[0-9a-f]{16}", text) is None:
        raise argparse.ArgumentTypeError(
            "a token's id is needed, its claim jti: t- and 16 hexadecimal digits"
        )
    return text


def _to_add(add: argparse.ArgumentParser) -> None:
    add.add_argument("name", metavar="NAME", type=name, help="what to call it")
    add.add_argument(
        "--kind",
        choices=["workload", "user", "device"],
        help="default: workload; with --issuer, user",
    )
    add.add_argument(
        "--role",
        action="append",
        metavar="ROLE",
        type=name,
        help="default: caller; may be given more than once",
    )
    add.add_argument(
        "--key",
        type=Path,
        metavar="FILE",
        help="public JWK, or a set of them: the client signs for its tokens; or its certificates (PEM): its connection shows one. There is no secret",
    )
    add.add_argument(
        "--redirect",
        action="append",
        metavar="URI",
        help="an application that people let act for them: the address that they come back to; up to eight times",
    )
    add.add_argument(
        "--public",
        action="store_true",
        help="with --redirect or --device-flow: it runs on people's own machines and keeps no secret",
    )
    add.add_argument(
        "--device-flow",
        action="store_true",
        help="an application on devices without a browser: people let it act by a code that they type elsewhere",
    )
    add.add_argument(
        "--issuer", metavar="URL", help="of an [[issuer]] whose tokens are taken as theirs; no secret is made"
    )
    add.add_argument(
        "--reuse",
        action="store_true",
        help="the name may be one of somebody who was erased: policies that name it mean the new one from now on",
    )
    add.add_argument("--subject", metavar="SUB", help="the claim sub of those tokens")


def _arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION", parser_class=Parser)
    add = actions.add_parser("add", help="register a principal and print its client secret, once")
    _to_add(add)
    key = actions.add_parser(
        "key", help="have a principal sign with these public keys, instead of what it had"
    )
    key.add_argument("id", metavar="ID", type=name, help="of the principal, such as workload.app")
    key.add_argument(
        "file", metavar="FILE", type=Path, help="public JWK, a set of at most four, or certificates (PEM)"
    )
    shown = actions.add_parser("list", help="show everybody, with the pseudonym that stands in the record")
    revoke = actions.add_parser("revoke", help="refuse everything of a principal, or one token, at once")
    revoke.add_argument(
        "id", metavar="ID", type=name, nargs="?", help="of the principal, such as workload.app"
    )
    revoke.add_argument("--token", metavar="ID", type=_token_id, help="of one token instead, its jti: t-...")
    erase = actions.add_parser(
        "erase", help="revoke a principal and forget who its pseudonym in the record is, for good"
    )
    erase.add_argument("id", metavar="ID", type=name, help="of the principal, such as workload.app")
    let = actions.add_parser("consents", help="show the applications that a person lets act for them")
    let.add_argument("id", metavar="ID", type=name, help="of the person, such as user.ada")
    withdraw = actions.add_parser("withdraw", help="let an application act for a person no longer, at once")
    withdraw.add_argument("id", metavar="ID", type=name, help="of the person, such as user.ada")
    withdraw.add_argument("application", metavar="APPLICATION", type=name, help="such as workload.shop")
    for action in (add, key, shown, revoke, erase, let, withdraw):
        state_options(action)
        json_option(action)


COMMAND = Command(
    "identity",
    "Acts on the running platform of a state folder, as its owner. A change is answered once it is in force in\n"
    "every worker. Ends with 0, 2 where the platform refuses, 3 where none runs.",
    _arguments,
    _run,
)
