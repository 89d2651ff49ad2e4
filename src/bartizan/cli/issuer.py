"""`bartizan issuer`: the key that access tokens are signed with."""

import argparse

import msgspec

from bartizan.app.owner import Owner
from bartizan.cli.command import Command, Exit, Parser, Shell, json_option, state_options
from bartizan.cli.place import state


def _run(arguments: argparse.Namespace, shell: Shell) -> Exit:
    step = Owner(state(arguments, shell)).rotate(at_once=arguments.at_once)
    if arguments.json:
        shell.out.document(msgspec.to_builtins(step))
    elif step.signs_in:
        shell.out.line(f"key {step.kid} is published, and signs in {step.signs_in} s; no token is lost")
    else:
        shell.out.line(f"key {step.kid} signs now; tokens of the key before are refused in every worker")
    return Exit.CLEAN


def _arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION", parser_class=Parser)
    rotate = actions.add_parser("rotate", help="change the key that tokens are signed with")
    rotate.add_argument(
        "--at-once",
        action="store_true",
        help="for a key that was stolen: the new one signs now, and every token of the old one is refused",
    )
    state_options(rotate)
    json_option(rotate)


COMMAND = Command(
    "issuer",
    "Acts on the running platform of a state folder, as its owner. A new key is published 300 s before it signs,\n"
    "and the old one is taken until its last token has expired. Ends with 0, 2 where the platform refuses,\n"
    "3 where none runs.",
    _arguments,
    _run,
)
