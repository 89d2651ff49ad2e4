"""How much a text reads like an attack on the model that it goes to: a linear model over words and pairs of neighbours.

Rules of this file: the model is data, `injection.txt` with a number for each word and pair, and `injection.toml` with what
it takes to read them; both are made by `make train-guard` and hold together by a digest. A word that is not in it counts for
nothing, so that what nobody has seen, in whatever language, is no attack. A text is scored in windows, so that what stands
around an attack does not thin it. Time grows with the text alone.
"""

import math
import re
import tomllib
from array import array
from collections.abc import Mapping, Sequence
from hashlib import sha256
from importlib import resources
from itertools import accumulate, repeat
from operator import add, mul, sub
from typing import Final, NamedTuple

import msgspec

from bartizan.threats.subject import Channel

RULE: Final = "model"
"""Stands for a rule where the model says so."""
_WORD: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W_\u3040-\u30ff\u3400-\u9fff]{2,}")
"""A word; single letters are none, since a text that is spelled is read in another view; characters that are written without
blanks between them are each one."""
_ASCII: Final = re.compile(r"[a-z0-9]{2,}")
_LONGER: Final = "\u0130"
"""The one letter that is two in small letters."""
_START: Final = "^"
"""Stands for the beginning of a text, as if it were a word."""
FEWEST: Final = 8
"""Words that a window counts for at least: a few words alone say little, and have their share of the bias and no more."""
SPOKEN: Final = 3
"""Words of which a window has fewer is never told, and says nothing of a conversation."""
_STEPS: Final = 3
"""Windows of a size that each word is in."""
_STEEP: Final = 30.0
"""Where the logistic function ends."""
_SPREAD: Final = 1 << 20
"""More than there are words: the number of a pair is that of its first word times this, and that of its second."""


