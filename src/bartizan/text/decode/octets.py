"""Octets spelled as text: base64, hexadecimal, binary and decimal numbers."""

import binascii
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from bartizan.text.decode.reading import MOST, Reading, in_octets

_BASE64: Final = re.compile(
    r"(?:(?:[A-Za-z0-9+/_-]{8,}={0,2}|[A-Za-z0-9+/_-]{2,7}={1,2})[ \t]*(?:\r?\n[ \t]*)?)+"
)
_LETTERS: Final = re.compile(r"[A-Za-z0-9+/_-]")
_SEALED: Final = re.compile(r"\S+")
_SHORTEST, _FEWEST = 12, 8
"""Fewest letters of a word that is read by itself, and fewest octets that are read at all."""
_HEX: Final = re.compile(r"(?:(?:\\x|0x)?[0-9A-Fa-f]{2}[ ,:\n-]{0,2}){8,}")
_PAIR: Final = re.compile(r"[0-9A-Fa-f]{2}")
_BINARY: Final = re.compile(r"(?:[01]{8}[ ,\n]{0,2}){4,}")
_EIGHT: Final = re.compile(r"[01]{8}")
_DECIMAL: Final = re.compile(
    r"(?:\b(?:3[2-9]|[4-9][0-9]|1[01][0-9]|12[0-6]|10|13)\b[ ,\n]{1,2}){7,}\b(?:3[2-9]|[4-9][0-9]|1[01][0-9]|12[0-6])\b"
)
_NUMBER: Final = re.compile(r"\d+")


def base64(text: str) -> Iterator[Reading]:
    """Yield what base64 (RFC 4648, sections 4 and 5) in a text says: word for word, or words that are whole together."""
    for part in _BASE64.finditer(text):
        row = part.group()[:MOST]
        words = list(_SEALED.finditer(row))
        if all(len(word.group()) % 4 == 0 for word in words):
            yield from _unsealed(part.start(), row, words)
            continue
        whole = tuple(_unsealed(part.start(), row, [row]))
        yield from whole
        for word in words if not whole else ():
            if len(word.group()) >= _SHORTEST:
                yield from _unsealed(part.start(), row, [word])


def _unsealed(start: int, row: str, pieces: Sequence[re.Match[str] | str]) -> Iterator[Reading]:
    """Yield what these pieces of a row, each decoded by itself, say together."""
    octets, spans = bytearray(), list[tuple[int, int]]()
    for piece in pieces:
        first, sealed = (0, piece) if isinstance(piece, str) else (piece.start(), piece.group())
        places = [start + first + letter.start() for letter in _LETTERS.finditer(sealed)]
        if len(places) % 4 == 1:
            return
        letters = "".join(_LETTERS.findall(sealed)).translate(_URL_SAFE)
        opened = binascii.a2b_base64(letters + "=" * (-len(letters) % 4))
        spans += ((places[each * 4 // 3], places[(each * 4 + 3) // 3] + 1) for each in range(len(opened)))
        octets += opened
    if len(octets) >= _FEWEST:
        yield from in_octets("base64", bytes(octets), spans, row)


_URL_SAFE: Final = str.maketrans("-_", "+/")


def hexadecimal(text: str) -> Iterator[Reading]:
    """Yield what octets in hexadecimal say, bare, with 0x or a backslash and x before them, or apart."""
    yield from _numbers("hex", text, _HEX, _PAIR, 16)


def binary(text: str) -> Iterator[Reading]:
    """Yield what octets in eight binary digits say."""
    yield from _numbers("binary", text, _BINARY, _EIGHT, 2)


def decimal(text: str) -> Iterator[Reading]:
    """Yield what the numbers of ASCII letters say."""
    yield from _numbers("decimal", text, _DECIMAL, _NUMBER, 10)


def _numbers(
    name: str, text: str, row: re.Pattern[str], number: re.Pattern[str], radix: int
) -> Iterator[Reading]:
    for part in row.finditer(text):
        carrier = part.group()[: 4 * MOST].replace("0x", "  ")
        found = list(islice(number.finditer(carrier), MOST))
        octets = bytes(int(each.group(), radix) for each in found)
        spans = [(part.start() + each.start(), part.start() + each.end()) for each in found]
        yield from in_octets(name, octets, spans, part.group())
