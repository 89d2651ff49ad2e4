"""`bartizan console`: a link that signs a person in at the pages of the running platform."""

import argparse

import msgspec

from bartizan.app.first import OWNER
from bartizan.app.owner import Owner
from bartizan.cli.command import Command, Exit, Shell, json_option, name, state_options
from bartizan.cli.place import state


def _run(arguments: argparse.Namespace, shell: Shell) -> Exit:
    shell.out.require()
    made = Owner(state(arguments, shell)).sign_in_link(arguments.principal)
    if arguments.json:
        shell.out.document(msgspec.to_builtins(made))
        return Exit.CLEAN
    shell.err.line(
        f"{arguments.principal} is signed in by this link, once, within {made.seconds} s; open it in a browser:"
    )
    shell.out.line(made.url)
    return Exit.CLEAN


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--as",
        dest="principal",
        metavar="ID",
        type=name,
        default=OWNER,
        help=f"of the person, such as user.alice; default: {OWNER}",
    )
    state_options(parser)
    json_option(parser)


COMMAND = Command(
    "console",
    "Prints a link to the pages of the running platform. It signs a person in once, within a minute, so that they\n"
    "add a passkey; open it yourself: it is in no process's arguments. Ends with 0, 2 where the platform refuses, 3\n"
    "where none runs.",
    _arguments,
    _run,
)
