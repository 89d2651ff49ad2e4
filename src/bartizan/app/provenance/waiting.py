"""Steps that are to go on record: a file each, until the record has them.

Rules of this file: a step is on the disk before anybody is told that it is kept, and its file goes only once the record took all of it.
Who is interrupted in between hands it over again, which changes nothing: its id is that of its content. What lies in the folder and is no
step is named, and stays.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec

from bartizan.app.folder import Folder
from bartizan.app.provenance import naming
from bartizan.app.provenance.recording import Row, put
from bartizan.artifact.write import written
from bartizan.ledger.event import Outcome
from bartizan.printable import printable
from bartizan.supply.provenance.step import Step, faults
from bartizan.supply.provenance.told import entries
from bartizan.typed_json import decoded, known

SUFFIX: Final = ".step.json"
"""What the name of a step's file has after its id."""
LONGEST: Final = 255
"""Letters of a name."""
_MOST: Final = 8 << 20
"""Octets of a step's file: 10,000 artifacts, with names."""


class Noted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A step as it waits.

    Attributes:
        step: what goes on record.
        names: what people call its artifacts, by digest; stays here, and proves nothing.
    """

    step: Step
    names: dict[str, str] = {}


known(Noted)


class Handed(msgspec.Struct, frozen=True):
    """What came of handing over: ids of steps that are on record now, and what is wrong with files that are no steps."""

    steps: tuple[str, ...]
    refused: tuple[tuple[Path, str], ...]


def keep(folder: Path, step: Step, names: Mapping[str, str]) -> Path:
    """Write a step down so that it survives a loss of power; return its file.

    Args:
        folder: where steps wait; it is made where it is missing.
        step: to be kept.
        names: what people call its artifacts, by digest.
    Raises:
        OSError: it cannot be written.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    shown = {digest: printable(name)[:LONGEST] for digest, name in names.items()}
    file = folder / (step.id + SUFFIX)
    written(file, msgspec.json.encode(Noted(step, shown), order="sorted"), 0o600)
    return file


def files(folder: Path) -> tuple[Path, ...]:
    """Return the files of steps that wait in a folder, the oldest first; none where there is no folder."""
    try:
        found = [
            (entry.stat().st_mtime_ns, entry.name)
            for entry in os.scandir(folder)
            if entry.name.endswith(SUFFIX)
        ]
    except FileNotFoundError:
        return ()
    return tuple(folder / name for _, name in sorted(found))


def hand_over(state: Folder, waiting: Path) -> Handed:
    """Put all steps that wait in a folder on record, and remove their files.

    Args:
        state: whose record.
        waiting: the folder.
    Raises:
        PlatformSilent, OwnerRefused, FolderRefused, PlatformRunning: the record does not take them; they wait on.
    """
    some, refused = [], []
    for file in files(waiting):
        try:
            some.append((file, noted(file)))
        except NotAStep as fault:
            refused.append((file, str(fault)))
    if some:
        put(state, [row for _, one in some for row in rows(one.step)])
        naming.remember(state, {digest: name for _, one in some for digest, name in one.names.items()})
    for file, _ in some:
        file.unlink(missing_ok=True)
    return Handed(tuple(one.step.id for _, one in some), tuple(refused))


class NotAStep(ValueError):
    """A file that is no step; the message says what is wrong with it."""


def noted(file: Path) -> Noted:
    """Return the step of a file.

    Raises:
        NotAStep: it is none.
    """
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as stream:
            octets = stream.read(_MOST + 1)
        found = decoded(octets, Noted) if len(octets) <= _MOST else None
    except OSError as fault:
        raise NotAStep(f"it cannot be read: {fault.strerror}") from None
    except (ValueError, RecursionError):
        found = None
    if found is None:
        raise NotAStep("it is not a step as the recorder writes one; remove it, or have it written anew")
    for what in _faults(found, file):
        raise NotAStep(what)
    return found


def _faults(found: Noted, file: Path) -> Iterator[str]:
    yield from faults(found.step)
    if file.name != found.step.id + SUFFIX:
        yield "it was changed after it was written: its name is not the digest of what it says"
    artifacts = {use.digest for use in (*found.step.materials, *found.step.products)}
    if not artifacts.issuperset(found.names) or any(
        len(name) > LONGEST or not name.isprintable() for name in found.names.values()
    ):
        yield "it names artifacts that it has not, or with what does not print"


def rows(step: Step) -> list[Row]:
    """Return the entries of a step."""
    return [Row(told.kind, Outcome.DONE, told.detail) for told in entries(step)]
