"""Arguments of opcodes as they stand in the stream, each read in the one way in which every unpickler reads it.

Rules of this file: a reader takes the stream and a place, and returns value and next place. Where the C unpickler takes what
the Python one does not, or the reverse, or pickletools differs from both, the argument is damaged.
Source: CPython, Modules/_pickle.c (load_*) and Lib/pickletools.py.
"""

import codecs
import re
import struct
from collections.abc import Callable
from typing import Final

from bartizan.supply.format import Damaged
from bartizan.supply.pickles.values import SMALL, Blob

Reader = Callable[[memoryview, int], tuple[object, int]]
_LONGEST_LINE: Final = 1 << 24
_DIGITS: Final = 4300
"""Decimal digits that Python turns into a number (sys.int_info.default_max_str_digits)."""
_WHOLE: Final = re.compile(rb"-?(?:0|[1-9][0-9]*)")
_INDEX: Final = re.compile(rb"0|[1-9][0-9]{0,9}")
_REAL: Final = re.compile(rb"-?(?:[0-9]+(?:\.[0-9]*)?(?:e[+-]?[0-9]{1,3})?|inf)|nan")
_ESCAPE: Final = re.compile(rb"\\(?:x([0-9a-f]{2})|([\\'\"nrt]))|\\")
_PLAIN: Final = {b"n": b"\n", b"r": b"\r", b"t": b"\t"}
_PIECE: Final = 1 << 20


def damaged(what: str, offset: int) -> Damaged:
    """Return the fault of a stream that no unpickler reads, or not all read alike."""
    return Damaged("pickle-damaged", f"the pickle is damaged, or made to be read in two ways: {what}", offset)


def nothing(_view: memoryview, at: int) -> tuple[object, int]:
    """Read no argument."""
    return None, at


def true(_view: memoryview, at: int) -> tuple[object, int]:
    """Read no argument, for True."""
    return True, at


def false(_view: memoryview, at: int) -> tuple[object, int]:
    """Read no argument, for False."""
    return False, at


def _cut(view: memoryview, at: int, size: int) -> None:
    if at + size > len(view):
        raise damaged("it ends within an argument", at)


def unsigned(width: int) -> Reader:
    """Return the reader of a little-endian number."""

    def read(view: memoryview, at: int) -> tuple[object, int]:
        _cut(view, at, width)
        return int.from_bytes(view[at : at + width], "little"), at + width

    return read


def signed(view: memoryview, at: int) -> tuple[object, int]:
    """Read a number of four octets with a sign."""
    _cut(view, at, 4)
    return int.from_bytes(view[at : at + 4], "little", signed=True), at + 4


def real(view: memoryview, at: int) -> tuple[object, int]:
    """Read a float of eight octets, big-endian."""
    _cut(view, at, 8)
    return struct.unpack_from(">d", view, at)[0], at + 8


def _line(view: memoryview, at: int) -> tuple[bytes, int]:
    """Return what stands before the next newline, and the place after it."""
    size = 128
    while True:
        part = bytes(view[at : at + size])
        found = part.find(b"\n")
        if found >= 0:
            return part[:found], at + found + 1
        if len(part) < size or size >= _LONGEST_LINE:
            raise damaged("a line does not end", at)
        size *= 8


def decimal(view: memoryview, at: int) -> tuple[object, int]:
    """Read INT: a decimal number, or a bool as `00` or `01`."""
    line, after = _line(view, at)
    if line in {b"00", b"01"}:
        return line == b"01", after
    return _number(line, at), after


def decimal_long(view: memoryview, at: int) -> tuple[object, int]:
    """Read LONG: a decimal number with an L after it, or without."""
    line, after = _line(view, at)
    return _number(line.removesuffix(b"L"), at), after


def _number(text: bytes, at: int) -> int:
    if len(text) > _DIGITS or not _WHOLE.fullmatch(text):
        raise damaged("a number is not written as Python writes it", at)
    return int(text)


def index(view: memoryview, at: int) -> tuple[object, int]:
    """Read the number of a memo in decimal."""
    line, after = _line(view, at)
    if not _INDEX.fullmatch(line):
        raise damaged("the number of a memo is not written as Python writes it", at)
    return int(line), after


