"""Text in characters that nobody sees: tag characters, variation selectors, blanks of no width as bits.

Rules of this file: it reads the text that came, before anything is left out of it.
"""

import re
from collections.abc import Iterator
from functools import partial
from typing import Final

from bartizan.text.canonical import TAGS
from bartizan.text.decode.reading import MOST, Reading, in_octets
from bartizan.text.view import Run

_SELECTORS: Final = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]{4,}")
_FIRST_SELECTOR, _MORE_SELECTORS, _FEW = 0xFE00, 0xE0100, 16
_BITS: Final = re.compile("[\u200b\u200c\u200d\u2060\u2062\u2063\u2064\ufeff]{16,}")
_BITS_OF_OCTET: Final = 8
_TAG: Final = 0xE0000
_LETTERS: Final = range(0x20, 0x7F)


def tags(text: str) -> Iterator[Reading]:
    """Yield what tag characters spell (U+E0020 to U+E007E stand for ASCII)."""
    for start, row in _rows(text, TAGS):
        letters = "".join(_spelled(row))
        if letters:
            yield Reading("tags", letters, partial(_tag_runs, start, row), "")


def _spelled(row: str) -> Iterator[str]:
    for each in row:
        if ord(each) - _TAG in _LETTERS:
            yield chr(ord(each) - _TAG)


def _tag_runs(start: int, row: str) -> tuple[Run, ...]:
    places = (start + place for place, each in enumerate(row) if ord(each) - _TAG in _LETTERS)
    return tuple(Run(at, place) for at, place in enumerate(places))


def selectors(text: str) -> Iterator[Reading]:
    """Yield what a row of variation selectors says, which are 256 and so spell octets (P. Butler, 2025)."""
    for start, row in _rows(text, _SELECTORS):
        octets = bytes(
            ord(each) - _FIRST_SELECTOR if ord(each) < _MORE_SELECTORS else ord(each) - _MORE_SELECTORS + _FEW
            for each in row
        )
        yield from in_octets("selectors", octets, partial(_places, start, len(row), 1), "")


def bits(text: str) -> Iterator[Reading]:
    """Yield what a row of two different characters without width says as bits, either of them as nought."""
    for start, row in _rows(text, _BITS):
        kinds = sorted({*row})
        if len(kinds) != 2 or len(row) % _BITS_OF_OCTET:  # noqa: PLR2004 - bits
            continue
        for one in kinds:
            digits = "".join("1" if each == one else "0" for each in row)
            octets = int(digits, 2).to_bytes(len(row) // _BITS_OF_OCTET, "big")
            places = partial(_places, start, len(row), _BITS_OF_OCTET)
            yield from in_octets("bits", octets, places, "")


def _rows(text: str, pattern: re.Pattern[str]) -> Iterator[tuple[int, str]]:
    """Yield where a row begins, and it; one that is too long goes on in another."""
    for part in pattern.finditer(text):
        for start in range(part.start(), part.end(), MOST):
            yield start, text[start : min(start + MOST, part.end())]


def _places(start: int, size: int, each: int) -> list[tuple[int, int]]:
    return [(start + place, start + place + each) for place in range(0, size, each)]
