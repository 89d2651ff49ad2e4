"""What is learned from a text with names: of each word that may be one, what is seen of it, and what it is.

Rules of this file: what is seen is what is served, that of `bartizan.text.names`.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from bartizan.text.names.features import Sighted, before_of, features
from bartizan.text.names.labels import Label
from bartizan.text.names.model import LETTERS


class Row(NamedTuple):
    """A word: what is seen of it, what it is, and how much it weighs."""

    seen: tuple[str, ...]
    label: Label
    weight: float


def rows_of(
    said: str, names: Sequence[tuple[int, int, Label]], classes: Mapping[str, str], weight: float = 1.0
) -> list[Row]:
    """Return what is learned from a text.

    Args:
        said: the text.
        names: start, end and label of each, in order.
        classes: the gazetteer.
        weight: of each word.
    """
    sighted = Sighted(said, classes)
    rows, last, label, left = list[Row](), -1, Label.NONE, [*reversed(names)]
    for number in sighted.heads:
        before = before_of(sighted, number, last, LETTERS[label])
        start = sighted.start(number)
        while left and left[-1][1] <= start:
            left.pop()
        label = left[-1][2] if left and left[-1][0] <= start else Label.NONE
        rows.append(Row(tuple(features(sighted, number, before)), label, weight))
        last = number
    return rows
