"""The end of a ZIP: where its directory is, and that nothing follows or stands between.

Source: PKWARE APPNOTE 6.3.10, sections 4.3.14 to 4.3.16.
"""

import struct
from typing import Final, NamedTuple

from bartizan.supply.format import Damaged
from bartizan.supply.octets import Octets

_END: Final = struct.Struct("<4s4H2IH")
_END64: Final = struct.Struct("<4sQ2H2I4Q")
_LOCATOR: Final = struct.Struct("<4sIQI")
_MAGIC: Final = b"PK\x05\x06"
_LONGEST_COMMENT: Final = 0xFFFF
_SHORT, _FULL = 0xFFFF, 0xFFFFFFFF


class Directory(NamedTuple):
    """The central directory: its first octet, the octet after it, and its entries."""

    start: int
    stop: int
    entries: int


def directory(octets: Octets) -> Directory:
    """Return where the directory is.

    Raises:
        Damaged, TooShort: there is no one end, or it contradicts itself.
    """
    end = _end(octets)
    _, disk, with_directory, here, count, size, start, _ = _END.unpack(octets.take(end, _END.size))
    if disk or with_directory or here != count:
        raise _damaged("it is one of several parts", end)
    found, stop = (count, size, start), end
    locator = end - _LOCATOR.size
    if locator >= 0 and octets.begins(b"PK\x06\x07", locator):
        found, stop = _wide(octets, locator, found)
    elif _FULL in {size, start} or count == _SHORT:
        raise _damaged("its end of zip64 is missing", end)
    count, size, start = found
    if start + size != stop:
        raise _damaged("its directory does not reach to its end", end)
    return Directory(start, stop, count)


def _end(octets: Octets) -> int:
    """Return the place of the end record, which no comment can imitate."""
    at = len(octets) - _END.size
    if at >= 0 and octets.begins(_MAGIC, at) and octets.take(at + 20, 2) == b"\0\0":
        return at
    start = max(0, at - _LONGEST_COMMENT)
    tail = octets.take(start, len(octets) - start)
    at = tail.rfind(_MAGIC)
    if at < 0 or len(tail) - at < _END.size:
        raise _damaged("it has no end, or octets follow it", len(octets))
    comment = tail[at + _END.size :]
    if len(comment) != int.from_bytes(tail[at + 20 : at + 22], "little") or b"PK" in comment:
        raise _damaged("octets follow its end", start + at)
    return start + at


def _wide(octets: Octets, locator: int, narrow: tuple[int, int, int]) -> tuple[tuple[int, int, int], int]:
    """Return count, size and start by zip64, and where its own record begins."""
    _, disk, at, disks = _LOCATOR.unpack(octets.take(locator, _LOCATOR.size))
    magic, length, _, _, here, with_directory, count, entries, size, start = _END64.unpack(
        octets.take(locator - _END64.size, _END64.size) if locator >= _END64.size else bytes(_END64.size)
    )
    if at != locator - _END64.size or magic != b"PK\x06\x06" or length != _END64.size - 12:
        raise _damaged("its end of zip64 is not where it says, or holds more than is known", locator)
    if disk or here or with_directory or disks > 1 or count != entries:
        raise _damaged("it is one of several parts", at)
    wide = (count, size, start)
    bounds = (_SHORT, _FULL, _FULL)
    if any(short not in {bound, long} for short, long, bound in zip(narrow, wide, bounds, strict=True)):
        raise _damaged("its two ends contradict each other", at)
    return wide, at


def _damaged(what: str, offset: int) -> Damaged:
    return Damaged("zip-end", f"the archive is not whole or not one: {what}; get it anew", offset)


def ends_as_one(octets: Octets) -> bool:
    """Return whether a lenient reader would find the end of an archive: anywhere in the last octets, whatever precedes or follows.

    Source: CPython's zipfile, which takes the last signature and counts back from it.
    """
    start = max(0, len(octets) - _END.size - _LONGEST_COMMENT)
    tail = octets.take(start, len(octets) - start)
    at = tail.rfind(_MAGIC)
    if at < 0 or len(tail) - at < _END.size:
        return False
    size = int.from_bytes(tail[at + 12 : at + 16], "little")
    end = start + at
    first, locator = max(0, end - size), max(0, end - _LOCATOR.size)
    return octets.begins(b"PK\x01\x02", first) or octets.begins(b"PK\x06\x07", locator)
