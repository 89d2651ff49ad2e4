"""tar, read so strictly that every reader of the archive must find the same members in it: ustar, pax and GNU's long names.

Rules of this file: every octet belongs to a header, a member, its padding of zeros, or the zeros of the end. Links, devices, sparse
members and whatever a header says that is not on a closed list are refused.
Sources: POSIX.1-2017, pax; GNU tar manual, "Basic Tar Format"; CPython's tarfile, whose reading loaders use.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

from bartizan.supply.containers.member import Member, Names, checked, shown
from bartizan.supply.format import Damaged
from bartizan.supply.octets import Budget, Octets

BLOCK: Final = 512
_COST: Final = 64
_NUMBER: Final = re.compile(rb" *([0-7]+)[ \0]*")
_BINARY: Final = frozenset({0x80, 0xFF})
"""First octets of a number to the base 256, by GNU."""
_COUNTED: Final = ((100, 108), (108, 116), (116, 124), (136, 148), (329, 337), (337, 345))
"""Where a header has mode, owner, group, time and device."""
_LONGEST_HEADER: Final = 1 << 16
_PIECE: Final = 1 << 20
_HARMLESS: Final = frozenset({"atime", "ctime", "mtime", "uid", "gid", "uname", "gname", "comment"})
"""Keywords of pax that change neither a name nor what is stored."""
_LARGE: Final = 8 << 30
"""Octets from which on a header of ustar cannot hold a size."""


class _Header(NamedTuple):
    kind: bytes
    name: str
    size: int
    at: int


class _Said(NamedTuple):
    """What headers before a member say of it: its name, and its size; empty and -1 where they do not."""

    name: str = ""
    size: int = -1


def knows(octets: Octets) -> bool:
    """Return whether a lenient reader takes a file for an archive: its first block has the checksum of a header."""
    if len(octets) < BLOCK:
        return False
    block = octets.take(0, BLOCK)
    found = _NUMBER.fullmatch(block[148:156])
    return found is not None and int(found[1], 8) in _sums(block)


def members(octets: Octets, budget: Budget) -> Iterator[Member]:
    """Yield the files of an archive in the order in which they stand, once the whole frame of it is seen to be sound.

    Args:
        octets: the whole archive.
        budget: of the file; each header costs operations.
    Raises:
        Damaged, TooShort: it is not to be understood; raised before the first member is yielded.
        Exhausted: the budget does not reach.
    """
    names, found, at, said = Names(), [], 0, _Said()
    while any(octets.take(at, BLOCK)):
        header = _header(octets, at)
        budget.spend(_COST + len(header.name))
        data = octets.part(at + BLOCK, header.size)
        if header.kind in _BEFORE:
            said = _BEFORE[header.kind](data, said, at)
        else:
            header, data = _applied(octets, header, said)
            member = _member(header, data, names)
            found += [member] if member is not None else []
            said = _Said()
        at = _padded(octets, at + BLOCK, len(data))
    if said != _Said() or at + 2 * BLOCK > len(octets):
        raise _damaged("it ends before its end", at)
    _zeros(octets, at, len(octets))
    yield from found


def _damaged(what: str, offset: int) -> Damaged:
    return Damaged(
        "tar-damaged", f"the archive is damaged, or readers differ in what they find: {what}", offset
    )


def _sums(block: bytes) -> tuple[int, int]:
    """Return the checksums of a header: of octets without and with sign; readers take either."""
    rest = block[:148] + b" " * 8 + block[156:]
    plain = sum(rest)
    return plain, plain - 256 * sum(1 for each in rest if each > 127)  # noqa: PLR2004 - with sign, it is negative


def _header(octets: Octets, at: int) -> _Header:
    block = octets.take(at, BLOCK)
    if _number(block[148:156], at) != _sums(block)[0]:
        raise _damaged("a header's checksum is wrong", at)
    if not all(_countable(block[start:end]) for start, end in _COUNTED):
        raise _damaged("a number in a header is none", at)
    magic, prefix = block[257:265], _text(block[345:500], at)
    if magic not in {b"ustar\x0000", b"ustar  \0", bytes(8)} or (prefix and magic != b"ustar\x0000"):
        raise _damaged("a header is of no known kind", at)
    name = _text(block[:100], at)
    whole = f"{prefix}/{name}" if prefix else name
    return _Header(block[156:157], whole, _size(block[124:136], at), at)


def _countable(field: bytes) -> bool:
    """Return whether every reader takes a field for a number: at one that is none, some take the archive to be at its end."""
    return field[0] in _BINARY or not field.strip(b" \0") or _NUMBER.fullmatch(field) is not None


def _number(field: bytes, at: int) -> int:
    found = _NUMBER.fullmatch(field)
    if found is None:
        raise _damaged("a number in a header is none", at)
    return int(found[1], 8)


def _size(field: bytes, at: int) -> int:
    if field[0] == 0x80:  # noqa: PLR2004 - GNU's mark of a number to the base 256
        return int.from_bytes(field[1:], "big")
    return _number(field, at)


def _text(field: bytes, at: int) -> str:
    text, _, rest = field.partition(b"\0")
    if any(rest):
        raise _damaged("octets stand after the end of a name", at)
    try:
        return text.decode()
    except UnicodeDecodeError:
        raise _damaged("a name is not in UTF-8", at) from None


# ---- headers before a member --------------------------------------------------------------------------------
def _long_name(data: Octets, said: _Said, at: int) -> _Said:
    if said != _Said() or not 0 < len(data) <= _LONGEST_HEADER:
        raise _damaged("a member has two names", at)
    octets = data.take(0, len(data))
    if octets[-1:] != b"\0":
        raise _damaged("a long name has no end", at)
    return _Said(_text(octets, at))


def _pax(data: Octets, said: _Said, at: int) -> _Said:
    fields = _fields(data, at)
    if said != _Said() or not fields.keys() <= _HARMLESS | {"path", "size"} or fields.get("path") == "":
        raise _damaged("a header of pax says what is not known to be harmless, or says it twice", at)
    size = fields.get("size", "-1")
    if "size" in fields and (re.fullmatch(r"[1-9][0-9]{9,17}", size) is None or int(size) < _LARGE):
        raise _damaged("a header of pax gives a size that needs none", at)
    return _Said(fields.get("path", ""), int(size))


def _pax_of_all(data: Octets, said: _Said, at: int) -> _Said:
    if said != _Said() or not _fields(data, at).keys() <= {"comment"}:
        raise _damaged("a header of pax for all members says more than a comment", at)
    return said


_BEFORE: Final[Mapping[bytes, Callable[[Octets, _Said, int], _Said]]] = {
    b"L": _long_name,
    b"x": _pax,
    b"g": _pax_of_all,
}


def _fields(data: Octets, at: int) -> Mapping[str, str]:
    """Return the fields of a header of pax: `LENGTH KEY=VALUE`, each in a line of its own."""
    if not 0 < len(data) <= _LONGEST_HEADER:
        raise _damaged("a header of pax is empty or too long", at)
    octets, fields = data.take(0, len(data)), {}
    while octets:
        head = re.match(rb"([1-9][0-9]{0,5}) ([A-Za-z.]+)=", octets)
        length = int(head[1]) if head else 0
        if head is None or not head.end() < length <= len(octets) or octets[length - 1 : length] != b"\n":
            raise _damaged("a header of pax is damaged", at)
        key, value = head[2].decode(), octets[head.end() : length - 1]
        if key in fields or b"\0" in value:
            raise _damaged("a header of pax says something twice", at)
        fields[key] = _text(value, at)
        octets = octets[length:]
    return fields


# ---- a member -----------------------------------------------------------------------------------------------
def _applied(octets: Octets, header: _Header, said: _Said) -> tuple[_Header, Octets]:
    if said.size >= 0:
        if header.size:
            raise _damaged("a member has two sizes", header.at)
        header = header._replace(size=said.size)
    if said.name:
        header = header._replace(name=said.name)
    name = header.name.removeprefix("./")
    header = header._replace(name=name or header.name)
    return header, octets.part(header.at + BLOCK, header.size, name.removesuffix("/"))


def _member(header: _Header, data: Octets, names: Names) -> Member | None:
    """Return a member; None for a folder."""
    if header.kind == b"5" and not header.size:
        if header.name not in {".", "./"}:
            names.add(checked(header.name.removesuffix("/"), header.at), header.at, folder=True)
        return None
    if header.kind not in {b"0", b"\0"} or header.name.endswith("/"):
        raise Damaged(
            "link",
            f"the member {shown(header.name)!r} is no file: a link, a device, or in pieces; put the file itself there",
            header.at,
        )
    names.add(checked(header.name, header.at), header.at)
    return Member(header.name, header.size, header.at + BLOCK, data, lambda: data)


def _padded(octets: Octets, start: int, size: int) -> int:
    """Return where the next header stands; what is between is zeros."""
    end = start + size
    following = end + -size % BLOCK
    if any(octets.take(end, following - end)):
        raise _damaged("octets stand between members", end)
    return following


def _zeros(octets: Octets, start: int, end: int) -> None:
    for at in range(start, end, _PIECE):
        if any(octets.take(at, min(_PIECE, end - at)).lstrip(b"\0")):
            raise _damaged("octets follow its end", at)
