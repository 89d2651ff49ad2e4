"""A configuration that is written into a folder and read there."""

from pathlib import Path

import pytest

from bartizan.app.settings import read
from bartizan.config import ConfigurationFault


def wrong(folder: Path, text: str) -> str:
    """Return what is said of a configuration that cannot be meant."""
    (folder / "bartizan.toml").write_text(text)
    with pytest.raises(ConfigurationFault) as fault:
        read(None, folder)
    return str(fault.value)