class Curve(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a sum means in one channel.

    Attributes:
        slope, shift: the score is the logistic function of slope times sum plus shift.
        threshold: a score from which on a window is told.
    """

    slope: float
    shift: float
    threshold: float

    @property
    def least(self) -> float:
        """Return the sum of which the threshold is the score."""
        return (math.log(self.threshold) - math.log1p(-self.threshold) - self.shift) / self.slope


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What it takes to read the numbers of a model.

    Attributes:
        made: day on which it was made.
        digest: SHA-256 of the numbers' file, in hexadecimal.
        unit: what one of a number is worth.
        bias: what is added to the sum of every window.
        windows: how many words are scored together, the most first; a text that has no more is scored whole.
        narrow: what windows of another size than the first lose of their sum.
        length: what a text loses of its sum when it grows e times longer than a window, for more windows have more chances.
        curves: channel -> what a sum means there.
    """

    made: str
    digest: str
    unit: float
    bias: float
    windows: tuple[int, ...]
    narrow: float
    length: float
    curves: Mapping[Channel, Curve]


class Scored(NamedTuple):
    """The window of a text that reads most like an attack.

    Attributes:
        score: from 0 to 1.
        first, last: its words, counted from nought, the last not included.
        told: whether the score is one to be told.
    """

    score: float
    first: int
    last: int
    told: bool


class ModelUnreadable(Exception):
    """The model is not there, or is not the one that its header is of; nothing can be scored."""


class Model:
    """A model, read."""

    def __init__(self, header: Header, numbers: Mapping[str, int]) -> None:
        """Take it.

        Args:
            header: of it.
            numbers: a word, or two with a blank between -> its number.
        """
        self.header = header
        words = {part for each in numbers for part in each.split(" ")}
        self._ids = {word: number for number, word in enumerate(sorted(words), 1)}
        self._start = self._ids.get(_START, 0)
        self._alone = array("h", [0, *(numbers.get(word, 0) for word in sorted(words))])
        self._pairs = {
            self._ids[one] * _SPREAD + self._ids[other]: number
            for each, number in numbers.items()
            for one, blank, other in (each.partition(" "),)
            if blank
        }

    def score(self, text: str, channel: Channel) -> Scored:
        """Return what window of a text reads most like an attack, and how much.

        Args:
            text: a view, of any length.
            channel: whose words it is; one of the header's.
        """
        curve = self.header.curves[channel]
        best, first, last = self.highest(text, curve.least)
        score = 1 / (1 + math.exp(-max(min(curve.slope * best + curve.shift, _STEEP), -_STEEP)))
        return Scored(score, first, last, score >= curve.threshold and last - first >= SPOKEN)

    def highest(self, text: str, least: float) -> tuple[float, int, int]:
        """Return the sum of the highest window of a text, and its words: first, and last, which is not included.

        Args:
            text: a view.
            least: of all windows that may have as much, the highest is sought; where none may, it is near.
        """
        ids = [self._start, *map(self._ids.get, words_of(text), repeat(0))]
        words, sizes = len(ids) - 1, self.header.windows
        if words <= sizes[0]:
            return self._total(ids), 0, max(words, 1)
        sums = self._sums(ids)
        found = list[tuple[float, int, int]]()
        for size in sizes:
            lost = self.header.length * math.log(words / size) + self.header.narrow * (size < sizes[0])
            for start in self._worth(sums, size, least + lost):
                found.append((self._total(ids[start : start + size + 1]) - lost, start, start + size))
        return max(found)

    def _total(self, ids: Sequence[int]) -> float:
        """Return the sum of a window, in which each word and each pair counts once; the first only as the other's neighbour."""
        alone = sum(map(self._alone.__getitem__, {*ids[1:]}))
        pairs = sum(map(self._pairs.get, {*map(add, map(mul, ids, repeat(_SPREAD)), ids[1:])}, repeat(0)))
        words = len(ids) - 1
        bias = self.header.bias * min(words / FEWEST, 1)
        return bias + self.header.unit * (alone + pairs) / math.sqrt(max(words, FEWEST))

    def _sums(self, ids: Sequence[int]) -> list[int]:
        """Return the sums up to each word, from nought on, where each counts as often as it stands there."""
        pairs = map(self._pairs.get, map(add, map(mul, ids, repeat(_SPREAD)), ids[1:]), repeat(0))
        return [*accumulate(map(add, map(self._alone.__getitem__, ids[1:]), pairs), initial=0)]

    def _worth(self, sums: Sequence[int], size: int, least: float) -> Sequence[int]:
        """Return where windows begin that may have so much; else where the highest does."""
        step = size // _STEPS
        windows = [*map(sub, sums[size::step], sums[::step]), sums[-1] - sums[-1 - size]]
        starts = [*range(0, len(sums) - size, step), len(sums) - 1 - size]
        needed = (least - self.header.bias) / self.header.unit * math.sqrt(size)
        found = [start for start, total in zip(starts, windows, strict=True) if total >= needed]
        return found or [starts[windows.index(max(windows))]]


def words_of(text: str) -> Sequence[str]:
    """Return the words of a text, in small letters."""
    lower = _lower(text)
    return _ASCII.findall(lower) if lower.isascii() else _WORD.findall(lower)


def span_of(text: str, first: int, last: int) -> tuple[int, int]:
    """Return where words stand in a text: start, end; the whole text where it has none.

    Args:
        text: as it was scored.
        first, last: numbers of words, the last not included.
    """
    start, end = 0, len(text)
    for number, word in enumerate(_WORD.finditer(_lower(text))):
        if number == first:
            start = word.start()
        if number == last - 1:
            return start, word.end()
    return start, end


def _lower(text: str) -> str:
    """Return a text without capitals, letter for letter."""
    return text.replace(_LONGER, "i").lower()


def load() -> Model:
    """Return the model that ships.

    Raises:
        ModelUnreadable: it is not there, or not whole.
    """
    folder = resources.files("bartizan.threats")
    try:
        header = msgspec.convert(
            tomllib.loads(folder.joinpath("injection.toml").read_text("utf-8")), Header, strict=False
        )
        octets = folder.joinpath("injection.txt").read_bytes()
    except (OSError, ValueError) as fault:
        raise ModelUnreadable(
            f"the model of injections cannot be read ({fault}); install Bartizan anew"
        ) from None
    if sha256(octets).hexdigest() != header.digest:
        raise ModelUnreadable(
            "the model of injections is not the one that its header is of; install Bartizan anew"
        )
    return Model(header, numbers_of(octets.decode("utf-8")))


def numbers_of(text: str) -> Mapping[str, int]:
    """Return the numbers of a model's file: on each line a number, a blank, and a word or two."""
    return {words: int(number) for line in text.splitlines() for number, _, words in (line.partition(" "),)}
