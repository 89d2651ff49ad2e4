"""A text in words and signs, each with its place, and what a word is looked up by.

Rules of this file: time grows with the text alone, and its costly parts run in C.
"""

import re
import unicodedata
from itertools import accumulate
from typing import Final, NamedTuple

_TOKEN: Final = re.compile(r"[^\S\n]*(?:[^\W_]+(?:['\u2019][^\W_]+)*|\n|[^\w\s]|_|\s)")
"""Blanks, and then a word, the end of a line, or a sign."""


class Tokens(NamedTuple):
    """What a text is made of.

    Attributes:
        said: words, signs and ends of lines, with the blanks before them.
        ends: place after each.
    """

    said: list[str]
    ends: list[int]


def tokens(text: str) -> Tokens:
    """Return what a text is made of, in order; what lies after the last is blank."""
    said = _TOKEN.findall(text)
    return Tokens(said, [*accumulate(map(len, said))])


def folded(word: str) -> str:
    """Return a word as names are looked up: in small letters, without marks, and as ASCII where that is customary."""
    lower = word.lower()
    if lower.isascii():
        return lower
    bare = unicodedata.normalize("NFKD", lower.translate(_ALONE))
    return "".join(letter for letter in bare if not unicodedata.combining(letter))


_ALONE: Final = str.maketrans(
    {"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "\u0131": "i"}
)
