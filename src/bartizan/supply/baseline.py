"""Findings that a person accepted: of a file by its path, its digest and the finding's word, so that a changed file is not covered.

Rules of this file: a baseline that cannot be read to its end accepts nothing; it is an error. Paths are relative to its folder, so
that it means the same wherever the command is run.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from bartizan.supply.scan import Scanned
from bartizan.supply.told import told

LARGEST: Final = 64 << 20
_VERSION: Final = 1


class Accepted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One finding that was accepted.

    Attributes:
        path: of the file, relative to the baseline's folder.
        sha256: of its octets, in hexadecimal.
        word: of the finding.
    """

    path: str
    sha256: str
    word: str


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: int
    accepted: tuple[Accepted, ...]


class BaselineUnreadable(ValueError):
    """A baseline is none; nothing is accepted by it."""

    def __init__(self, file: Path, fault: str) -> None:
        """Name the file and what is wrong with it."""
        super().__init__(f"{file} is no baseline: {fault}; write it anew with --write-baseline")
        self.file, self.fault = file, fault


class Baseline:
    """What was accepted before."""

    def __init__(self, folder: Path, accepted: Iterable[Accepted] = ()) -> None:
        """Take what was accepted, and the folder to which its paths are relative."""
        self._folder, self._accepted = folder, frozenset(accepted)

    def covers(self, scanned: Scanned, word: str) -> bool:
        """Return whether a finding of a file was accepted, and the file is as it was then."""
        return bool(scanned.sha256) and self._entry(scanned, word) in self._accepted

    def _entry(self, scanned: Scanned, word: str) -> Accepted:
        return Accepted(_relative(scanned.path, self._folder), scanned.sha256, word)


def read(file: Path) -> Baseline:
    """Return the baseline of a file.

    Raises:
        OSError: it cannot be read.
        BaselineUnreadable: it is none.
    """
    with file.open("rb") as opened:
        octets = opened.read(LARGEST + 1)
    if len(octets) > LARGEST:
        raise BaselineUnreadable(file, f"it is longer than {LARGEST >> 20} MiB")
    try:
        document = msgspec.json.decode(octets, type=_Document)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise BaselineUnreadable(file, str(fault)) from None
    if document.version != _VERSION:
        raise BaselineUnreadable(file, f"version {document.version} is not known here")
    return Baseline(file.parent, document.accepted)


def entries(scanned: Scanned, folder: Path) -> tuple[Accepted, ...]:
    """Return what accepts all findings of a file; none where the file could not be read, for then nothing is known of it."""
    if not scanned.sha256:
        return ()
    path = _relative(scanned.path, folder)
    return tuple(
        Accepted(path, scanned.sha256, word) for word in dict.fromkeys(each.word for each in told(scanned))
    )


def document(accepted: Iterable[Accepted]) -> bytes:
    """Return a baseline, one finding a line, in order."""
    rows = sorted(set(accepted), key=lambda each: (each.path, each.word, each.sha256))
    lines = ",\n".join(f"  {msgspec.json.encode(each).decode()}" for each in rows)
    return f'{{"version": {_VERSION}, "accepted": [\n{lines}\n]}}\n'.encode()


def _relative(path: Path, folder: Path) -> str:
    way = os.path.relpath(os.path.abspath(path), os.path.abspath(folder))  # noqa: PTH100 - resolve() would follow links
    return os.fsencode(way).decode("utf-8", "backslashreplace")
