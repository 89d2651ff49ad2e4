"""ZIP archives: what our reading takes, CPython's zipfile and a reader that goes through it from its beginning read alike."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator

from bartizan.supply.containers.zip import members
from bartizan.supply.format import Damaged
from bartizan.supply.octets import Budget, Exhausted, Octets, TooShort
from fuzz.target import Target

_REFUSED = (
    *(zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError),
    *(ValueError, struct.error, zlib.error, IndexError, OverflowError),
)


def run(data: bytes) -> str:
    try:
        ours = [
            (each.name, bytes(each.expand().view)) for each in members(Octets(data), Budget(expanded=1 << 24))
        ]
    except Damaged as fault:
        return fault.word
    except TooShort:
        return "too short"
    except Exhausted:
        return "exhausted"
    try:
        theirs = sorted(_from_the_end(data))
    except _REFUSED:
        return "zipfile refuses it"
    assert theirs == sorted(ours)
    forward = _from_the_beginning(data)
    assert forward is None or forward == [(name, len(octets)) for name, octets in ours]
    return f"{min(len(ours), 3)} members"


def _from_the_end(data: bytes) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for each in archive.infolist():
            if not each.is_dir():
                yield each.filename, archive.read(each)


def _from_the_beginning(data: bytes) -> list[tuple[str, int]] | None:
    """Return name and size of each file by local headers alone; None where a descriptor hides a size."""
    found, at = [], 0
    while data[at : at + 4] == b"PK\x03\x04":
        flags, _, _, _, _, compressed, size, named, extra = struct.unpack_from("<5H3I2H", data, at + 4)[1:]
        if flags & 8 or 0xFFFFFFFF in (compressed, size):
            return None
        name = data[at + 30 : at + 30 + named].decode()
        found += [] if name.endswith("/") else [(name, size)]
        at += 30 + named + extra + compressed
    return found


def made(*, stored: bool = True, seekable: bool = True, wide: bool = False, folder: bool = False) -> bytes:
    """Return a small archive by CPython's zipfile."""
    kept = io.BytesIO()
    method = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(kept if seekable else _Pipe(kept), "w", method) as archive:  # type: ignore[call-overload]  # what is written to it suffices
        if folder:
            archive.mkdir("a")
        with archive.open(zipfile.ZipInfo("a/b"), "w", force_zip64=wide) as member:
            member.write(b"words words words")
        archive.writestr("c\u00fc", b"xyz" * 9, method)
    return kept.getvalue()


class _Pipe:
    """A file that can only be written on, so that sizes come after what is stored."""

    def __init__(self, kept: io.BytesIO) -> None:
        self.write, self.flush = kept.write, kept.flush


TARGET = Target(
    modules=(
        "bartizan.supply.containers.zip",
        "bartizan.supply.containers.zip_end",
        "bartizan.supply.containers.zip_extra",
        "bartizan.supply.containers.inflate",
        "bartizan.supply.containers.member",
    ),
    run=run,
    seeds=(
        made(),
        made(stored=False, folder=True),
        made(seekable=False),
        made(stored=False, seekable=False, wide=True),
        made(wide=True),
    ),
    words=(
        b"PK\x03\x04",
        b"PK\x01\x02",
        b"PK\x05\x06",
        b"PK\x06\x06",
        b"PK\x06\x07",
        b"PK\x07\x08",
        b"\x01\x00\x10\x00",
        b"../",
    ),
    longest=1024,
)
