"""ZIP, read so strictly that every reader of the archive must find the same members in it.

Rules of this file: from the first octet to the last each belongs to one thing: members in a row, the central directory, its end.
Local and central header agree; flags, methods and extra fields are those of a closed list. What differs between readers is
refused, even where one reading is harmless.
Source: PKWARE APPNOTE 6.3.10, sections 4.3 to 4.5.
"""

import struct
import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple

from bartizan.supply.containers.inflate import inflated
from bartizan.supply.containers.member import Member, Names, checked, shown
from bartizan.supply.containers.zip_end import Directory, directory
from bartizan.supply.containers.zip_extra import zip64
from bartizan.supply.format import Damaged
from bartizan.supply.octets import Budget, Octets

LOCAL: Final = b"PK\x03\x04"
EMPTY: Final = b"PK\x05\x06"
_CENTRAL: Final = struct.Struct("<4s6H3I5H2I")
_LOCAL: Final = struct.Struct("<4s5H3I2H")
_DESCRIBED, _UTF8, _LEVEL = 0x8, 0x800, 0x6
_STORED, _DEFLATED = 0, 8
_FULL: Final = 0xFFFFFFFF
_UNIX: Final = 3
_COST: Final = 64
"""Operations that one member costs, beside one for each letter of its name."""


class Entry(NamedTuple):
    """One entry of the central directory, its sizes widened by zip64.

    Attributes:
        raw: name as it stands.
        name: the same decoded, with a slash at its end where it is a folder.
        place: of the entry in the directory.
        start: of the local header.
    """

    raw: bytes
    name: str
    flags: int
    method: int
    crc: int
    compressed: int
    size: int
    start: int
    place: int


def members(octets: Octets, budget: Budget) -> Iterator[Member]:
    """Yield the files of an archive in the order in which they stand, once the whole frame of it is seen to be sound.

    Args:
        octets: the whole archive.
        budget: of the file; each member costs operations, and expanding what it expands to.
    Raises:
        Damaged, TooShort: it is not to be understood; raised before the first member is yielded.
        Exhausted: the budget does not reach.
    """
    ends = directory(octets)
    entries = sorted(_entries(octets, ends, budget), key=lambda each: each.start)
    names, found, at = Names(), [], 0
    for place, entry in enumerate(entries):
        following = entries[place + 1].start if place + 1 < len(entries) else ends.start
        if entry.start != at:
            raise _damaged("zip-gap", "members overlap, or octets stand between them", at)
        names.add(entry.name.rstrip("/"), entry.place, folder=entry.name.endswith("/"))
        data = _data(octets, entry, following)
        at = following
        if not entry.name.endswith("/"):
            found.append(_member(octets, entry, data, budget))
    if at != ends.start:
        raise _damaged("zip-gap", "octets stand before its directory that belong to no member", at)
    yield from found


def _damaged(word: str, what: str, offset: int) -> Damaged:
    return Damaged(word, f"{what}; readers differ in what they find here, so make the archive anew", offset)


def _entries(octets: Octets, ends: Directory, budget: Budget) -> Iterator[Entry]:
    at = ends.start
    for _ in range(ends.entries):
        entry, length = _entry(octets, at)
        budget.spend(_COST + len(entry.raw))
        yield entry
        at += length
    if at != ends.stop:
        raise _damaged("zip-directory", "its directory is longer or shorter than it says", at)


class _Head(NamedTuple):
    """Fixed part of an entry of the directory, as it stands."""

    magic: bytes
    made: int
    needed: int
    flags: int
    method: int
    time: int
    date: int
    crc: int
    compressed: int
    size: int
    named: int
    extra: int
    comment: int
    disk: int
    inner: int
    outer: int
    start: int


class _LocalHead(NamedTuple):
    """Fixed part of a local header, as it stands."""

    magic: bytes
    needed: int
    flags: int
    method: int
    time: int
    date: int
    crc: int
    compressed: int
    size: int
    named: int
    extra: int


def _entry(octets: Octets, at: int) -> tuple[Entry, int]:
    head = _Head._make(_CENTRAL.unpack(octets.take(at, _CENTRAL.size)))
    if head.magic != b"PK\x01\x02" or head.disk:
        raise _damaged("zip-directory", "an entry of its directory is none, or on another disk", at)
    raw = octets.take(at + _CENTRAL.size, head.named)
    rest = octets.take(at + _CENTRAL.size + head.named, head.extra + head.comment)
    if b"PK" in rest[head.extra :]:
        raise _damaged("zip-comment", "a comment in it looks like a part of an archive", at)
    plain = {"size": head.size, "compressed": head.compressed, "start": head.start}
    full = {key: value for key, value in plain.items() if value == _FULL}
    wide = zip64(rest[: head.extra], full, plain, at)
    name = _name(raw, head.flags, at)
    _plain(head.made >> 8, head.outer >> 16, name, at)
    entry = Entry(
        raw, name, head.flags, head.method, head.crc, wide["compressed"], wide["size"], wide["start"], at
    )
    _known(entry)
    return entry, _CENTRAL.size + len(raw) + len(rest)


