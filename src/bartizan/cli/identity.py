"""`bartizan identity`: register, list, revoke and erase who may call."""

import argparse
import re
from typing import Final

import msgspec

from bartizan.admin.principals import Registered
from bartizan.app.owner import Owner
from bartizan.cli.command import Command, Exit, Parser, Shell, UsageInvalid, json_option, name, state_options
from bartizan.cli.place import state
from bartizan.cli.screen import OutputLost, table

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
        case "erase":
            _erase(arguments, shell, owner)
        case _:
            _revoke(arguments, shell, owner)
    return Exit.CLEAN


def _add(arguments: argparse.Namespace, shell: Shell, owner: Owner) -> None:
    shell.out.require()
    roles = tuple(dict.fromkeys(arguments.role or ["caller"]))
    if (arguments.issuer is None) is not (arguments.subject is None):
        raise UsageInvalid("--issuer and --subject go together: whose tokens, and who they name")
    if arguments.issuer is not None:
        _link(arguments, shell, owner, roles)
        return
    made = owner.register(arguments.name, arguments.kind or "workload", roles)
    try:
        _show(arguments, shell, made, roles)
    except OutputLost:
        shell.err.line(
            f"{made.id} is registered, but nobody has its secret: `bartizan identity erase {made.id}`, then add it again"
        )
        raise


def _link(arguments: argparse.Namespace, shell: Shell, owner: Owner, roles: tuple[str, ...]) -> None:
    kind = arguments.kind or "user"
    made = owner.register(arguments.name, kind, roles, arguments.issuer, arguments.subject)
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
    shell.err.line(f"{made.id} has the role {', '.join(roles)}; its secret is shown this once:")
    shell.out.line(f"client_id={made.client_id}\nclient_secret={made.client_secret}")


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


def _arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION", parser_class=Parser)
    add = actions.add_parser("add", help="register a principal and print its client secret, once")
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
        "--issuer", metavar="URL", help="of an [[issuer]] whose tokens are taken as theirs; no secret is made"
    )
    add.add_argument("--subject", metavar="SUB", help="the claim sub of those tokens")
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
    for action in (add, shown, revoke, erase):
        state_options(action)
        json_option(action)


COMMAND = Command(
    "identity",
    "Acts on the running platform of a state folder, as its owner. A change is answered once it is in force in\n"
    "every worker. Ends with 0, 2 where the platform refuses, 3 where none runs.",
    _arguments,
    _run,
)
