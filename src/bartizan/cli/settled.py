"""The settled configuration, for commands that act on it; the others need not load every section's settings."""

import argparse

from bartizan.app.settings import Settings, read
from bartizan.cli.command import Shell
from bartizan.config import Configuration


def configuration(arguments: argparse.Namespace, shell: Shell) -> Configuration[Settings]:
    """Return the settled configuration.

    Raises:
        ConfigurationFault: it cannot be read, or says something that it may not.
    """
    return read(arguments.config, shell.folder)
