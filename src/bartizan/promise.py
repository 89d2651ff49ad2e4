"""What Bartizan promises, whether or not a control for it exists yet: the rows of every posture.

Rules of this file: `promises.toml` names the promises, a control makes one. Where a control exists its own words
count, and a control that the file does not know is a promise all the same, so that adding one touches one file.
"""

from collections.abc import Mapping
from importlib import resources

import msgspec

from bartizan.control import Control

OUTSIDE = "outside"
"""Room of a promise that another package makes under a prefix of its own."""


class Promise(msgspec.Struct, frozen=True):
    """One row of a posture.

    Attributes:
        id: `room.promise`, the id of the control that makes it.
        promise: the promise in a few words, as screens show it.
        room: the room that keeps it, or `outside`.
        practice: the practice that the room serves, 1 to 7; 0 for `outside`.
    """

    id: str
    promise: str
    room: str
    practice: int


class Room(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One room of `promises.toml`.

    Attributes:
        name: the room's package.
        practice: the practice that it serves, 1 to 7.
        subject: what the practice is about, in a few words.
        promises: id -> promise.
        unprotected: id -> what is open while nothing proves that promise, for the few that a newcomer must know.
    """

    name: str
    practice: int
    subject: str
    promises: dict[str, str]
    unprotected: dict[str, str] = {}


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    room: tuple[Room, ...]


def rooms() -> tuple[Room, ...]:
    """Return the seven rooms with what they promise, in order of practice.

    Raises:
        msgspec.ValidationError: the file of this installation is damaged.
    """
    text = resources.files("bartizan").joinpath("promises.toml").read_bytes()
    return msgspec.toml.decode(text, type=_File).room


def promises(controls: Mapping[str, Control]) -> Mapping[str, Promise]:
    """Return every promise by id, in order of practice and id: those of the file and those of these controls.

    Args:
        controls: what `discover` found.
    """
    known = rooms()
    rows = {
        name: Promise(name, words, room.name, room.practice)
        for room in known
        for name, words in room.promises.items()
    }
    practices = {room.name: room.practice for room in known}
    for name, control in controls.items():
        room = rows[name].room if name in rows else name.partition(".")[0]
        practice = practices.get(room, 0)
        rows[name] = Promise(name, control.promise, room if practice else OUTSIDE, practice)
    return dict(sorted(rows.items(), key=lambda row: (row[1].practice or len(known) + 1, row[0])))
