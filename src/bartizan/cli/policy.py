"""`bartizan policy ...`: write, try, compare and explain policies, and put them in force while the platform runs."""

import argparse
from collections.abc import Callable, Mapping
from typing import Final

from bartizan.cli.command import Command, Exit, Parser, Shell
from bartizan.cli.policy_analysis import ANALYSE
from bartizan.cli.policy_reading import CHECK, EXPLAIN, TEST
from bartizan.cli.policy_template import TEMPLATE
from bartizan.cli.policy_traffic import DIFF, SUGGEST
from bartizan.cli.policy_versions import APPLY, ROLLBACK, SHOW, VERSIONS

ACTIONS: Final = (CHECK, TEST, ANALYSE, EXPLAIN, TEMPLATE, DIFF, SUGGEST, APPLY, VERSIONS, SHOW, ROLLBACK)
_RUN: Final[Mapping[str, Callable[[argparse.Namespace, Shell], Exit]]] = {
    action.name: action.run for action in ACTIONS
}


def _run(arguments: argparse.Namespace, shell: Shell) -> Exit:
    return _RUN[arguments.action](arguments, shell)


def _arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION", parser_class=Parser)
    for action in ACTIONS:
        action.arguments(actions.add_parser(action.name, help=action.about))


COMMAND = Command(
    "policy",
    "check, test, analyse and template need no running platform; explain needs none where --role says what the\n"
    "principal holds. apply and rollback change the running platform, as its owner, and are answered once every\n"
    "worker decides by it; the rest reads. Policies are FILEs or folders of *.cedar, by default the configured ones.\n"
    "Ends with 0; 1 where a case fails, a policy is odd, or somebody would gain or lose something; 2 where policies\n"
    "cannot be decided with or the platform refuses; 3 where none runs.",
    _arguments,
    _run,
)
