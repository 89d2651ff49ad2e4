"""Letters moved, mirrored, swapped for figures or pulled apart, which people and models read all the same."""

import re
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import cache, partial
from itertools import chain, pairwise
from typing import Final

from bartizan.text.decode.escapes import around
from bartizan.text.decode.reading import Reading
from bartizan.text.lexicon import segmented, words
from bartizan.text.view import Run

_WORD: Final = re.compile(r"[A-Za-z]+")
_ROT13: Final = str.maketrans(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
    "NOPQRSTUVWXYZABCDEFGHIJKLMnopqrstuvwxyzabcdefghijklm",
)
FEWEST_WORDS: Final = 2
FEWEST_MOVED, _FEWEST_LETTERS = 3, 14
"""What a part must have of different words and of letters in them, so that it is no accident: `vs` and `naq` occur in programs."""
_LONG: Final = 3
_BETWEEN: Final = 2
"""Most words between two that are read, which are then read with them."""
LONGEST_TOKEN: Final = 24
_FIGURES: Final = re.compile(rf"[A-Za-z0-9@$!|+€£&(]{{3,{LONGEST_TOKEN}}}")
LEET: Final = str.maketrans("0134578@$!|+€£&(692", "oieastbasiiteeacggz")
LEET_L: Final = str.maketrans("0134578@$!|+€£&(692", "oleastbasllteeacggz")
_AROUND, _MOST_TOKENS = 200, 4_096
TELLING: Final = 5
"""How long one of the words must be, so that `v14` is not read as one."""
_LONE: Final = re.compile(r"(?<![^\W_])[^\W_](?:[ .\-_*|~/,\n]{1,3}[^\W_]){3,2047}(?![^\W_])")
_LETTER: Final = re.compile(r"[^\W_]")


def rot13(text: str) -> Iterator[Reading]:
    """Yield the parts whose words are words thirteen letters on."""
    yield from _swapped("rot13", text, moved(), lambda part: part.translate(_ROT13))


def reversed_words(text: str) -> Iterator[Reading]:
    """Yield the parts whose words are words from the end: read backwards as a whole, and word by word."""
    for start, end in _parts(text, mirrored()):
        carrier = text[start:end]
        yield Reading("reversed", carrier[::-1], partial(_backwards, start, end), carrier)
        plain = _WORD.sub(lambda word: word.group()[::-1], carrier)
        yield Reading("reversed-words", plain, partial(_words_backwards, start, carrier), carrier)


def _backwards(start: int, end: int) -> tuple[Run, ...]:
    return tuple(Run(place, end - 1 - place) for place in range(end - start))


def _words_backwards(start: int, carrier: str) -> tuple[Run, ...]:
    runs = [Run(place, start + place) for place in range(len(carrier))]
    for word in _WORD.finditer(carrier):
        runs[word.start() : word.end()] = [
            Run(word.start() + place, start + word.end() - 1 - place) for place in range(len(word.group()))
        ]
    return tuple(runs)


def leet(text: str) -> Iterator[Reading]:
    """Yield the surroundings of words that have figures and signs for letters: at least two of them, or one with three."""
    group = list[tuple[int, int, str]]()
    for token in _FIGURES.finditer(text):
        plain = _unfigured(token.group())
        if not plain:
            continue
        if group and (token.start() - group[-1][1] > _AROUND or len(group) >= _MOST_TOKENS):
            yield from _unfigured_around(text, group)
            group = []
        group.append((token.start(), token.end(), plain))
    if group:
        yield from _unfigured_around(text, group)


def _unfigured(token: str) -> str:
    """Return the word that a token with figures stands for, or nothing."""
    if token.isalpha() or not any(letter.isalpha() for letter in token):
        return ""
    lower = token.casefold()
    for table in (LEET, LEET_L):
        plain = lower.translate(table)
        if plain in words():
            return plain
    return ""


def _unfigured_around(text: str, group: Sequence[tuple[int, int, str]]) -> Iterator[Reading]:
    figures = sum(not letter.isalpha() for start, end, _plain in group for letter in text[start:end])
    found = {plain for _start, _end, plain in group}
    if figures < _LONG or len(found) < FEWEST_WORDS or max(map(len, found)) < TELLING:
        return
    start, end = around(text, group[0][0], group[-1][1], _AROUND)
    pieces, upto = list[str](), start
    for begin, stop, plain in group:
        pieces += text[upto:begin], plain
        upto = stop
    yield Reading("leet", "".join([*pieces, text[upto:end]]), (Run(0, start),), text[start:end])


def spaced(text: str) -> Iterator[Reading]:
    """Yield the parts in which every letter stands alone, their words told apart by wider gaps and by what is a word."""
    for part in _LONE.finditer(text):
        row = list(_LETTER.finditer(part.group()))
        gaps = [after.start() - before.end() for before, after in pairwise(row)]
        usual = min(gaps)
        ends = {place + 1 for place, gap in enumerate(gaps) if gap > usual} | {0, len(row)}
        words = [
            segmented("".join(each.group() for each in row[start:end]))
            for start, end in pairwise(sorted(ends))
        ]
        pieces = [*chain.from_iterable(words)]
        places = [part.start() + each.start() for each in row]
        yield Reading("spaced", " ".join(pieces), partial(_apart, pieces, places), part.group())


def _apart(pieces: Sequence[str], places: Sequence[int]) -> tuple[Run, ...]:
    """Return where letters stand that are words now; a blank between them stands for the letter after it."""
    runs, at, size = list[Run](), 0, 0
    for word in pieces:
        runs += (Run(size + step, places[at + step]) for step in range(len(word)))
        at, size = at + len(word), size + len(word) + 1
        if at < len(places):
            runs.append(Run(size - 1, places[at]))
    return tuple(runs)


def _parts(text: str, vocabulary: AbstractSet[str]) -> Iterator[tuple[int, int]]:
    """Yield the spans from a word of a vocabulary to the last one that is not far from the one before."""
    start = end = between = 0
    found = set[str]()
    for word in _WORD.finditer(text):
        letters = word.group().casefold()
        if letters in vocabulary:
            start = start if found else word.start()
            found.add(letters)
            end, between = word.end(), 0
        elif found and len(letters) >= _LONG:
            between += 1
        if between > _BETWEEN:
            if no_accident(found):
                yield start, end
            found, between = set(), 0
    if no_accident(found):
        yield start, end


def no_accident(found: AbstractSet[str]) -> bool:
    """Return whether different words that were found in a part are enough of them."""
    return len(found) >= FEWEST_MOVED and sum(map(len, found)) >= _FEWEST_LETTERS


def _swapped(
    name: str, text: str, vocabulary: AbstractSet[str], read: Callable[[str], str]
) -> Iterator[Reading]:
    for start, end in _parts(text, vocabulary):
        yield Reading(name, read(text[start:end]), (Run(0, start),), text[start:end])


@cache
def moved() -> AbstractSet[str]:
    """Return what known words are thirteen letters on, where that is no word."""
    return frozenset(word.translate(_ROT13) for word in words()) - words().keys()


@cache
def mirrored() -> AbstractSet[str]:
    """Return what known words are from the end, where that is no word."""
    return frozenset(word[::-1] for word in words()) - words().keys()
