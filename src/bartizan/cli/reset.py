"""`bartizan reset`: delete the state: keys, principals and the record."""

import argparse
import contextlib
import shutil
import sys
from pathlib import Path

from bartizan.app.folder import NAMES, Folder
from bartizan.cli.command import Command, Exit, Shell, UsageInvalid, json_option, state_options
from bartizan.cli.place import near, state


def _run(arguments: argparse.Namespace, shell: Shell) -> Exit:
    folder = state(arguments, shell)
    shown = near(folder.root, shell.folder)
    there = folder.root.exists()
    if there:
        _check(folder.root, shown)
        with _unused(folder):
            if not arguments.yes and not _agreed(shell, shown):
                raise UsageInvalid(f"{shown} stays as it is")
            shutil.rmtree(folder.root)
    if arguments.json:
        shell.out.document({"state": str(folder.root), "deleted": there})
    else:
        shell.out.line(f"deleted {shown}" if there else f"there is no state in {shown}")
    return Exit.CLEAN


def _unused(folder: Folder) -> contextlib.AbstractContextManager[None]:
    return folder.locked() if folder.run.is_dir() else contextlib.nullcontext()


def _check(root: Path, shown: str) -> None:
    """Refuse to delete a folder that is not, or not only, a state folder.

    Raises:
        UsageInvalid: a link, a file, or a folder with something else in it.
    """
    if root.is_symlink() or not root.is_dir():
        raise UsageInvalid(f"{shown} is not a state folder")
    names = {entry.name for entry in root.iterdir()}
    if "keys" not in names:
        raise UsageInvalid(f"{shown} is not a state folder: it holds no keys")
    foreign = sorted(names - NAMES)
    if foreign:
        raise UsageInvalid(f"{shown} holds {foreign[0]}, which is not Bartizan's; nothing was deleted")


def _agreed(shell: Shell, shown: str) -> bool:
    if not shell.terminal:
        raise UsageInvalid(f"this deletes keys, principals and the record in {shown}; say --yes")
    shell.err.line(f"This deletes keys, principals and the record in {shown}. Type yes to go on:")
    return sys.stdin.readline(16).strip() == "yes"


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help="do not ask")
    state_options(parser)
    json_option(parser)


COMMAND = Command(
    "reset",
    "Acts on a state folder and deletes it whole: keys, principals and the record. Clients that trust its\n"
    "authority must be given the next one. Asks first; refuses while a platform runs on it, and where the\n"
    "folder holds anything else. Ends with 0, or 2 where it refuses.",
    _arguments,
    _run,
)
