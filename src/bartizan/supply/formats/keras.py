"""Keras's own archive (`model.keras`): a ZIP of a configuration, weights in HDF5 and a layer's files; each is judged by its own format.

Source: Keras 3.15, `saving/saving_lib.py`.
"""

import re
from typing import Final

import msgspec

from bartizan.supply.containers.zip import LOCAL, members
from bartizan.supply.format import Damaged, Format, Look, Read
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.parsers.telling import Telling, shown, told
from bartizan.supply.subject import Standing

_MEMBERS: Final = re.compile(
    r"metadata\.json|config\.json|model\.weights\.(?:h5|json)|model_[0-9]{5}\.weights\.h5|assets/.+"
)
_FIRST: Final = 30
"""Octets of a member's head before its name."""
_NAMES: Final = (b"metadata.json", b"config.json")
_NEEDED: Final = frozenset({"metadata.json", "config.json"})


def knows(octets: Octets) -> bool:
    """Return whether it is an archive that begins with one of a model's descriptions."""
    return octets.begins(LOCAL) and any(octets.begins(each, _FIRST) for each in _NAMES) and _within(octets)


def _within(octets: Octets) -> bool:
    """Return whether the names that a model has stand in the list at the archive's end."""
    tail = bytes(octets.view[-65_536:])
    return b"model.weights.h5" in tail and b"config.json" in tail


def read(octets: Octets, budget: Budget, look: Look) -> Read:
    """Return what is said of a model: what is said of its members."""
    return told(lambda telling: _walk(octets, budget, look, telling))


def _walk(octets: Octets, budget: Budget, look: Look, telling: Telling) -> None:
    seen: set[str] = set()
    for member in members(octets, budget):
        seen.add(member.name)
        if not _MEMBERS.fullmatch(member.name):
            telling.say(
                "member-unexpected",
                f"it has a member {shown(member.name)}, which Keras doesn't write",
                Standing.UNKNOWN,
                member=shown(member.name),
            )
        for reason in look(member.expand(), budget).reasons:
            inner = f"{shown(member.name)}!{reason.member}" if reason.member else shown(member.name)
            telling.add(msgspec.structs.replace(reason, member=inner))
    if not seen >= _NEEDED:
        raise Damaged("part-missing", "it has no configuration: it is cut off, or no model of Keras")


FORMAT: Final = Format("keras", knows, read, order=30, kind_of=("zip",))
