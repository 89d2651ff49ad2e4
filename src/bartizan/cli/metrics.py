"""`bartizan metrics`: print the numbers of a running platform."""

import argparse

from bartizan.app.owner import Owner
from bartizan.cli.command import Command, Exit, Shell, state_options
from bartizan.cli.place import state


def _run(arguments: argparse.Namespace, shell: Shell) -> Exit:
    shell.out.line(Owner(state(arguments, shell)).metrics().rstrip("\n"))
    return Exit.CLEAN


COMMAND = Command(
    "metrics",
    "Asks the running platform of a state folder, as its owner, for its numbers and prints them in Prometheus'\n"
    "text format: requests, durations, tokens, refusals, connections, processes, the record. Prometheus itself\n"
    "gets them where `[metrics] listen` says so: see docs/metrics.md.\n"
    "Ends with 0, 2 where the platform refuses, 3 where none runs.",
    state_options,
    _run,
)
