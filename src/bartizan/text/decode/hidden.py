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
    for part in TAGS.finditer(text):
        row = part.group()[:MOST]
        spelled = [(chr(ord(each) - _TAG), part.start() + place) for place, each in enumerate(row)]
        spelled = [(letter, place) for letter, place in spelled if ord(letter) in _LETTERS]
        if spelled:
            runs = tuple(Run(at, place) for at, (_letter, place) in enumerate(spelled))
            yield Reading("tags", "".join(letter for letter, _place in spelled), runs, "")


def selectors(text: str) -> Iterator[Reading]:
    """Yield what a row of variation selectors says, which are 256 and so spell octets (P. Butler, 2025)."""
    for part in _SELECTORS.finditer(text):
        row = part.group()[:MOST]
        octets = bytes(
            ord(each) - _FIRST_SELECTOR if ord(each) < _MORE_SELECTORS else ord(each) - _MORE_SELECTORS + _FEW
            for each in row
        )
        places = [(part.start() + place, part.start() + place + 1) for place in range(len(row))]
        yield from in_octets("selectors", octets, partial(list, places), "")


def bits(text: str) -> Iterator[Reading]:
    """Yield what a row of two different characters without width says as bits, either of them as nought."""
    for part in _BITS.finditer(text):
        row = part.group()[: MOST - MOST % _BITS_OF_OCTET]
        kinds = sorted({*row})
        if len(kinds) != 2 or len(row) % _BITS_OF_OCTET:  # noqa: PLR2004 - bits
            continue
        places = [
            (part.start() + place, part.start() + place + _BITS_OF_OCTET)
            for place in range(0, len(row), _BITS_OF_OCTET)
        ]
        for one in kinds:
            digits = "".join("1" if each == one else "0" for each in row)
            octets = int(digits, 2).to_bytes(len(row) // _BITS_OF_OCTET, "big")
            yield from in_octets("bits", octets, partial(list, places), "")
