"""From a LiteLLM configuration file to a `bartizan.toml` beside it: read, judged, written, read back."""

import os
import tempfile
from pathlib import Path

import msgspec

from bartizan.app.litellm.document import YamlRefused, read_yaml
from bartizan.app.litellm.draft import Found, known
from bartizan.app.litellm.take import take_over
from bartizan.app.litellm.write import Written, written
from bartizan.app.settings import read
from bartizan.config import ConfigurationFault, read_text


class ImportRefused(ConfigurationFault):
    """A configuration that cannot be taken over; the message names file and line."""

    def __init__(self, file: Path, fault: YamlRefused) -> None:
        """Name both."""
        place = f"{file}:{fault.line}" if fault.line else str(file)
        super().__init__(f"{place}: {fault.what}")


class FileInTheWay(ConfigurationFault):
    """There is a configuration already, and it stays."""

    def __init__(self, file: Path) -> None:
        """Name it and what to do."""
        super().__init__(
            f"{file} is here already and stays as it is; name another with --output, or say --force"
        )


class Brought(msgspec.Struct, frozen=True):
    """What an import has done: what it found, and what it wrote where."""

    file: Path
    found: Found
    written: Written


def bring(source: Path, file: Path, *, force: bool) -> Brought:
    """Write the configuration that a LiteLLM configuration becomes.

    Args:
        source: the LiteLLM configuration, at most 1 MiB of UTF-8.
        file: to write.
        force: whether an existing one is replaced.
    Raises:
        ConfigurationUnreadable: the source cannot be read.
        ImportRefused: it is not YAML that is taken.
        FileInTheWay: the file exists.
        OSError: it cannot be written.
    """
    try:
        found = take_over(read_yaml(read_text(source)), known())
    except YamlRefused as fault:
        raise ImportRefused(source, fault) from None
    done = written(found, source.name)
    _write(file, done.text, force=force)
    return Brought(file, found, done)


def _write(file: Path, text: str, *, force: bool) -> None:
    """Write a whole file or none, after this version has read it.

    Raises:
        FileInTheWay, OSError: as of `bring`.
        ConfigurationFault: this version does not take it, which is our fault; nothing is written.
    """
    if not force and (file.is_symlink() or file.exists()):
        raise FileInTheWay(file)
    fd, name = tempfile.mkstemp(prefix=".bartizan-", suffix=".toml", dir=file.parent)
    new = Path(name)
    try:
        with open(fd, "w", encoding="utf-8") as opened:  # noqa: PTH123 - a descriptor
            opened.write(text)
        new.chmod(0o644)
        read(new, file.parent)
        if force:
            new.replace(file)
        else:
            os.link(new, file)
    except FileExistsError:
        raise FileInTheWay(file) from None
    finally:
        new.unlink(missing_ok=True)
