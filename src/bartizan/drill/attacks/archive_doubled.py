"""Archives in which one reader finds arrays, and another one, which takes another way through them, finds a pickle."""

import io
import struct
import zipfile
import zlib

from bartizan.drill.attack import Attack, Outcome, Stage
from bartizan.drill.brought import taken_for_data
from bartizan.drill.target import Target

_PICKLE = b"\x80\x04\x8c\x0cnobody_lists\x8c\x04load\x93)R."
_HEAD = b"{'descr': '<f4', 'fortran_order': False, 'shape': (4,), }"
_ARRAY = b"\x93NUMPY\x01\x00" + struct.pack("<H", 118) + _HEAD.ljust(117) + b"\n" + bytes(16)
_NAME = b"weights.npy"


def _archive() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr(zipfile.ZipInfo(_NAME.decode()), _ARRAY)
    return held.getvalue()


def _with_gap() -> bytes:
    """Put a member that the directory does not name between the one it names and itself."""
    whole = _archive()
    directory = whole.index(b"PK\x01\x02")
    head = struct.pack(
        "<4s5H3I2H", b"PK\x03\x04", 20, 0, 0, 0, 33, zlib.crc32(_PICKLE), len(_PICKLE), len(_PICKLE), 8, 0
    )
    hidden = head + b"data.pkl" + _PICKLE
    end = whole.rindex(b"PK\x05\x06")
    moved = whole[end : end + 16] + struct.pack("<I", directory + len(hidden)) + whole[end + 20 :]
    return whole[:directory] + hidden + whole[directory:end] + moved


def _renamed() -> bytes:
    """Have the directory call the member otherwise than the member itself does."""
    return _archive().replace(_NAME, b"weights.pkl", 1)


def _followed() -> bytes:
    """Let a pickle follow the archive, as readers of streams find it."""
    return _archive() + _PICKLE


def _preceded() -> bytes:
    """Let a pickle come before it: who reads from the front loads that, who reads from the end the archive."""
    return _PICKLE + _archive()


def _act(target: Target) -> Outcome:
    return taken_for_data(
        target,
        {"sound.npz": _archive()},
        {
            "a member that the directory does not name.npz": _with_gap(),
            "a member of two names.npz": _renamed(),
            "a pickle behind an archive.npz": _followed(),
            "a pickle before an archive.npz": _preceded(),
        },
    )


ATTACK = Attack(
    name="archive-doubled",
    control="supply.model-file-inert",
    title="archive read in two ways",
    skill=4,
    stage=Stage.FILES,
    because="a scanner and a loader that find different members in one archive do not look at the same file",
    references=("AML.T0011.000", "AML.T0010.003", "CWE-436", "CWE-502"),
    weakening="gaps_unseen",
    act=_act,
)
