"""Words of texts of people that are surely no names, learned from as such.

Rules of this file: nobody has labelled these texts. A word with a capital is taken for none where it, and all that stands in one row with
it, is in no list of names or is a common word; all others are left out of learning. Data of others is read from where it lies and never copied.
"""

import json
import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from bartizan.text.canonical import canonical
from bartizan.text.names.features import Sighted, before_of, features
from bartizan.text.names.labels import Label
from tools.train_names.rows import Row

_SKIPPED: Final = ("presidio", "neuralchemy:hackaprompt")
"""Sources that the model is measured on, and that are hardly language."""
_LONGEST: Final = 6_000
_NAMES: Final = frozenset("GgSsPp")
_THINGS: Final = frozenset("cxdo")
_SURE: Final = frozenset("cxdotrn")


def texts_of(folder: Path, most: int) -> Iterator[str]:
    """Yield texts of a folder in canonical view, in an order that is always the same.

    Args:
        folder: of `train.jsonl` and `benign.jsonl`.
        most: how many.
    """
    rows = [
        row["text"]
        for name in ("train.jsonl", "benign.jsonl")
        for row in map(json.loads, (folder / name).read_bytes().splitlines())
        if not row["source"].startswith(_SKIPPED)
    ]
    random.Random(1).shuffle(rows)  # noqa: S311 - an order, no secret
    for text in rows[:most]:
        yield canonical(text[:_LONGEST]).view.text


def rows_of(said: str, classes: Mapping[str, str], weight: float) -> list[Row]:
    """Return what is learned from a text: the words that are surely no names."""
    sighted = Sighted(said, classes)
    rows, last = list[Row](), -1
    for number in sighted.heads:
        if not sighted.words[number].islower() and _is_sure(sighted, number):
            before = before_of(sighted, number, last, "N")
            rows.append(Row(tuple(features(sighted, number, before)), Label.NONE, weight))
        elif sighted.words[number].islower():  # most of these are words of another language
            rows.append(Row(tuple(features(sighted, number, "-")), Label.NONE, weight * _SMALL))
        last = number
    return rows


def _is_sure(sighted: Sighted, number: int) -> bool:
    """Return whether neither a word nor its neighbours in a row may be a name."""
    _, first, last = sighted.run(number)
    members, at = [first], first
    while at != last and len(members) < _MOST:
        at = sighted.following(at)
        if at < 0:
            break
        members.append(at)
    if len(members) == 1:
        kinds = {*sighted.bits(number)}
        return not kinds & _NAMES or bool(kinds & _THINGS and sighted.context(number + 1).islower())
    return all(not {*sighted.bits(each)} & _NAMES or {*sighted.bits(each)} & _THINGS for each in members)


_MOST: Final = 12
_SMALL: Final = 0.8
