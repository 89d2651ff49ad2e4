"""`bartizan down`: stop the running platform in order."""

import argparse

from bartizan.app.running import stop
from bartizan.cli.command import Command, Exit, Shell, json_option, state_options
from bartizan.cli.place import near, state


def _run(arguments: argparse.Namespace, shell: Shell) -> Exit:
    folder = state(arguments, shell)
    stopped = stop(folder, lambda: shell.err.line("waiting for open requests to end"))
    where = near(folder.root, shell.folder)
    if arguments.json:
        shell.out.document({"state": str(folder.root), "stopped": stopped})
    elif stopped:
        shell.out.line(f"stopped {where}")
    else:
        shell.out.line(f"nothing runs on {where}" if folder.run.is_dir() else f"there is no state in {where}")
    return Exit.CLEAN


def _arguments(parser: argparse.ArgumentParser) -> None:
    state_options(parser)
    json_option(parser)


COMMAND = Command(
    "down",
    "Acts on the platform of a state folder: open requests get ten seconds to end and are then cut, which the\n"
    "record says; the record is sealed, every process ends. Ends with 0, also where nothing runs, or 3 where\n"
    "the platform does not stop within a minute.",
    _arguments,
    _run,
)
