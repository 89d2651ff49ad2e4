"""Files that are named on the command line of `bartizan ledger`: public keys, checkpoints, proofs."""

from pathlib import Path

from bartizan.ledger.checkpoint import MOST_OCTETS, CheckpointMalformed, Verifiers, parse_verifiers
from bartizan.ledger.installation import load_verifiers


class NothingToVerify(Exception):
    """There is no ledger, or no keys to verify it with."""

    def __init__(self, folder: Path) -> None:
        """Name the folder."""
        super().__init__(
            f"there is no ledger in {folder}; start the platform once, or name its folder with --state"
        )
        self.folder = folder


class FileUnreadable(Exception):
    """A checkpoint, a proof or a file of keys that was named cannot be used."""

    def __init__(self, file: Path, why: str) -> None:
        """Name the file and the reason."""
        super().__init__(f"cannot use {file}: {why}")
        self.file = file


def keys_for(ledger: Path, file: Path | None) -> Verifiers:
    """Return the public keys of a file, or those that lie beside the ledger.

    Raises:
        FileUnreadable: the file holds none.
        NothingToVerify: there is no ledger.
    """
    keys = load_verifiers(ledger) if file is None else _keys(file)
    if keys is None:
        raise NothingToVerify(ledger)
    return keys


def _keys(file: Path) -> Verifiers:
    try:
        return parse_verifiers(small(file))
    except CheckpointMalformed as fault:
        raise FileUnreadable(file, str(fault)) from fault


def small(file: Path, most: int = MOST_OCTETS) -> bytes:
    """Return what a file of at most so many octets holds.

    Raises:
        FileUnreadable: it is missing, empty or larger.
    """
    try:
        with file.open("rb") as stream:
            content = stream.read(most + 1)
    except FileNotFoundError:
        content = b""
    except OSError as fault:
        raise FileUnreadable(file, (fault.strerror or "it cannot be opened").lower()) from fault
    if not content:
        raise FileUnreadable(file, "it is missing or empty")
    if len(content) > most:
        raise FileUnreadable(file, f"it is larger than {most} octets")
    return content
