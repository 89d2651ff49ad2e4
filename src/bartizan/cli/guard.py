"""`bartizan guard ...`: show the requests that a guard holds, release one, deny one."""

import argparse
from datetime import UTC, datetime
from typing import Final

import msgspec

from bartizan.admin.evidence import Purpose
from bartizan.app.owner import Owner
from bartizan.cli.command import Command, Exit, Parser, Shell, json_option, state_options, text
from bartizan.cli.place import state
from bartizan.cli.screen import table
from bartizan.clock import SECOND

_HEAD: Final = ("REQUEST", "SENT", "UNTIL", "SERVICE", "BY", "REASON", "STATE")
_SAID: Final = {
    True: "released: {who} may send exactly the same once more, until {until}",
    False: "denied: the same request is refused until {until}",
}


def _run(arguments: argparse.Namespace, shell: Shell) -> Exit:
    owner = Owner(state(arguments, shell))
    if arguments.action == "held":
        _list(arguments, shell, owner)
    else:
        _decide(arguments, shell, owner)
    return Exit.CLEAN


def _list(arguments: argparse.Namespace, shell: Shell, owner: Owner) -> None:
    found = owner.held()
    if arguments.json:
        shell.out.document([msgspec.to_builtins(each) for each in found])
    elif found:
        named = {person.pseudonym: person.id for person in owner.people()}
        rows = [
            (
                *(each.request, _date(each.at), _date(each.expires), each.service),
                *(named.get(each.principal, each.principal), each.reason, each.state.value),
            )
            for each in found
        ]
        shell.out.line(table([_HEAD, *rows]))
    else:
        shell.out.line("nothing is held")


def _decide(arguments: argparse.Namespace, shell: Shell, owner: Owner) -> None:
    release = arguments.action == "release"
    found = owner.decide_held(arguments.id, Purpose(arguments.purpose), release=release)
    if arguments.json:
        shell.out.document(msgspec.to_builtins(found))
    else:
        shell.out.line(_SAID[release].format(who=found.principal, until=_date(found.expires)))


def _date(at: int) -> str:
    return f"{datetime.fromtimestamp(at // SECOND, UTC):%Y-%m-%d %H:%M:%SZ}"


def _arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION", parser_class=Parser)
    shown = actions.add_parser("held", help="show the requests that are held, or were answered lately")
    released = actions.add_parser("release", help="let whoever sent a request send exactly that once more")
    denied = actions.add_parser("deny", help="refuse a request, and the same again")
    purposes = [each.value for each in Purpose]
    for action in (released, denied):
        action.add_argument("id", type=text, metavar="ID", help="of the request, as `held` shows it")
        action.add_argument(
            "--purpose",
            choices=purposes,
            default="triage",
            help=f"one of {', '.join(purposes)}; default: triage",
        )
    for action in (shown, released, denied):
        state_options(action)
        json_option(action)


COMMAND = Command(
    "guard",
    "Acts on the running platform, as its owner: requests that a guard holds for a person to release\n"
    '(`guard_actions = { "prompt-injection" = "hold" }`). Nobody releases a request of their own.\n'
    "Ends with 0; with 2 where there is no such request or it may not be answered, 3 where no platform answers.",
    _arguments,
    _run,
)
