"""`bartizan doctor`: say whether this machine and this installation can keep the promises."""

import argparse

import msgspec

from bartizan.app.checkup import Check, Verdict, checkup
from bartizan.cli.command import Command, Exit, Shell, json_option, state_options
from bartizan.cli.place import state
from bartizan.cli.screen import table
from bartizan.cli.settled import configuration
from bartizan.clock import SystemClock


def _run(arguments: argparse.Namespace, shell: Shell) -> Exit:
    found = checkup(configuration(arguments, shell), state(arguments, shell), SystemClock().now())
    checks = tuple(found)
    if arguments.json:
        shell.out.document([msgspec.to_builtins(check) for check in checks])
    else:
        shell.out.line(table([(check.name, check.verdict.value, _words(check)) for check in checks]))
    return Exit.FINDINGS if any(check.verdict is Verdict.FAULT for check in checks) else Exit.CLEAN


def _words(check: Check) -> str:
    return f"{check.said}; {check.advice}" if check.advice else check.said


def _arguments(parser: argparse.ArgumentParser) -> None:
    state_options(parser)
    json_option(parser)


COMMAND = Command(
    "doctor",
    "Looks at Python, the kernel, TLS, the clock, file modes, disk, certificates, port and every secret that is referred to, and\n"
    "tries to reach each configured service without the gateway; changes nothing.\n"
    "Ends with 0, or 1 where something is at fault; weak spots are named and end with 0.",
    _arguments,
    _run,
)
