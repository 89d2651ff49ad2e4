"""Everything that a text says: its canonical view, and what encoded, spelled or hidden parts of it say.

Rules of this file: a reading is admitted only where it is more like language than what carries it, for what is read at
random into a harmless text costs precision and finds nothing. What an admitted reading says is read again, so that
nesting does not help, up to a depth, a number of readings and a number of letters; whoever asks is told when those
bounds were reached. Every detector sees every admitted view once.
"""

from collections import deque
from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from bartizan.text.canonical import Disguises, canonical
from bartizan.text.decode import escapes, hidden, letters, octets
from bartizan.text.decode.reading import Reading
from bartizan.text.decode.sift import worth
from bartizan.text.lexicon import known
from bartizan.text.view import View

Decoder = Callable[[str], Iterator[Reading]]

_OF_WHAT_CAME: Final[tuple[Decoder, ...]] = (hidden.tags, hidden.selectors, hidden.bits)
_OF_A_VIEW: Final[tuple[tuple[str, Decoder], ...]] = (
    ("base64", octets.base64),
    ("hex", octets.hexadecimal),
    ("binary", octets.binary),
    ("decimal", octets.decimal),
    ("percent", escapes.percent),
    ("entities", escapes.entities),
    ("escapes", escapes.escapes),
    ("rot13", letters.rot13),
    ("reversed", letters.reversed_words),
    ("leet", letters.leet),
    ("spaced", letters.spaced),
)


class Bounds(msgspec.Struct, frozen=True):
    """How far readings go.

    Attributes:
        depth: how many readings one after another.
        readings: how many are looked at, admitted or not.
        letters: how many letters they may have together.
    """

    depth: int = 4
    readings: int = 256
    letters: int = 262_144


USUAL: Final = Bounds()
_LIKE_LANGUAGE, _MORE = 0.5, 8
"""Which share of the letters must be language, and how many letters more than of the carrier."""
_FEWEST: Final = 4
_BACK: Final = frozenset({"rot13", "reversed", "reversed-words"})
"""Readings that lead back where they came from."""


class Read(msgspec.Struct, frozen=True):
    """A text, read.

    Attributes:
        views: the canonical view first, then what was decoded, outermost first.
        disguises: what was in the way of the canonical view.
        whole: whether nothing was left unread for the bounds' sake.
    """

    views: tuple[View, ...]
    disguises: Disguises
    whole: bool


def read(text: str, bounds: Bounds = USUAL) -> Read:
    """Return the views of a text that detectors are to see.

    Args:
        text: as it came, of any length.
        bounds: where to stop.
    """
    seen = canonical(text)
    reader = _Reader(bounds)
    if seen.disguises.unseen:
        reader.take(View(text, ()), _OF_WHAT_CAME)
    reader.take(seen.view, _fit_for(seen.view.text))
    reader.go_on()
    return Read((seen.view, *reader.admitted), seen.disguises, reader.whole)


class _Reader:
    """Reads what was read, breadth first, within bounds."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds, self._readings, self._letters = bounds, bounds.readings, bounds.letters
        self._waiting: deque[View] = deque()
        self._known: set[str] = set()
        self._carried: tuple[str, int] = ("", 0)
        self.admitted: list[View] = []
        self.whole = True

    def take(self, view: View, decoders: tuple[Decoder, ...]) -> None:
        """Look at what these decoders find in a view."""
        for decoder in decoders:
            for reading in decoder(view.text):
                if reading.name in _BACK and view.reading.rpartition("+")[2] in _BACK:
                    continue
                if self._readings <= 0 or self._letters < len(reading.text):
                    self.whole = False
                    return
                self._readings -= 1
                self._letters -= len(reading.text)
                self._consider(view, reading)

    def go_on(self) -> None:
        """Read what was found, until there is no more or a bound is reached."""
        while self._waiting:
            view = self._waiting.popleft()
            if view.depth >= self._bounds.depth:
                self.whole = False
                return
            self.take(view, _fit_for(view.text))

    def _consider(self, view: View, reading: Reading) -> None:
        name = f"{view.reading}+{reading.name}" if view.reading else reading.name
        found = canonical(reading.text).view
        if len(found.text) < _FEWEST or found.text in self._known:
            return
        self._known.add(found.text)
        whole = View(found.text, found.runs, name, View(reading.text, reading.runs, name, view))
        if self._plausible(found.text, reading.carrier):
            self.admitted.append(whole)
        self._waiting.append(whole)

    def _plausible(self, text: str, carrier: str) -> bool:
        """Return whether most of a text is language, and whether it has more of it than what carries it."""
        language, letters = known(text)
        if language < letters * _LIKE_LANGUAGE:
            return False
        if carrier is not self._carried[0]:  # one may carry hundreds of readings, one after another
            self._carried = carrier, known(carrier)[0]
        return language >= self._carried[1] + _MORE


def _fit_for(text: str) -> tuple[Decoder, ...]:
    """Return the decoders that may find something in a text."""
    names = worth(text)
    return tuple(decoder for name, decoder in _OF_A_VIEW if name in names) if names else ()