def _name(raw: bytes, flags: int, at: int) -> str:
    try:
        name = raw.decode("utf-8" if flags & _UTF8 else "ascii")
    except UnicodeDecodeError:
        raise _damaged("name-unsafe", "a name in it is not of the alphabet that it says", at) from None
    return checked(name.removesuffix("/"), at) + name[len(name.removesuffix("/")) :]


def _plain(system: int, mode: int, name: str, at: int) -> None:
    """Refuse links and devices: a name's end alone says whether it is a folder."""
    kind = mode >> 12 if system == _UNIX else 0
    if kind not in {0, 0x8, 0x4}:
        raise Damaged(
            "link", f"the member {shown(name)!r} is a link or a device; put the file itself there", at
        )


def _known(entry: Entry) -> None:
    allowed = _DESCRIBED | _UTF8 | (_LEVEL if entry.method == _DEFLATED else 0)
    if entry.flags & 0x2041:
        raise Damaged(
            "encrypted",
            f"the member {shown(entry.name)!r} is marked as encrypted; what cannot be read cannot be proven",
            entry.place,
        )
    if entry.flags & ~allowed:
        raise _damaged(
            "zip-flag", f"the member {shown(entry.name)!r} has flags that mean nothing", entry.place
        )
    if entry.method not in {_STORED, _DEFLATED}:
        raise Damaged(
            "zip-method",
            f"the member {shown(entry.name)!r} is compressed by method {entry.method}; store or deflate it",
            entry.place,
        )
    unlike = entry.method == _STORED and entry.compressed != entry.size
    if unlike or (entry.name.endswith("/") and entry.size):
        raise _damaged("zip-size", f"the sizes of {shown(entry.name)!r} contradict each other", entry.place)


def _data(octets: Octets, entry: Entry, following: int) -> Octets:
    """Return what is stored of a member, once its local header and descriptor agree with the directory."""
    head = _LocalHead._make(_LOCAL.unpack(octets.take(entry.start, _LOCAL.size)))
    name = entry.start + _LOCAL.size
    same = (head.magic, head.flags, head.method) == (LOCAL, entry.flags, entry.method)
    if not same or octets.take(name, head.named) != entry.raw:
        raise _damaged("zip-headers-differ", _differ(entry), entry.start)
    plain = {"size": head.size, "compressed": head.compressed}
    full = plain if _FULL in plain.values() else {}
    wide = zip64(octets.take(name + head.named, head.extra), full, plain, entry.start)
    said, truth = (head.crc, wide["compressed"], wide["size"]), (entry.crc, entry.compressed, entry.size)
    described = bool(head.flags & _DESCRIBED)
    if said != truth and not (described and said == (0, 0, 0)):
        raise _damaged("zip-headers-differ", _differ(entry), entry.start)
    data = octets.part(name + head.named + head.extra, entry.compressed, entry.name)
    end = name + head.named + head.extra + entry.compressed
    if not _closed(octets, entry, end, following, described=described):
        raise _damaged("zip-gap", f"octets follow {shown(entry.name)!r} that belong to nothing", end)
    return data


def _differ(entry: Entry) -> str:
    return f"the directory says of {shown(entry.name)!r} other than the member's own header"


def _closed(octets: Octets, entry: Entry, end: int, following: int, *, described: bool) -> bool:
    """Return whether nothing but the descriptor that is due stands between a member and what follows it."""
    if not described:
        return end == following
    if not end < following <= end + 24:
        return False
    narrow = max(entry.compressed, entry.size) <= _FULL
    forms = [struct.pack("<IQQ", entry.crc, entry.compressed, entry.size)]
    if narrow:
        forms.append(struct.pack("<III", entry.crc, entry.compressed, entry.size))
    return octets.take(end, following - end) in {
        magic + form for form in forms for magic in (b"PK\x07\x08", b"")
    }


def _member(octets: Octets, entry: Entry, data: Octets, budget: Budget) -> Member:
    def expand() -> Octets:
        plain = (
            data
            if entry.method == _STORED
            else Octets(memoryview(inflated(data.view, entry.size, budget)), entry.name)
        )
        if zlib.crc32(plain.view) != entry.crc:
            raise Damaged(
                "checksum-wrong", f"the checksum of {shown(entry.name)!r} is wrong; get it anew", entry.start
            )
        return plain

    offset = entry.start + _LOCAL.size + len(entry.raw) + _extra(octets, entry)
    return Member(entry.name, entry.size, offset, data if entry.method == _STORED else None, expand)


def _extra(octets: Octets, entry: Entry) -> int:
    return int.from_bytes(octets.take(entry.start + _LOCAL.size - 2, 2), "little")
