"""The operator's policy files, as a command names them or as the configuration leads to them.

Rules of this file: a file is named by where it lies from the configuration, so that one file has one name whoever reads it.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from bartizan.app.settings import Settings
from bartizan.config import Configuration, ConfigurationUnreadable, read_text

SUFFIX = ".cedar"
"""What names of policy files end with; everything else in a folder is left alone."""


def configured(configuration: Configuration[Settings]) -> dict[str, str]:
    """Return the files that the configuration leads to; none are the built-in policies.

    Raises:
        ConfigurationUnreadable: one cannot be read.
    """
    path = configuration.sections.policy.path
    return {} if path is None else read([configuration.folder / path], configuration.folder)


def read(places: Iterable[Path], folder: Path) -> dict[str, str]:
    """Return policy files by name.

    Args:
        places: files, and folders of `*.cedar` files.
        folder: of the configuration, from which they are named.
    Raises:
        ConfigurationUnreadable: there is none, or one cannot be read.
    """
    found: dict[str, str] = {}
    for place in places:
        files = sorted(place.glob(f"*{SUFFIX}")) if place.is_dir() else [place]
        if not files:
            raise ConfigurationUnreadable(place, f"holds no file of the name *{SUFFIX}")
        found |= {name_of(file, folder): read_text(file) for file in files}
    return found


def name_of(file: Path, folder: Path) -> str:
    """Return what a file is called from the folder of the configuration."""
    return os.path.relpath(file, folder)
