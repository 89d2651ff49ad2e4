"""Where the names of people and places stand in a text.

Rules of this file: a name is the row of words that were taken for the same; of a place, house numbers, flats and codes beside it are a part.
No name overlaps another, and they come in order of place.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from bartizan.text.names.features import PARTICLES, Sighted
from bartizan.text.names.labels import Label
from bartizan.text.names.model import Model, Taken


class Name(NamedTuple):
    """A name: what of, and from where to where; the end is not included."""

    label: Label
    start: int
    end: int


LONGEST: Final = 100
"""Letters that a row of words has at most."""
_TOLD: Final = frozenset((Label.PERSON, Label.PLACE))
_BETWEEN: Final = frozenset(",\n.-/")
_FIGURES: Final = 6
_WORDS_BETWEEN: Final = 5
_NUMBER: Final = re.compile(r"(?<![\w.,/-])\d{1,6}[A-Za-z]?(?:[-/]\d{1,4}[A-Za-z]?)?[ ,]{1,2}\Z")
_BEFORE: Final = 16
_AFTER: Final = re.compile(
    r"(?:[ ](?:utca|ut|u\.|street|st\.?|road|rd\.?|avenue|ave\.?|drive|lane)(?!\w))?"
    r"(?:,?[ ](?!(?:19|20)\d\d(?!\d))\d{1,5}[A-Za-z]?(?![\w:/]|[.,]\d))?"
    r"(?:[\s,]{1,3}(?:apt|suite|unit|flat|box|floor|no)\.?[ ]?#?\d{1,6}[A-Za-z]?(?!\w))?"
    r"(?:[\s,]{1,3}\d{4,6}(?![\w:/]|[.,-]\d))?",
    re.IGNORECASE,
)


def names(model: Model, text: str) -> tuple[Name, ...]:
    """Return the names of people and places in a text, in order."""
    sighted, taken = model.taken(text)
    found = list[Name]()
    for label, first, last in _rows(sighted, taken):
        start, end = (
            sighted.start(first),
            sighted.ends[last] - len(sighted.words[last]) + len(sighted.bare(last)),
        )
        if label is Label.PLACE:
            start, end = _widened(text, start, end)
        if found and start < found[-1].end:
            start = found[-1].end
        if start < end:
            found.append(Name(label, start, end))
    return tuple(found)


def _rows(sighted: Sighted, taken: list[Taken]) -> Iterator[tuple[Label, int, int]]:
    """Yield each row of words that were taken for the same name: its label, its first and its last word."""
    label, first, last = Label.NONE, 0, 0
    for each in taken:
        if each.label is label and label in _TOLD and _goes_on(sighted, label, (first, last), each.number):
            last = each.number
            continue
        if label in _TOLD:
            yield label, first, last
        label, first, last = each.label, each.number, each.number
    if label in _TOLD:
        yield label, first, last


def _goes_on(sighted: Sighted, label: Label, row: tuple[int, int], number: int) -> bool:
    """Return whether a word belongs to the row before it; of an address, what stands on its next line too."""
    first, last = row
    if sighted.ends[number] - sighted.start(first) > LONGEST:
        return False
    if sighted.following(last) == number:
        return True
    if label is not Label.PLACE or number - last > _WORDS_BETWEEN or not _is_address(sighted, first, number):
        return False
    return all(
        word in _BETWEEN or word in PARTICLES or not word or (word[0].isdigit() and len(word) <= _FIGURES)
        for word in sighted.lower[last + 1 : number]
    )


def _is_address(sighted: Sighted, first: int, number: int) -> bool:
    return any(map(str.isdigit, sighted.words[max(first - 2, 0) : number])) or any(
        "r" in sighted.bits(each) for each in (first, number)
    )


def _widened(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the span of a place with the numbers that belong to it."""
    before = _NUMBER.search(text, max(start - _BEFORE, 0), start)
    after = _AFTER.match(text, end)
    return (before.start() if before else start), (after.end() if after else end)