def decimal_real(view: memoryview, at: int) -> tuple[object, int]:
    """Read FLOAT; what overflows is an error in one unpickler and infinity in another."""
    line, after = _line(view, at)
    value = float(line) if _REAL.fullmatch(line) and len(line) <= _DIGITS else None
    if value is None or (abs(value) == float("inf") and not line.endswith(b"inf")):
        raise damaged("a float is not written as Python writes it", at)
    return value, after


def quoted(view: memoryview, at: int) -> tuple[object, int]:
    """Read STRING of Python 2: quoted, with those escapes that its repr writes."""
    line, after = _line(view, at)
    if len(line) < 2 or line[:1] != line[-1:] or line[:1] not in {b"'", b'"'}:  # noqa: PLR2004 - two quotes
        raise damaged("a string is not quoted", at)
    return _string(_ESCAPE.sub(lambda found: _unescaped(found, at), line[1:-1]), at, after - at), after


def _unescaped(found: re.Match[bytes], at: int) -> bytes:
    if found[1]:
        return bytes((int(found[1], 16),))
    if not found[2]:
        raise damaged("an escape is none that Python writes", at)
    return _PLAIN.get(found[2], found[2])


def _string(octets: bytes, at: int, size: int) -> str | Blob:
    """Return text where every alphabet agrees on it."""
    return octets.decode("ascii") if octets.isascii() else Blob(at, size, "string", len(octets))


def escaped(view: memoryview, at: int) -> tuple[object, int]:
    """Read UNICODE: raw-unicode-escape on one line."""
    line, after = _line(view, at)
    try:
        return codecs.raw_unicode_escape_decode(line)[0], after  # by name it would have to be imported
    except UnicodeDecodeError:
        raise damaged("an escape is none that Python writes", at) from None


def pair(alphabet: str) -> Reader:
    """Return the reader of a module's and a name's line."""

    def read(view: memoryview, at: int) -> tuple[object, int]:
        module, middle = _line(view, at)
        name, after = _line(view, middle)
        if not module or not name:
            raise damaged("a name is empty", at)
        try:
            return (module.decode(alphabet), name.decode(alphabet)), after
        except UnicodeDecodeError:
            raise damaged("a name is no text", at) from None

    return read


def ascii_line(view: memoryview, at: int) -> tuple[object, int]:
    """Read PERSID: a line."""
    line, after = _line(view, at)
    return line.decode("ascii", "replace"), after


def counted(width: int, kind: str) -> Reader:
    """Return the reader of octets or text with their number before them, of so many octets itself."""

    def read(view: memoryview, at: int) -> tuple[object, int]:
        _cut(view, at, width)
        start = at + width
        size = int.from_bytes(view[at:start], "little")
        _cut(view, start, size)
        after = start + size
        if kind == "text":
            return _text(view, start, size), after
        if kind == "string" and size <= SMALL:
            return _string(bytes(view[start:after]), start, size), after
        if kind == "bytes" and size <= SMALL:
            return bytes(view[start:after]), after
        return Blob(start, size, kind, size), after

    return read


def _text(view: memoryview, start: int, size: int) -> str | Blob:
    try:
        if size <= SMALL:
            return str(view[start : start + size], "utf-8", "surrogatepass")
        return _long_text(view, start, size)
    except UnicodeDecodeError:
        raise damaged("text is not UTF-8", start) from None


def _long_text(view: memoryview, start: int, size: int) -> Blob:
    """Check text piece by piece, and keep none of it."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogatepass")
    letters, narrow, end = 0, True, start + size
    for at in range(start, end, _PIECE):
        stop = min(at + _PIECE, end)
        piece = decoder.decode(view[at:stop], final=stop == end)
        letters += len(piece)
        narrow = narrow and (piece.isascii() or max(piece) <= "\xff")
    return Blob(start, size, "text", letters, narrow)


def counted_long(width: int) -> Reader:
    """Return the reader of a number in two's complement with the number of its octets before it."""

    def read(view: memoryview, at: int) -> tuple[object, int]:
        _cut(view, at, width)
        start = at + width
        size = int.from_bytes(view[at:start], "little", signed=width == 4)  # noqa: PLR2004 - LONG4 has a sign
        if size < 0:
            raise damaged("a number has fewer octets than none", at)
        _cut(view, start, size)
        after = start + size
        if size > 1024:  # noqa: PLR2004 - larger ones are kept where they are
            return Blob(start, size, "int", size), after
        return int.from_bytes(view[start:after], "little", signed=True), after

    return read
