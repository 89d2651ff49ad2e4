"""Checkpoints of PyTorch since version 1.6, TorchScript, torch.package and pt2: ZIP archives of one folder."""

from typing import Final

from bartizan.supply.containers import zip as container
from bartizan.supply.containers.zip_end import directory
from bartizan.supply.format import Damaged, Format, Look, Read
from bartizan.supply.octets import Budget, Octets, TooShort
from bartizan.supply.pickles.checkpoint import read_checkpoint

_LARGEST: Final = 1 << 26
_MARKS: Final = (b"/data.pkl", b"/constants.pkl", b"/.data/extern_modules", b"/archive_format")


def knows(octets: Octets) -> bool:
    """Return whether a file is an archive whose directory names what only PyTorch's archives hold."""
    if not octets.begins(container.LOCAL):
        return False
    try:
        ends = directory(octets)
        names = octets.take(ends.start, min(ends.stop - ends.start, _LARGEST))
    except (Damaged, TooShort):
        return False  # the reading of ZIP says what is wrong with it
    return any(mark in names for mark in _MARKS)


def read(octets: Octets, budget: Budget, look: Look) -> Read:
    """Return what is said of a checkpoint.

    Raises:
        Damaged, TooShort, Exhausted: it is not to be understood.
    """
    found = read_checkpoint(container.members(octets, budget), budget, look)
    return Read(found.reasons, found.format)


FORMAT = Format("torch-zip", knows, read, order=20, kind_of=("zip",))
