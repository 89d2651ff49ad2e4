"""Which words with a capital are names of people and of places: a linear model over what stands in and around each.

Rules of this file: the model is data, `weights.txt` with three numbers for each thing that is seen, and `gazetteer.txt` with the classes of
words; both are made by `make train-names` and its tools, and hold together by a digest. Words are decided in order, each once.
"""

import tomllib
from collections.abc import Mapping
from hashlib import sha256
from importlib import resources
from itertools import repeat
from typing import Final, NamedTuple

import msgspec

from bartizan.text.names.features import Sighted, before_of, features
from bartizan.text.names.labels import Label

LABELS: Final = (Label.PERSON, Label.PLACE, Label.ORGANISATION)
"""What numbers are given for; `NONE` has nought."""
LETTERS: Final = {Label.NONE: "N", Label.PERSON: "P", Label.PLACE: "L", Label.ORGANISATION: "O"}
_FIELD: Final = 20
"""Bits that the sum of one label has in the sum of all."""
_HALF: Final = 1 << (_FIELD - 1)
_MASK: Final = (1 << _FIELD) - 1
_ROUND: Final = sum(_HALF << (_FIELD * place) for place in range(len(LABELS)))


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What it takes to read the numbers of a model.

    Attributes:
        made: day on which it was made.
        weights, gazetteer: SHA-256 of the files, in hexadecimal.
        person, place: how far the sum of a label must be above those of an organisation and of no name.
    """

    made: str
    weights: str
    gazetteer: str
    person: int
    place: int


class Taken(NamedTuple):
    """What a word was taken for: its number in the text, and a label."""

    number: int
    label: Label


class ModelUnreadable(Exception):
    """The model is not there, or is not the one that its header is of; no name can be told."""


class Model:
    """A model, read."""

    def __init__(
        self, header: Header, classes: Mapping[str, str], numbers: Mapping[str, tuple[int, int, int]]
    ) -> None:
        """Take it.

        Args:
            header: of it.
            classes: word -> its classes.
            numbers: what is seen -> its numbers, one for each of `LABELS`.
        """
        self.header, self.classes = header, classes
        self._packed = {
            seen: sum(each << (_FIELD * place) for place, each in enumerate(three))
            for seen, three in numbers.items()
        }
        self._least = {Label.PERSON: header.person, Label.PLACE: header.place}

    def taken(self, text: str) -> tuple[Sighted, list[Taken]]:
        """Return a text as it was looked at, and what each word that may be a name was taken for, in order."""
        sighted = Sighted(text, self.classes)
        found, last, label = list[Taken](), -1, Label.NONE
        for number in sighted.heads:
            before = before_of(sighted, number, last, LETTERS[label])
            label = self._label(features(sighted, number, before))
            found.append(Taken(number, label))
            last = number
        return sighted, found

    def _label(self, seen: list[str]) -> Label:
        total = sum(map(self._packed.get, seen, repeat(0)), _ROUND)
        sums = ((total & _MASK) - _HALF, (total >> _FIELD & _MASK) - _HALF, (total >> 2 * _FIELD) - _HALF)
        person, place, other = sums
        name = max(person, place)
        if name > other:
            label = Label.PERSON if person >= place else Label.PLACE
            return label if name - max(other, 0) > self._least[label] else Label.NONE
        return Label.ORGANISATION if other > 0 else Label.NONE


def load() -> Model:
    """Return the model that ships.

    Raises:
        ModelUnreadable: it is not there, or not whole.
    """
    folder = resources.files("bartizan.text.names")
    try:
        header = msgspec.convert(tomllib.loads(folder.joinpath("weights.toml").read_text("utf-8")), Header)
        weights, gazetteer = (
            folder.joinpath(f"{name}.txt").read_bytes() for name in ("weights", "gazetteer")
        )
    except (OSError, ValueError) as fault:
        raise ModelUnreadable(f"the model of names cannot be read ({fault}); install Bartizan anew") from None
    if (sha256(weights).hexdigest(), sha256(gazetteer).hexdigest()) != (header.weights, header.gazetteer):
        raise ModelUnreadable(
            "the model of names is not the one that its header is of; install Bartizan anew"
        )
    return Model(header, classes_of(gazetteer.decode("utf-8")), numbers_of(weights.decode("utf-8")))


def classes_of(text: str) -> Mapping[str, str]:
    """Return the classes of the words of a gazetteer: on each line classes, a blank and a word; lines with `#` say what it is."""
    known: dict[str, str] = {}
    return {
        word: known.setdefault(classes, classes)
        for line in text.splitlines()
        if not line.startswith("#")
        for classes, _, word in (line.partition(" "),)
    }


def numbers_of(text: str) -> Mapping[str, tuple[int, int, int]]:
    r"""Return the numbers of a model's file: on each line three of them, and what is seen, with `\n` for the end of a line."""
    found = dict[str, tuple[int, int, int]]()
    for line in text.split("\n"):
        if line:
            one, two, three, seen = line.split(" ", 3)
            found[seen.replace("\\n", "\n")] = int(one), int(two), int(three)
    return found
