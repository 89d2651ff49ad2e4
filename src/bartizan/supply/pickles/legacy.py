"""Files of PyTorch before version 1.6: five pickles, then the storages, one after the other.

Rules of this file: `torch.load` takes a file for one of these by its first pickle, the magic number, so that must stand as
PyTorch writes it, to the octet. Every storage that is named is there, with as many octets as its type and number say, and the
last of them ends the file.
Source: PyTorch, torch/serialization.py (_legacy_save, _legacy_load).
"""

import itertools
from typing import Final

from bartizan.supply.format import Damaged
from bartizan.supply.octets import Budget, Exhausted
from bartizan.supply.pickles.machine import Loader
from bartizan.supply.pickles.reading import Pickle, after, read
from bartizan.supply.pickles.storages import Storages
from bartizan.supply.pickles.values import Blob, Refused, Table
from bartizan.supply.subject import Reason

MAGIC: Final = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
"""The first pickle: the number 0x1950a86a20f9469cfc6c, by protocol 2."""
_PROTOCOL: Final = 1001
_COUNT: Final = 8
_MOST_WITHIN: Final = 1 << 16
"""Files within one pickle: a tensor each."""


def read_legacy(view: memoryview, budget: Budget, within: str = "") -> Pickle:
    """Return what an old file of PyTorch would build, with its storages as `pieces`.

    Args:
        view: the whole file, from its magic number on.
        budget: of the file.
        within: put before the storages' keys.
    Raises:
        Exhausted: the budget does not reach.
    """
    if bytes(view[: len(MAGIC)]) != MAGIC:
        return Pickle(None, 0, (_damaged("it does not begin as PyTorch begins it", 0),))
    version = read(view, budget, len(MAGIC))
    machine = read(view, budget, version.end) if version.inert else version
    if not machine.inert:
        return machine
    if not _headed(version.root, machine.root):
        return Pickle(None, 0, (_damaged("its version or machine is none that is known", machine.end),))
    return _body(view, budget, machine.end, Storages(within))


def _headed(version: object, machine: object) -> bool:
    """Return whether version and machine are those of every file there is: 1001, little-endian."""
    if version != _PROTOCOL or type(version) is not int or not isinstance(machine, Table):
        return False
    said = {key: value for key, value in machine.pairs if type(key) is str}
    return type(said.get("protocol_version")) is int and said.get("little_endian") is True


def _body(view: memoryview, budget: Budget, at: int, storages: Storages) -> Pickle:
    """Return what the fourth pickle would build, with the storages that the fifth lists."""
    built = read(view, budget, at, Loader(persistent=storages.old))
    if not built.whole:
        return built
    keys = read(view, budget, built.end)
    if built.reasons or keys.reasons:
        return Pickle(None, keys.end, (*built.reasons, *keys.reasons), built.globals)
    try:
        found, end = pieces(view, keys, storages)
    except Damaged as fault:
        return Pickle(None, keys.end, (fault.reason,), built.globals)
    return Pickle(built.root, end, () if end == len(view) else (after(end),), built.globals, found)


def _damaged(what: str, offset: int) -> Reason:
    return Damaged("torch-damaged", f"it is no whole file of PyTorch: {what}; save it anew", offset).reason


def pieces(view: memoryview, keys: Pickle, storages: Storages) -> tuple[dict[str, memoryview], int]:
    """Return the octets of each storage by its name, and where the last of them ends.

    Args:
        view: the whole file.
        keys: the fifth pickle, after which they stand.
        storages: that the fourth names.
    Raises:
        Damaged: they are not as both say.
    """
    names = [str(each) for each in keys.root if type(each) is str] if isinstance(keys.root, list) else []
    listed = len(names) == len(keys.root) if isinstance(keys.root, list) else False
    if not listed or sorted(names) != sorted(storages.known):
        what = "its list of storages is not that of those it names; save it anew"
        raise Damaged("torch-damaged", what, keys.end)
    found: dict[str, memoryview] = {}
    at = keys.end
    for key in names:
        storage = storages.known[key]
        start = at + _COUNT
        count = int.from_bytes(view[at:start], "little", signed=True)
        if count != storage.count or start + storage.octets > len(view):
            what = "a storage has more or fewer elements than it says; get the file anew"
            raise Damaged("torch-damaged", what, at)
        at = start + storage.octets
        found[storage.name] = view[start:at]
    return found, at


class Within:
    """Files of PyTorch within a plain pickle: how tensors are written that `pickle.dump` was called for.

    Attributes:
        pieces: octets of all their storages.
    """

    def __init__(self, view: memoryview, budget: Budget) -> None:
        """Take the file that the pickle is of."""
        self._view, self._budget = view, budget
        self._number = itertools.count()
        self.pieces: dict[str, memoryview] = {}

    def loaded(self, within: bytes | Blob) -> object:
        """Return what one of them would build, its storages' keys made distinct from others'.

        Raises:
            Refused: it is not inert.
            Exhausted: the budget does not reach.
        """
        number = next(self._number)
        if number > _MOST_WITHIN:
            raise Exhausted
        octets = memoryview(within) if isinstance(within, bytes) else self._part(within)
        found = read_legacy(octets, self._budget, f"{number}!")
        if found.reasons:
            worst = max(found.reasons, key=lambda each: each.standing.rank)
            raise Refused(f"loads a file within the file, and {worst.what}")
        self.pieces.update(found.pieces)
        return found.root

    def _part(self, within: Blob) -> memoryview:
        if within.kind != "bytes":
            raise Refused("loads a file within the file that is written as text; save it by protocol 4")
        return self._view[within.start : within.start + within.size]
