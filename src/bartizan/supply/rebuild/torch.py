"""Checkpoints of PyTorch, new and old, TorchScript, and plain pickles of tensors and arrays, as tensors.

Rules of this file: a file that is inert is read once. One that is not is read once more by `salvage`, and only where all that is
wrong with it is code; its storages are held against what it says of them in either case.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from bartizan.supply.containers import zip as container
from bartizan.supply.containers.member import Member, shown
from bartizan.supply.format import Damaged, Look
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.pickles.arrays import read_joblib, wrapped
from bartizan.supply.pickles.checkpoint import Checkpoint, read_checkpoint
from bartizan.supply.pickles.legacy import MAGIC, Within, pieces, read_legacy
from bartizan.supply.pickles.machine import Loader
from bartizan.supply.pickles.reading import after, read
from bartizan.supply.pickles.storages import Storages
from bartizan.supply.pickles.values import Storage
from bartizan.supply.rebuild.flatten import Flat, Source, flatten
from bartizan.supply.rebuild.report import Name
from bartizan.supply.rebuild.salvage import Salvaged, bearable, salvage
from bartizan.supply.subject import Reason

_PICKLE: Final = "data.pkl"
_STORAGES: Final = "data/"
_SALVAGED: Final = frozenset({"torch-zip", "torchscript"})
"""Formats of archives whose tensors all stand in `data.pkl`."""


class Found(NamedTuple):
    """What a file holds.

    Attributes:
        format: word of the format.
        flat: tensors and values.
        reasons: why it is not inert.
        cut: names without a contract.
    """

    format: str
    flat: Flat
    reasons: tuple[Reason, ...] = ()
    cut: tuple[Name, ...] = ()


def archive(octets: Octets, budget: Budget, look: Look) -> Found:
    """Return what a checkpoint in a ZIP holds.

    Raises:
        Damaged, TooShort: its data is not understood.
        Exhausted: the budget does not reach.
    """
    members = tuple(container.members(octets, budget))
    found = read_checkpoint(members, budget, look)
    if found.pickle is not None and not found.reasons:
        view = _pickle(members).expand().view
        source = Source({key: each.view for key, each in found.storages.items()}, view)
        return Found(found.format, flatten(found.pickle.root, source, budget))
    _borne(found)
    held = _pickle(members)
    storages, view = Storages(), held.expand().view
    salvaged = salvage(view, Budget(), loader=Loader(persistent=storages.zipped))
    if salvaged.end != len(view):
        raise _damaged(after(salvaged.end))
    source = Source(_storages(members, storages.known), view)
    cut = tuple(Name(each.module, each.name, shown(held.name), each.offset) for each in salvaged.names)
    return Found(found.format, flatten(salvaged.root, source, budget), found.reasons, cut)


def _borne(found: Checkpoint) -> None:
    if found.format not in _SALVAGED:
        what = "its tensors stand among its code, in a way that is not known here; save its state dict where it was made"
        raise Damaged("code-held", what)
    _bear(found.reasons)


def _bear(reasons: tuple[Reason, ...]) -> None:
    """Refuse what is wrong with more than code."""
    if not bearable(reasons):
        raise _damaged(next(each for each in reasons if not bearable((each,))))


def _damaged(reason: Reason) -> Damaged:
    return Damaged(reason.word, reason.what, reason.offset)


def _pickle(members: tuple[Member, ...]) -> Member:
    for each in members:
        if each.name.partition("/")[2] == _PICKLE:
            return each
    raise Damaged("torch-damaged", "it is no whole checkpoint of PyTorch: its data.pkl is missing")


def _storages(members: tuple[Member, ...], known: Mapping[str, Storage]) -> Mapping[str, memoryview]:
    """Return the octets of each storage that is named."""
    held = {each.name.partition("/")[2]: each for each in members}
    found: dict[str, memoryview] = {}
    for key, storage in known.items():
        member = held.get(_STORAGES + key)
        if member is None or member.stored is None or member.size != storage.octets:
            what = f"its storage {shown(key)!r} is missing, compressed, or has more or fewer octets than it says; get it anew"
            raise Damaged("torch-damaged", what)
        found[key] = member.stored.view
    return found


def old(octets: Octets, budget: Budget, _look: Look) -> Found:
    """Return what a file of PyTorch before version 1.6 holds.

    Raises:
        Damaged, TooShort: its data is not understood.
        Exhausted: the budget does not reach.
    """
    view = octets.view
    found = read_legacy(view, budget)
    if found.inert:
        return Found("torch-legacy", flatten(found.root, Source(found.pieces, view), budget))
    _bear(found.reasons)
    again = Budget()
    start = read(view, again, read(view, again, len(MAGIC)).end).end
    storages = Storages()
    salvaged = salvage(view, again, start, Loader(persistent=storages.old))
    keys = read(view, again, salvaged.end)
    _bear(keys.reasons)
    held, end = pieces(view, keys, storages)
    if end != len(view):
        raise _damaged(after(end))
    return _salvaged("torch-legacy", salvaged, Source(held, view), budget)


def plain(octets: Octets, budget: Budget, _look: Look) -> Found:
    """Return what a plain pickle or a file of joblib holds.

    Raises:
        Damaged, TooShort: its data is not understood, or it is several pickles.
        Exhausted: the budget does not reach.
    """
    view = octets.view
    within = Within(view, budget)
    loader = Loader(loaded=within.loaded)
    found = read(view, budget, loader=loader)
    if wrapped(found):
        joblib = read_joblib(view, budget, found)
        if not joblib.inert:
            raise _damaged(joblib.reasons[0])
        return Found("joblib", flatten(joblib.root, Source({}, view), budget))
    if found.inert:
        _ended(found.end, view)
        return Found("pickle", flatten(found.root, Source(within.pieces, view), budget))
    _bear(found.reasons)
    again = Budget()
    within = Within(view, again)
    salvaged = salvage(view, again, loader=Loader(loaded=within.loaded))
    _ended(salvaged.end, view)
    return _salvaged("pickle", salvaged, Source(within.pieces, view), budget)


def _ended(end: int, view: memoryview) -> None:
    if end != len(view):
        raise _damaged(after(end))


def _salvaged(word: str, salvaged: Salvaged, source: Source, budget: Budget) -> Found:
    return Found(word, flatten(salvaged.root, source, budget), salvaged.reasons, salvaged.names)
