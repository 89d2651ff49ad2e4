"""What git keeps: packs, their indexes and orders, the index of what is checked out, loose objects. The checksum at the end is put right."""

from bartizan.supply.formats import git, git_object
from bartizan.supply.subject import Standing
from fuzz.model_files import said
from fuzz.target import Target
from tests.supply.formats.gitted import WHOLE, loose, summed


def run(data: bytes) -> str:
    if data[:1] == b"\0":
        return said(git_object.FORMAT, data[1:])
    word = said(git.FORMAT, summed(data[1:]))
    if word.startswith(Standing.INERT.value):
        assert not said(git.FORMAT, summed(data[1:] + b"\1")).startswith(Standing.INERT.value)
    return word


TARGET = Target(
    modules=("bartizan.supply.formats.git", "bartizan.supply.formats.git_object"),
    run=run,
    seeds=(b"\0" + loose(b"words"), *(b"\1" + each for each in WHOLE.values())),
    words=(
        b"PACK\0\0\0\2",
        b"\xfftOc\0\0\0\2",
        b"RIDX",
        b"DIRC\0\0\0\2",
        b"TREE",
        b"REUC",
        b"EOIE",
        b"\x78\x9c\x03\0\0\0\0\1",
        b"\xff" * 8,
    ),
    longest=2048,
)
