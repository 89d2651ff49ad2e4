"""Disarming: a model file is written anew as data alone, without what it would run, and nothing of it is imported or run.

Rules of this file: a process of its own reads the source and writes the new file; this one names, digests, judges and places it. The
new file is scanned like any other, and one that is not proven inert is never placed. A folder is there in whole, or not at all.
"""

import hashlib
import os
from pathlib import Path
from typing import Final

import msgspec

from bartizan.supply.look import looker
from bartizan.supply.octets import Octets
from bartizan.supply.reading import Bounds, Reading
from bartizan.supply.rebuild import output, safetensors
from bartizan.supply.rebuild.apart import Task, apart
from bartizan.supply.rebuild.report import Copied, LeftOut, Rebuilt, Refusal
from bartizan.supply.rebuild.source import rebuild
from bartizan.supply.scan import known
from bartizan.supply.subject import UNKNOWN, ModelFile, Reason, Standing
from bartizan.supply.walk import Refused, opening, repository

_PIECE: Final = 1 << 18
Result = Rebuilt | Refusal
Outcome = Rebuilt | Refusal | Copied | LeftOut
"""Of a file in a folder, some of which are copied as they are, or left out."""


class Disarmed(msgspec.Struct, frozen=True):
    """A file, and what became of it.

    Attributes:
        path: of the source, as a person would name it.
        place: of the new file, as a person would name it; None where there is none.
        result: what was kept and cut, or why nothing was; of a folder's files also those that were copied or left out.
        octets: of the source.
        sha256: of the source, in hexadecimal; empty where it could not be read.
        rebuilt: SHA-256 of the new file; empty where there is none.
    """

    path: Path
    place: Path | None
    result: Outcome
    octets: int = 0
    sha256: str = ""
    rebuilt: str = ""


def disarm(path: Path, place: Path, *, force: bool = False, bounds: Bounds | None = None) -> Disarmed:
    """Write one file anew; return what became of it.

    Args:
        path: of the source; it may be a link.
        place: of the new file; its folder is there.
        force: whether what is there is replaced.
        bounds: of the process that does it.
    Raises:
        Taken: something is there, and is not to be replaced.
        OSError: the new file cannot be made.
    """
    with output.opened(place.parent) as folder:
        _free(folder, place, path, force=force)
        try:
            with opening(path, repository(path)) as source:
                return Disarming(bounds).one(source, path, (folder, place), force=force)
        except Refused as refused:
            return Disarmed(path, None, Refusal(UNKNOWN, refused.reason))


def _free(folder: int, place: Path, path: Path, *, force: bool) -> None:
    """Refuse a place that is taken, or is the source itself."""
    if place.is_dir() or (place.exists() and place.samefile(path)):
        raise output.Taken(place, "is a folder or the source itself; name another place")
    if not force and output.there(folder, place.name):
        raise output.Taken(place, "is there already; name another place, or replace it with --force")


class Disarming:
    """Writes files anew, each in a process of its own, within the same bounds."""

    def __init__(self, bounds: Bounds | None = None) -> None:
        """Take the bounds; None for the usual ones."""
        self._bounds = bounds
        self._formats = tuple(known())

    def one(self, source: int, path: Path, to: tuple[int, Path], *, force: bool = False) -> Disarmed:
        """Write a file anew that is open.

        Args:
            source: its descriptor.
            path: of it.
            to: the open folder of the new file, and its path.
            force: whether what is there is replaced.
        Raises:
            OSError: the new file cannot be made or placed.
        """
        folder, place = to
        before = os.fstat(source)
        with output.draft(folder) as draft:
            result = self._rebuilt(source, path.name, draft.descriptor, before.st_size)
            if isinstance(result, Rebuilt):
                result = self._proven(draft.descriptor, place.name, result)
            digest = sha256(source)
            if _state(os.fstat(source)) != _state(before):
                result = _changed(result.format)
            if isinstance(result, Refusal):
                return Disarmed(path, None, result, before.st_size, digest)
            rebuilt = sha256(draft.descriptor)
            draft.place(place.name, force=force)
            return Disarmed(path, place, result, before.st_size, digest, rebuilt)

    def _rebuilt(self, source: int, name: str, target: int, size: int) -> Result:
        formats = self._formats

        def work(octets: Octets) -> msgspec.Struct:
            return rebuild(octets, target, formats)

        return apart(Task(source, name, work, target, safetensors.limit(size)), Rebuilt, self._bounds)

    def _proven(self, descriptor: int, name: str, result: Rebuilt) -> Result:
        """Return the result where what was written is proven inert, else why it is not."""
        with Reading(looker(self._formats), self._bounds) as reading:
            found: ModelFile = reading.read(descriptor, name)
        if found.standing is Standing.INERT:
            return result
        word, what = (
            "rebuilt-unproven",
            "what came of it is not proven inert, so it was thrown away; tell us of it (SECURITY.md)",
        )
        return Refusal(result.format, Reason(word, what, Standing.UNKNOWN))


def _state(state: os.stat_result) -> tuple[int, int, int]:
    return state.st_size, state.st_mtime_ns, state.st_ctime_ns


def _changed(format_: str) -> Refusal:
    what = "it was changed while it was read; rebuild it once it is whole"
    return Refusal(format_, Reason("changed", what, Standing.UNKNOWN))


def sha256(descriptor: int) -> str:
    """Return the digest of an open file in hexadecimal."""
    digest, at, room = hashlib.sha256(), 0, bytearray(_PIECE)
    while count := os.preadv(descriptor, [room], at):
        digest.update(memoryview(room)[:count])
        at += count
    return digest.hexdigest()
