"""Compressed files that hold one thing: gzip, zlib, bzip2, xz and LZMA alone. Each is one stream, and nothing follows it.

Rules of this file: what comes out is counted before it is kept. Several streams in a row are refused: some readers stop after the
first.
Sources: RFC 1952, RFC 1950; the .xz file format 1.1.0.
"""

import bz2
import lzma
import zlib
from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

from bartizan.supply.containers.member import Member
from bartizan.supply.format import Damaged
from bartizan.supply.octets import Budget, Octets

_PIECE: Final = 1 << 18
_MEMORY: Final = 256 << 20
"""Octets that LZMA may use as its dictionary."""
_HEADER_CHECK, _EXTRA, _NAME, _COMMENT, _RESERVED = 2, 4, 8, 16, 0xE0
_DEFLATE: Final = 8
_LONGEST: Final = 1 << 16


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class Kind(NamedTuple):
    """A way to compress.

    Attributes:
        name: word for people.
        start: makes what expands it.
        skips: returns the octets of a header that `start` does not read, once they are sound.
        checks: (compressed, expanded, octets after the stream) -> whether what ends it is right.
        suffixes: that a name loses when its file is expanded.
    """

    name: str
    start: Callable[[], _Decompressor]
    skips: Callable[[Octets], int]
    checks: Callable[[bytearray, bytes], bool]
    suffixes: tuple[str, ...]


class _Deflate:
    """What `zlib` offers, in the shape of the others: what it was given and did not use, it keeps."""

    def __init__(self, bits: int) -> None:
        self._stream, self._left = zlib.decompressobj(bits), b""

    @property
    def eof(self) -> bool:
        return self._stream.eof

    @property
    def unused_data(self) -> bytes:
        return self._stream.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        got = self._stream.decompress(self._left + data, max_length)
        self._left = self._stream.unconsumed_tail
        return got


def expanded(octets: Octets, kind: Kind, budget: Budget) -> Octets:
    """Return what a compressed file holds.

    Args:
        octets: the whole file.
        kind: how it is compressed.
        budget: of the file; what comes out is counted as it comes.
    Raises:
        Damaged, TooShort: it is not one whole stream.
        Exhausted: the budget does not reach.
    """
    out = bytearray()
    try:
        rest = _run(octets, kind, budget, out)
    except (zlib.error, lzma.LZMAError, OSError, EOFError):
        raise _damaged(kind) from None
    if not kind.checks(out, rest):
        raise _damaged(kind)
    return Octets(memoryview(out), _inner(octets.name, kind))


def member(octets: Octets, kind: Kind, budget: Budget) -> Member:
    """Return what a compressed file holds as the one member of a container."""
    return Member(_inner(octets.name, kind), 0, -1, None, lambda: expanded(octets, kind, budget))


def _damaged(kind: Kind) -> Damaged:
    what = f"it is not one whole stream of {kind.name}, or octets follow it; get it anew"
    return Damaged(f"{kind.name}-damaged", what)


def _inner(name: str, kind: Kind) -> str:
    for suffix in kind.suffixes:
        if name.lower().endswith(suffix) and len(name) > len(suffix):
            return name[: -len(suffix)]
    return name or "content"


def _run(octets: Octets, kind: Kind, budget: Budget, out: bytearray) -> bytes:
    """Expand all of it; return what follows the stream, which is its end at most."""
    stream = kind.start()
    for start in range(kind.skips(octets), len(octets), _PIECE):
        piece = octets.take(start, min(_PIECE, len(octets) - start))
        if stream.eof:
            return stream.unused_data + piece if len(octets) - start <= _PIECE else bytes(_LONGEST)
        _fed(stream, piece, budget, out)
    if not stream.eof:
        raise _damaged(kind)
    return stream.unused_data


def _fed(stream: _Decompressor, piece: bytes, budget: Budget, out: bytearray) -> None:
    data = piece
    while True:
        got = stream.decompress(data, _PIECE)
        budget.expand(len(got))
        out += got
        data = b""
        if stream.eof or len(got) < _PIECE:
            return


# ---- the kinds ----------------------------------------------------------------------------------------------
def _gzip_header(octets: Octets) -> int:
    """Return the length of a header of gzip. Source: RFC 1952, section 2.3."""
    head = octets.take(0, 10)
    flags = head[3]
    if head[:2] != b"\x1f\x8b" or head[2] != _DEFLATE or flags & _RESERVED:
        raise _damaged(GZIP)
    at = 10
    if flags & _EXTRA:
        at += 2 + int.from_bytes(octets.take(at, 2), "little")
    for flag in (_NAME, _COMMENT):
        if flags & flag:
            text = octets.take(at, min(_LONGEST, len(octets) - at))
            if b"\0" not in text:
                raise _damaged(GZIP)
            at += text.index(b"\0") + 1
    if flags & _HEADER_CHECK:
        if int.from_bytes(octets.take(at, 2), "little") != zlib.crc32(octets.take(0, at)) & 0xFFFF:
            raise _damaged(GZIP)
        at += 2
    return at


def _gzip_end(out: bytearray, rest: bytes) -> bool:
    return rest == zlib.crc32(out).to_bytes(4, "little") + (len(out) & 0xFFFFFFFF).to_bytes(4, "little")


def _nothing(_: bytearray, rest: bytes) -> bool:
    return not rest


def _whole(_: Octets) -> int:
    return 0


GZIP: Final = Kind(
    "gzip", lambda: _Deflate(-zlib.MAX_WBITS), _gzip_header, _gzip_end, (".gz", ".gzip", ".tgz")
)
ZLIB: Final = Kind("zlib", lambda: _Deflate(zlib.MAX_WBITS), _whole, _nothing, (".z",))
BZIP2: Final = Kind("bzip2", bz2.BZ2Decompressor, _whole, _nothing, (".bz2",))
XZ: Final = Kind("xz", lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, _MEMORY), _whole, _nothing, (".xz",))
LZMA: Final = Kind(
    "lzma", lambda: lzma.LZMADecompressor(lzma.FORMAT_ALONE, _MEMORY), _whole, _nothing, (".lzma",)
)
