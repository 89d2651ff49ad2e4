"""Checkpoints of PyTorch since version 1.6: a ZIP with a pickle of what is in it and a member for each storage.

Rules of this file: one folder holds all; every member has a purpose; every storage that the pickle names is there with as many
octets as it says, as it is and not compressed, and no other is. Then the pickle alone decides, and storages are never looked at:
they are numbers, whatever they hold.
Source: PyTorch, torch/serialization.py (_save, _load); caffe2/serialize/inline_container.cc.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from bartizan.supply.containers.member import Member, shown
from bartizan.supply.format import Damaged, Look
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.pickles.machine import Loader
from bartizan.supply.pickles.reading import Pickle, after, read
from bartizan.supply.pickles.storages import Storages
from bartizan.supply.pickles.values import Opaque, Storage
from bartizan.supply.subject import Reason, Standing

_SAYING: Final = frozenset(
    {"version", "byteorder", ".format_version", ".storage_alignment", ".data/serialization_id"}
)
"""Members that say something of the file, in a few letters."""
_LONGEST_SAYING: Final = 64
_PICKLE: Final = "data.pkl"
_STORAGES: Final = "data/"
_CODE: Final = {
    "constants.pkl": "torchscript", "code/": "torchscript", ".data/extern_modules": "torch-package",
    ".data/python_version": "torch-package", "archive_format": "torch-pt2", "models/": "torch-pt2",
}  # fmt: skip
"""Member or folder that only a file with code in it has -> what such a file is."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint as it was read.

    Attributes:
        format: `torch-zip`, or one with code: `torchscript`, `torch-package`, `torch-pt2`.
        pickle: what `data.pkl` would build; its storages' keys are those of `storages`.
        reasons: why it is not inert.
        storages: octets of each storage, where they stand in the file.
    """

    format: str
    pickle: Pickle | None
    reasons: tuple[Reason, ...] = ()
    storages: Mapping[str, Octets] = field(default_factory=dict)


def read_checkpoint(found: Iterable[Member], budget: Budget, look: Look) -> Checkpoint:
    """Return what a checkpoint holds.

    Args:
        found: members of the archive.
        budget: of the file.
        look: says what a member is, where the file holds more than a checkpoint.
    Raises:
        Damaged, TooShort: a member is not to be read.
        Exhausted: the budget does not reach.
    """
    members = _beneath(found)
    code = next((kind for mark, kind in _CODE.items() if any(_marked(name, mark) for name in members)), "")
    if code:
        return Checkpoint(code, None, _coded(members, budget, look))
    if _PICKLE not in members:
        raise Damaged("torch-damaged", "it is no whole checkpoint of PyTorch: its data.pkl is missing")
    storages = Storages()
    octets = members[_PICKLE].expand()
    pickle = read(octets.view, budget, loader=Loader(persistent=storages.zipped))
    reasons = [_of(each, members[_PICKLE]) for each in pickle.reasons]
    if not reasons and pickle.end != len(octets):
        reasons.append(_of(after(pickle.end), members[_PICKLE]))
    reasons += _unlike(members, storages.known)
    held = {key: members[_STORAGES + key].stored for key in storages.known if _STORAGES + key in members}
    kept = {key: stored for key, stored in held.items() if stored is not None}
    return Checkpoint("torch-zip", pickle, tuple(reasons), kept)


def _beneath(found: Iterable[Member]) -> dict[str, Member]:
    """Return the members by their path beneath the one folder that holds them all."""
    members: dict[str, Member] = {}
    folder = ""
    for each in found:
        first, _, rest = each.name.partition("/")
        if not rest or folder not in {"", first}:
            raise Damaged(
                "torch-damaged", "it is no checkpoint of PyTorch: not all of it is in one folder", each.offset
            )
        folder, members[rest] = first, each
    return members


def _marked(name: str, mark: str) -> bool:
    return name.startswith(mark) if mark.endswith("/") else name == mark


def _of(reason: Reason, member: Member) -> Reason:
    """Return a reason as one of a member."""
    within = f"{member.name}!{reason.member}" if reason.member else member.name
    return Reason(reason.word, reason.what, reason.standing, within, reason.offset)


def _unlike(members: Mapping[str, Member], known: Mapping[str, Storage]) -> list[Reason]:
    """Return what of the members is not as the pickle says, or has no purpose."""
    wrong = [_wrong(name, member, known) for name, member in members.items() if name != _PICKLE]
    missing = [f"its storage {shown(key)!r} is missing" for key in known if _STORAGES + key not in members]
    reasons = [Reason("torch-damaged", what, Standing.UNKNOWN, name) for what, name in wrong if what]
    return reasons + [Reason("torch-damaged", f"it is cut off: {what}", Standing.UNKNOWN) for what in missing]


def _wrong(name: str, member: Member, known: Mapping[str, Storage]) -> tuple[str, str]:
    if name in _SAYING:
        return _said(name, member), member.name
    storage = known.get(name.removeprefix(_STORAGES)) if name.startswith(_STORAGES) else None
    if storage is None:
        return "nothing in the checkpoint refers to this member; save it anew without it", member.name
    if member.stored is None or member.size != storage.octets:
        return "this storage is compressed, or has more or fewer octets than the checkpoint says", member.name
    return "", member.name


def _said(name: str, member: Member) -> str:
    text = bytes(member.expand().view) if member.size <= _LONGEST_SAYING else b"?"
    if name == "byteorder":
        return "" if text == b"little" else "its numbers are not little-endian; save it on another machine"
    return "" if text.strip().isdigit() else "this member should be a number"


def _coded(members: Mapping[str, Member], budget: Budget, look: Look) -> tuple[Reason, ...]:
    """Return that a file holds code, and what is worse in any of its pickles."""
    what = "it holds code that runs where it is loaded or called; load it where that does no harm, or save its weights alone"
    reasons = [Reason("code-held", what, Standing.CODE)]
    for name, member in members.items():
        if name.startswith(_STORAGES) and not name.endswith((".pkl", ".pt")):
            continue
        octets = member.expand()
        if name.endswith(".pkl"):
            found = read(octets.view, budget, loader=Loader(persistent=_anything)).reasons
        else:
            found = look(octets, budget).reasons
        reasons += [_of(each, member) for each in found if each.standing is Standing.MALICIOUS]
    return tuple(dict.fromkeys(reasons))


def _anything(_identifier: object) -> object:
    return Opaque()
