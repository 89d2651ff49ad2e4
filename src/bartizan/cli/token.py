"""`bartizan token`: print an access token of the owner."""

import argparse

from bartizan.app.owner import Owner
from bartizan.cli.command import Command, Exit, Shell, json_option, name, state_options, whole
from bartizan.cli.place import state

LONGEST = 600
"""Longest life of a token, in seconds."""


def _run(arguments: argparse.Namespace, shell: Shell) -> Exit:
    owner = Owner(state(arguments, shell))
    shell.out.require()
    issued = owner.token(arguments.principal, f"bartizan:{arguments.audience}", arguments.seconds)
    if arguments.json:
        shell.out.document(
            {"access_token": issued.access_token, "token_type": "Bearer", "expires_in": issued.expires_in}
        )
    elif arguments.header:
        shell.out.line(f"Authorization: Bearer {issued.access_token}")
    else:
        shell.out.line(issued.access_token)
    return Exit.CLEAN


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--header", action="store_true", help="as a header line, for `curl -H @-`: Authorization: Bearer ..."
    )
    parser.add_argument(
        "--principal",
        type=name,
        default="user.owner",
        metavar="ID",
        help="whose token: the owner's or one of the drill's principals; default: user.owner",
    )
    parser.add_argument(
        "--audience", choices=["gateway", "control"], default="gateway", help="who takes it; default: gateway"
    )
    parser.add_argument(
        "--seconds",
        type=whole(1, LONGEST),
        default=LONGEST,
        metavar="N",
        help=f"its life; default: {LONGEST}",
    )
    state_options(parser)
    json_option(parser)


COMMAND = Command(
    "token",
    "Asks the running platform of a state folder, as its owner, for a token and prints it on standard output.\n"
    "Whoever has it can call the services until it expires. Other principals get theirs from\n"
    "/oauth/token with a client secret: see `bartizan identity`.\n"
    "Ends with 0, 2 where the platform refuses, 3 where none runs.",
    _arguments,
    _run,
)
