"""Compressed files: what our reading takes, the standard library expands alike. The first octet chooses the way."""

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable

from bartizan.supply.containers.stream import BZIP2, GZIP, LZMA, XZ, ZLIB, Kind, expanded
from bartizan.supply.format import Damaged
from bartizan.supply.octets import Budget, Exhausted, Octets, TooShort
from fuzz.target import Target

_WAYS: tuple[tuple[Kind, Callable[[bytes], bytes]], ...] = (
    (GZIP, gzip.decompress),
    (ZLIB, zlib.decompress),
    (BZIP2, bz2.decompress),
    (XZ, lzma.decompress),
    (LZMA, lzma.decompress),
)


def run(data: bytes) -> str:
    if not data:
        return "nothing"
    kind, theirs = _WAYS[data[0] % len(_WAYS)]
    try:
        ours = bytes(expanded(Octets(data[1:]), kind, Budget(expanded=1 << 22)).view)
    except Damaged as fault:
        return fault.word
    except TooShort:
        return "too short"
    except Exhausted:
        return "exhausted"
    assert ours == theirs(data[1:])
    return f"{kind.name} {min(len(ours), 1)}"


_WORDS = b"words words words"

TARGET = Target(
    modules=("bartizan.supply.containers.stream",),
    run=run,
    seeds=(
        b"\0" + gzip.compress(_WORDS),
        b"\0\x1f\x8b\x08\x1c" + bytes(6) + b"\2\0ab" + b"name\0" + b"said\0" + gzip.compress(_WORDS)[10:],
        b"\1" + zlib.compress(_WORDS),
        b"\2" + bz2.compress(_WORDS),
        b"\3" + lzma.compress(_WORDS),
        b"\4" + lzma.compress(_WORDS, lzma.FORMAT_ALONE),
    ),
    words=(b"\x1f\x8b\x08", b"BZh9", b"1AY&SY", b"\xfd7zXZ\0", b"YZ", b"]\0\0", b"x\x9c"),
    longest=400,
)
