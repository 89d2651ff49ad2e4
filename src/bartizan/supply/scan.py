"""Scanning paths: what stands there is found, opened, read in a process of its own, and judged.

Rules of this file: every file under a path comes out once, with a verdict; what could not be read is not understood.
"""

import hashlib
import importlib
import os
import pkgutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from bartizan.control import Finding
from bartizan.supply import formats
from bartizan.supply.beside import DESCRIBED, MOST_LOOKED_AT, described, is_whole
from bartizan.supply.controls import model_file_inert
from bartizan.supply.format import Format
from bartizan.supply.look import FORMAT_UNKNOWN, WORDLESS, looker
from bartizan.supply.pickles import tables
from bartizan.supply.reading import Reading
from bartizan.supply.repository import Named
from bartizan.supply.subject import UNKNOWN, ModelFile, Reason, Standing
from bartizan.supply.walk import Found, Refused, Repository, opening, repository, walk

_PIECE: Final = 16 << 20
_KEPT: Final = 100_000
_LINK: Final = "link"


class NotAFormat(TypeError):
    """A module that should hold a format does not; loading stops."""

    def __init__(self, module: str, fault: str) -> None:
        """Name the module and what is wrong with it."""
        super().__init__(f"{module}: {fault}")
        self.module, self.fault = module, fault


class Scanned(msgspec.Struct, frozen=True):
    """One file and what is said of it.

    Attributes:
        path: as a person would name it.
        file: what it is.
        findings: of the control, one for each reason that is not inert, in their order.
        sha256: of its octets in hexadecimal; empty where it could not be read, or is inert and nobody asked for it.
    """

    path: Path
    file: ModelFile
    findings: tuple[Finding, ...] = ()
    sha256: str = ""


@cache
def known() -> Sequence[Format]:
    """Return every format of the `formats` folder, in order of name, with what its reader needs of the disk read.

    Raises:
        NotAFormat: a module without the constant `FORMAT`, one of another type, or a name that is taken.
    """
    found: dict[str, Format] = {}
    for info in sorted(pkgutil.iter_modules(formats.__path__), key=lambda each: each.name):
        name = f"{formats.__name__}.{info.name}"
        value = getattr(importlib.import_module(name), "FORMAT", None)
        if not isinstance(value, Format):
            raise NotAFormat(name, "defines no constant FORMAT of type bartizan.supply.format.Format")
        if value.name in found:
            raise NotAFormat(name, f"the name {value.name} is already taken by another format")
        found[value.name] = value
    tables.prepare()
    return tuple(found.values())


def scan(
    paths: Sequence[Path], reading: Reading | None = None, *, digests: bool = False
) -> Iterator[Scanned]:
    """Yield what is said of each file under some paths, in order.

    Args:
        paths: files and folders.
        reading: reads the files; None: by all formats, within the usual bounds.
        digests: whether inert files are digested too.
    Raises:
        OSError: one of the paths is not there, or no process is to be had.
    """
    with reading or Reading(looker(known())) as reads:
        for path in paths:
            scanner = _Scanner(path, reads, digests=digests)
            for found in walk(path):
                yield scanner.scanned(found)


class _Scanner:
    """Scans what is found under one path; the same file under several links is read once for each extension."""

    def __init__(self, named: Path, reading: Reading, *, digests: bool) -> None:
        self._repository: Repository = repository(named)
        self._digests = digests
        self._named = Named(self._repository.root)
        self._reading = reading
        self._read: dict[tuple[int | str, ...], ModelFile] = {}

    def scanned(self, found: Found) -> Scanned:
        try:
            if found.fault is not None:
                raise Refused(found.fault)
            with opening(found.path, self._repository) as descriptor:
                file = self._judged(found, self._of(descriptor, found.path), descriptor)
                findings = model_file_inert.CONTROL.judge(file)
                wanted = bool(findings) or self._digests
                return Scanned(found.path, file, findings, _sha256(descriptor) if wanted else "")
        except Refused as refused:
            word = _LINK if found.path.is_symlink() else UNKNOWN
            file = ModelFile(word, refused.reason.standing, (refused.reason,))
            return Scanned(found.path, file, model_file_inert.CONTROL.judge(file))

    def _of(self, descriptor: int, path: Path) -> ModelFile:
        state = os.fstat(descriptor)
        key = (state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, path.suffix)
        found = self._read.get(key)
        if found is None:
            found = self._reading.read(descriptor, path.name)
            if len(self._read) < _KEPT:
                self._read[key] = found
        return found

    def _judged(self, found: Found, file: ModelFile, descriptor: int) -> ModelFile:
        if [each.word for each in file.reasons] == [FORMAT_UNKNOWN] and self._described(found, descriptor):
            return msgspec.structs.replace(file, format=DESCRIBED, standing=Standing.INERT, reasons=())
        if file.format not in WORDLESS:
            return file
        reason = self._named.reason(found.path, found.place)
        if reason is None:
            return file
        return msgspec.structs.replace(
            file, standing=file.standing.worse(reason.standing), reasons=_with(file.reasons, reason)
        )

    def _described(self, found: Found, descriptor: int) -> bool:
        """Return whether a file beside it, which is inert itself, says what each of its octets is."""
        with suppress(OSError):
            said = described(found.path.name, self._folder(found.path.parent))
            return any(is_whole(descriptor, each) for each in said)
        return False

    def _folder(self, folder: Path) -> Iterator[ModelFile]:
        """Yield what stands in a folder, as far as it can be read."""
        for path in sorted(folder.iterdir())[:MOST_LOOKED_AT]:
            with suppress(Refused, OSError), opening(path, self._repository) as descriptor:
                yield self._of(descriptor, path)


def _with(reasons: tuple[Reason, ...], reason: Reason) -> tuple[Reason, ...]:
    return tuple(sorted((*reasons, reason), key=lambda each: -each.standing.rank))


def _sha256(descriptor: int) -> str:
    digest = hashlib.sha256()
    os.lseek(descriptor, 0, os.SEEK_SET)
    while piece := os.read(descriptor, _PIECE):
        digest.update(piece)
    return digest.hexdigest()
