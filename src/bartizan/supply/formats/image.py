"""Images and sound in PNG, JPEG, GIF, WebP and WAVE, which stand in repositories of models: read part by part to the last octet.

Rules of this file: what a part holds is not decoded; that nothing follows the end is what keeps another file out.
Sources: PNG 3rd edition, section 5; ITU-T T.81, annex B; GIF89a; RFC 9649; Microsoft's RIFF.
"""

import zlib
from collections.abc import Callable
from typing import Final

from bartizan.supply.format import Damaged, Format, Look, Read
from bartizan.supply.octets import Budget, Octets

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_GIF: Final = (b"GIF87a", b"GIF89a")
_FORMS: Final = {b"WEBP": "webp", b"WAVE": "wave"}
_COST: Final = 8
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD9)})
"""Markers of JPEG that have no length."""
_END, _SCAN, _FILL = 0xD9, 0xDA, 0xFF


def knows(octets: Octets) -> bool:
    """Return whether a file begins as one of them."""
    return bool(_name(octets))


def _name(octets: Octets) -> str:
    if octets.begins(_PNG):
        return "png"
    if octets.begins(b"\xff\xd8\xff"):
        return "jpeg"
    if any(octets.begins(magic) for magic in _GIF):
        return "gif"
    return next(
        (name for form, name in _FORMS.items() if octets.begins(b"RIFF") and octets.begins(form, 8)), ""
    )


def read(octets: Octets, budget: Budget, look: Look) -> Read:
    """Return which it is.

    Raises:
        Damaged, TooShort: it is not whole, or octets follow its end.
        Exhausted: it has more parts than the budget reaches.
    """
    del look
    name = _name(octets)
    end = _READERS[name](octets, budget)
    if end != len(octets):
        raise _damaged("octets follow its end", end)
    return Read(format=name)


def _damaged(what: str, offset: int) -> Damaged:
    return Damaged("image-damaged", f"it is not one whole image or sound: {what}; get it anew", offset)


def _png(octets: Octets, budget: Budget) -> int:
    at = len(_PNG)
    while True:
        budget.spend(_COST)
        length = int.from_bytes(octets.take(at, 4), "big")
        kind = octets.take(at + 4, 4)
        part = octets.part(at + 4, length + 4)
        if not kind.isalpha() or zlib.crc32(part.view) != int.from_bytes(
            octets.take(at + 8 + length, 4), "big"
        ):
            raise _damaged("a part of it is damaged", at)
        at += 12 + length
        if kind == b"IEND":
            return at


def _jpeg(octets: Octets, budget: Budget) -> int:
    at = 0
    while True:
        budget.spend(_COST)
        mark, kind = octets.take(at, 2)
        if mark != _FILL:
            raise _damaged("there is no marker where one is due", at)
        at += 2
        if kind == _END:
            return at
        if kind in _ALONE:
            continue
        if kind == _FILL:
            at -= 1
            continue
        length = int.from_bytes(octets.take(at, 2), "big")
        if length < 2:  # noqa: PLR2004 - it counts itself
            raise _damaged("a part of it is shorter than its own length", at)
        octets.part(at, length)
        at = _scanned(octets, at + length, budget) if kind == _SCAN else at + length


def _scanned(octets: Octets, at: int, budget: Budget) -> int:
    """Return the place of the first marker after what is coded: one that is neither a zero nor a restart."""
    while True:
        piece = octets.take(at, min(1 << 16, len(octets) - at))
        place = piece.find(b"\xff")
        budget.spend(_COST + (place if place >= 0 else len(piece)) // 64)
        if place < 0:
            if not piece:
                raise _damaged("it ends before its end", at)
            at += len(piece)
            continue
        at += place
        following = octets.take(at + 1, 1)[0]
        if following and not 0xD0 <= following <= 0xD7:  # noqa: PLR2004 - RST0 to RST7
            return at
        at += 2


def _gif(octets: Octets, budget: Budget) -> int:
    at = 13 + _table(octets.take(10, 1)[0])
    while True:
        budget.spend(_COST)
        kind = octets.take(at, 1)
        if kind == b";":
            return at + 1
        if kind == b"!":
            at = _blocks(octets, at + 2, budget)
        elif kind == b",":
            at = _blocks(octets, at + 11 + _table(octets.take(at + 9, 1)[0]), budget)
        else:
            raise _damaged("a part of it is of no known kind", at)


def _table(flags: int) -> int:
    """Return the octets of the table of colours that flags announce."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _blocks(octets: Octets, at: int, budget: Budget) -> int:
    while length := octets.take(at, 1)[0]:
        budget.spend(1)
        at += 1 + length
    return at + 1


def _riff(octets: Octets, budget: Budget) -> int:
    whole = 8 + int.from_bytes(octets.take(4, 4), "little")
    at = 12
    while at < whole:
        budget.spend(_COST)
        length = int.from_bytes(octets.take(at + 4, 4), "little")
        octets.part(at, 8 + length)
        at += 8 + length + length % 2
    if at != whole:
        raise _damaged("its parts are longer than it", at)
    return at


_READERS: Final[dict[str, Callable[[Octets, Budget], int]]] = {
    "png": _png,
    "jpeg": _jpeg,
    "gif": _gif,
    "webp": _riff,
    "wave": _riff,
}


FORMAT = Format("image", knows, read, order=30)
