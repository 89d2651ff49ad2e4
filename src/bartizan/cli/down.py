"""`bartizan down`: stop the running platform in order."""

import argparse

from bartizan.app import platform
from bartizan.cli.command import Command, Exit, Shell, json_option, state_options
from bartizan.cli.place import near, state


def _run(arguments: argparse.Namespace, shell: Shell) -> Exit:
    folder = state(arguments, shell)
    stopped = platform.stop(folder)
    if arguments.json:
        shell.out.document({"state": str(folder.root), "stopped": stopped})
    else:
        shell.out.line(f"{'stopped' if stopped else 'nothing runs on'} {near(folder.root, shell.folder)}")
    return Exit.CLEAN


def _arguments(parser: argparse.ArgumentParser) -> None:
    state_options(parser)
    json_option(parser)


COMMAND = Command(
    "down",
    "Acts on the platform of a state folder: open requests are finished, the record is sealed, every process\n"
    "ends. Ends with 0, also where nothing runs, or 3 where the platform does not stop.",
    _arguments,
    _run,
)
