"""What a decoder finds in a text."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final, NamedTuple
from unicodedata import category

from bartizan.text.view import Run, Runs

MOST: Final = 65_536
"""Most letters of one part that are decoded."""


Places = Sequence[tuple[int, int]]
"""Of each octet, start and end of what it stands for."""


class Reading(NamedTuple):
    """A part of a text, read otherwise.

    Attributes:
        name: of the way it is written: `base64`, `rot13`.
        text: what it says.
        runs: where in the text that was read each letter comes from.
        carrier: the part itself, to be compared with.
    """

    name: str
    text: str
    runs: Runs
    carrier: str


def in_octets(name: str, octets: bytes, places: Callable[[], Places], carrier: str) -> Iterator[Reading]:
    """Yield what octets say, as UTF-8 or as UTF-16 of a machine that writes the low octet first; nothing where it is no text.

    Args:
        name, carrier: as of `Reading`.
        octets: what was decoded.
        places: tells for each octet start and end of what it stands for; asked where somebody asks.
    """
    wide = len(octets) >= _WIDE and not any(octets[1::2]) and all(octets[::2])  # as PowerShell wants it
    try:
        text = octets.decode("utf-16-le" if wide else "utf-8")
    except UnicodeDecodeError:
        return
    if text and printable(text):
        yield Reading(name, text, partial(_runs, text, wide=wide, places=places), carrier)


def _runs(text: str, *, wide: bool, places: Callable[[], Places]) -> tuple[Run, ...]:
    """Return what each letter of a text stands for."""
    runs, at, spans = list[Run](), 0, places()
    for place, letter in enumerate(text):
        size = 2 if wide else len(letter.encode())
        start = spans[at][0]
        runs.append(Run(place, start, 1, spans[at + size - 1][1] - start))
        at += size
    return tuple(runs)


_WIDE: Final = 8


def printable(text: str) -> bool:
    """Return whether a text has no letter that nobody writes: lines and tabs are written."""
    return text.isprintable() or all(
        letter.isprintable() or letter in "\t\n\r" or category(letter) not in _NO_TEXT for letter in text
    )


_NO_TEXT: Final = frozenset({"Cc", "Cn", "Co", "Cs"})
"""Controls, and what is not assigned, private or half of a pair (General_Category)."""
