"""Where a command acts: the state folder that belongs to a configuration, which is not read (`settled.py`)."""

import argparse
from pathlib import Path

from bartizan.app.folder import Folder
from bartizan.cli.command import Shell
from bartizan.config import ConfigurationUnreadable, find

STATE = ".bartizan"
"""Name of the state folder, beside the configuration."""


def state(arguments: argparse.Namespace, shell: Shell) -> Folder:
    """Return the state folder: as named, else beside the configuration, else in the working folder.

    The configuration is not read: a faulty one keeps nobody from stopping a platform or checking the record.

    Raises:
        ConfigurationUnreadable: the one that is named does not exist.
    """
    if arguments.state is not None:
        return Folder(arguments.state)
    if arguments.config is not None and not arguments.config.exists():
        raise ConfigurationUnreadable(arguments.config, "there is no such file")
    file = arguments.config or find(shell.folder)
    return Folder((shell.folder if file is None else file.parent) / STATE)


def near(path: Path, folder: Path) -> str:
    """Return a path as a person would type it in a folder: relative where it lies below."""
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)
