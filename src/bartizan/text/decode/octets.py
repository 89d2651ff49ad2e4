"""Octets spelled as text: base64, hexadecimal, binary and decimal numbers."""

import binascii
import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

from bartizan.text.decode.reading import MOST, Reading, in_octets

_ONE: Final = r"(?:[A-Za-z0-9+/_-]{8,}={0,2}|[A-Za-z0-9+/_-]{2,7}={1,2})"
_WORD: Final = re.compile(_ONE)
ROW: Final = re.compile(rf"(?:{_ONE}[ \t]*(?:\r?\n[ \t]*)?)+")
_LETTERS: Final = re.compile(r"[A-Za-z0-9+/_-]")
_SEALED: Final = re.compile(r"\S+")
_SHORTEST, _FEWEST = 12, 8
"""Fewest letters of a word that is read by itself, and fewest octets that are read at all."""
# Each row of these has MOST letters at most, four times over; what is longer goes on in another row.
_HEX: Final = re.compile(r"(?:(?:\\x|0x)?[0-9A-Fa-f]{2}[ ,:\n-]{0,2}){8,43690}")
_BETWEEN: Final = b"\\x ,:\n-"
_PAIR: Final = re.compile(r"[0-9A-Fa-f]{2}")
_BINARY: Final = re.compile(r"(?:[01]{8}[ ,\n]{0,2}){4,26214}")
_EIGHT: Final = re.compile(r"[01]{8}")
_DECIMAL: Final = re.compile(
    r"(?:\b(?:3[2-9]|[4-9][0-9]|1[01][0-9]|12[0-6]|10|13)\b[ ,\n]{1,2}){7,52427}\b(?:3[2-9]|[4-9][0-9]|1[01][0-9]|12[0-6])\b"
)
_NUMBER: Final = re.compile(r"\d+")


def base64(text: str) -> Iterator[Reading]:
    """Yield what base64 (RFC 4648, sections 4 and 5) in a text says: word for word, or words that are whole together."""
    for start, row in _sealed(text):
        words = list(_SEALED.finditer(row))
        if all(len(word.group()) % 4 == 0 for word in words):
            yield from _unsealed(start, row, words)
            continue
        whole = tuple(_unsealed(start, row, [row]))
        yield from whole
        for word in words if not whole else ():
            if len(word.group()) >= _SHORTEST:
                yield from _unsealed(start, row, [word])


def _sealed(text: str) -> Iterator[tuple[int, str]]:
    """Yield the rows of words of base64: where one begins, and it; one that is too long goes on in another."""
    found = _WORD.search(text)
    while found is not None:
        start = found.start()
        whole = ROW.match(text, start, start + MOST) or found
        row, end = whole.group(), whole.end()
        if end == start + MOST < len(text):
            row = row[: max(map(row.rfind, " \t\n")) + 1] or row
        yield start, row
        found = _WORD.search(text, start + len(row))


def _unsealed(start: int, row: str, pieces: Sequence[re.Match[str] | str]) -> Iterator[Reading]:
    """Yield what these pieces of a row, each decoded by itself, say together."""
    octets = bytearray()
    for piece in pieces:
        sealed = piece if isinstance(piece, str) else piece.group()
        letters = sealed.encode().translate(_STANDARD, _NO_LETTERS)
        if len(letters) % 4 == 1:
            return
        octets += binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))
    if len(octets) >= _FEWEST:
        yield from in_octets("base64", bytes(octets), partial(_places, start, pieces), row)


def _places(start: int, pieces: Sequence[re.Match[str] | str]) -> list[tuple[int, int]]:
    """Return for each octet of pieces of a row that starts there what it stands for."""
    spans = list[tuple[int, int]]()
    for piece in pieces:
        first, sealed = (0, piece) if isinstance(piece, str) else (piece.start(), piece.group())
        places = [start + first + letter.start() for letter in _LETTERS.finditer(sealed)]
        spans += (
            (places[each * 4 // 3], places[(each * 4 + 3) // 3] + 1) for each in range(len(places) * 3 // 4)
        )
    return spans


_STANDARD, _NO_LETTERS = bytes.maketrans(b"-_", b"+/"), b"= \t\r\n"


def hexadecimal(text: str) -> Iterator[Reading]:
    """Yield what octets in hexadecimal say, bare, with 0x or a backslash and x before them, or apart."""
    for part in _rows("hex", text, _HEX):
        carrier = part.group().replace("0x", "  ")
        digits = carrier.encode().translate(None, _BETWEEN)
        octets = binascii.unhexlify(digits)
        yield from in_octets("hex", octets, partial(_pairs, part.start(), carrier), part.group())


def _pairs(start: int, carrier: str) -> list[tuple[int, int]]:
    return [(start + each.start(), start + each.end()) for each in _PAIR.finditer(carrier)]


def binary(text: str) -> Iterator[Reading]:
    """Yield what octets in eight binary digits say."""
    yield from _numbers("binary", text, _BINARY, _EIGHT, 2)


def decimal(text: str) -> Iterator[Reading]:
    """Yield what the numbers of ASCII letters say."""
    yield from _numbers("decimal", text, _DECIMAL, _NUMBER, 10)


def _numbers(
    name: str, text: str, row: re.Pattern[str], number: re.Pattern[str], radix: int
) -> Iterator[Reading]:
    for part in _rows(name, text, row):
        found = list(number.finditer(part.group()))
        octets = bytes(int(each.group(), radix) for each in found)
        yield from in_octets(name, octets, partial(_spans, part.start(), found), part.group())


def _spans(start: int, found: Sequence[re.Match[str]]) -> list[tuple[int, int]]:
    return [(start + each.start(), start + each.end()) for each in found]


def _rows(name: str, text: str, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
    """Yield the rows of numbers of a text, looked for only where there are letters of theirs enough."""
    table, least = _STRETCHES[name]
    octets, wanted = text.encode("latin-1", "replace").translate(table), b"1" * least
    start = octets.find(wanted)
    while start >= 0:
        end = octets.find(b"0", start)
        end = len(octets) if end < 0 else end
        yield from pattern.finditer(text, start, end + 1)  # one more, for it may not go on in a number
        start = octets.find(wanted, end)


_STRETCHES: Final = {
    name: (bytes(b"01"[each in members] for each in range(256)), least)
    for name, members, least in (
        ("hex", b"0123456789abcdefABCDEFx\\ ,:\n-", 16),
        ("binary", b"01 ,\n", 32),
        ("decimal", b"0123456789 ,\n", 23),
    )
}
"""Which octets a row of numbers has, and how many at least: eight of two digits, four of eight, eight of two and what is between."""
