"""Whether letters are language: by the words that people use."""

import math
import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib import resources
from operator import add
from typing import Final

_WORD: Final = re.compile(r"[^\W\d_]+")
_SHORT: Final = 2
_LONGEST: Final = 20
_COMMONEST: Final = 3
_UNKNOWN: Final = 9.0
"""What a letter costs that is in no word; a rare word costs as much."""
_LITTLE: Final = dict.fromkeys(
    (
        "a",
        "i",
        "am",
        "an",
        "as",
        "at",
        "be",
        "by",
        "do",
        "go",
        "he",
        "if",
        "in",
        "is",
        "it",
        "me",
        "my",
        "no",
        "of",
        "on",
        "or",
        "so",
        "to",
        "up",
        "us",
        "we",
    ),
    3.0,
)


@cache
def words() -> Mapping[str, float]:
    """Return what each known word costs, the more the less it is used: lower-case, A to Z, of three letters and more."""
    text = resources.files("bartizan.text").joinpath("words.txt").read_text("utf-8")
    ranked = (line for line in text.splitlines() if not line.startswith("#"))
    return {word: math.log(rank + _COMMONEST) for rank, word in enumerate(ranked)}


def known(text: str) -> tuple[int, int]:
    """Return how many letters of a text stand in words that are known, or of a script of their own, and of how many.

    Words of one or two letters count for nothing; of those outside ASCII, which are not listed, it is asked that they are
    of one script, as the words of a language are and what is decoded at random is not.
    """
    found = [word for word in _WORD.findall(text.casefold()) if len(word) > _SHORT or not word.isascii()]
    lexicon = words()
    return sum(len(word) for word in found if word in lexicon or _of_one_script(word)), sum(map(len, found))


def _of_one_script(word: str) -> bool:
    if word.isascii() or len(word) < _SHORT:
        return False
    return len({unicodedata.name(letter, "").partition(" ")[0] for letter in word} - _SIDE_BY_SIDE) <= 1


_SIDE_BY_SIDE: Final = frozenset({"HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"})
"""What Japanese writes next to characters that are CJK."""


def segmented(letters: str) -> list[str]:
    """Return letters without blanks in words, the known ones where that is possible; joined they are the letters.

    Args:
        letters: of any length; the time grows with it.
    """
    lexicon, lower = words(), letters.casefold()
    if len(lower) != len(letters):
        return [letters]
    best, since, sizes = [0.0], [0], _sizes()
    for end in range(1, len(lower) + 1):
        first = max(end - _LONGEST, 0)
        costs = [*map(add, best[first:end], _STRANGE[first - end :])]
        cost = min(costs)
        start = first + costs.index(cost)
        for size in sizes.get(lower[max(end - _END, 0) : end], _SHORTEST):
            if size <= end:
                each = best[end - size] + _cost(lexicon, lower[end - size : end])
                cost, start = min((cost, start), (each, end - size))
        best.append(cost)
        since.append(start)
    pieces, end = list[str](), len(letters)
    while end:
        pieces.append(letters[since[end] : end])
        end = since[end]
    return pieces[::-1]


_STRANGE: Final = [_UNKNOWN * size for size in range(_LONGEST, 0, -1)]
"""What pieces cost that are no words, the longest first."""
_END: Final = 3
_SHORTEST: Final = tuple(range(1, _SHORT + 1))


@cache
def _sizes() -> Mapping[str, tuple[int, ...]]:
    """Return how long the words are that have such an end."""
    found = dict[str, set[int]]()
    for word in (word for word in words() if len(word) <= _LONGEST):
        found.setdefault(word[-_END:], {*_SHORTEST}).add(len(word))
    return {end: tuple(sizes) for end, sizes in found.items()}


def _cost(lexicon: Mapping[str, float], piece: str) -> float:
    if len(piece) <= _SHORT:
        return _LITTLE.get(piece, _UNKNOWN * len(piece))
    return lexicon.get(piece, _UNKNOWN * len(piece))
