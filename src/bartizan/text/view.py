"""A text as a detector reads it, and where each of its letters stands in the text that came.

Rules of this file: a view knows the text that it was made of by runs: so many letters of the view stand for so many of
that text, over and over. What no run covers was left out; runs may go backwards. Places are code points, counted from nought; ends are not
included.
"""

from bisect import bisect_right
from collections.abc import Callable
from typing import NamedTuple


class Run(NamedTuple):
    """A stretch of a view, letters in step with a stretch of what it was made of.

    Attributes:
        at: where it begins in the view.
        of: where it begins in the text that the view was made of.
        letters, stand: every so many letters of the view stand for so many of that text: 1 for 1, 1 for 2 (hexadecimal),
            3 for 4 (base64), or as a whole.
    """

    at: int
    of: int
    letters: int = 1
    stand: int = 1


Runs = tuple[Run, ...] | Callable[[], tuple[Run, ...]]
"""Runs, or what works them out where somebody asks: most views are of no interest to anybody."""


class View:
    """What one reading of a text gives.

    Attributes:
        text: what detectors read.
        reading: how it was come by, outermost first: `` (the canonical view), `base64`, `base64+rot13`.
    """

    __slots__ = ("_ats", "_of", "_runs", "reading", "text")

    def __init__(self, text: str, runs: Runs, reading: str = "", of: "View | None" = None) -> None:
        """Take a reading.

        Args:
            text: what came of it.
            runs: in order of the view; they cover it; empty where it is the text itself, letter by letter.
            reading: its name.
            of: the view that it was made of; None where that is the text that came.
        """
        self.text, self.reading = text, reading
        self._runs, self._of = runs, of
        self._ats: list[int] | None = None

    @property
    def depth(self) -> int:
        """How many readings one after another led here; the canonical view has none."""
        return 0 if not self.reading else self.reading.count("+") + 1

    @property
    def runs(self) -> tuple[Run, ...]:
        """The runs that it is made of; empty where it is that text itself."""
        if not isinstance(self._runs, tuple):
            self._runs = self._runs()
        return self._runs

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of the text that came which letters of this view stand for: start, end.

        Args:
            start, end: in the view, at least one letter.
        """
        if self.runs:
            first, last = self._unit(start), self._unit(end - 1)
            start, end = min(first[0], last[0]), max(first[1], last[1])
        return (start, end) if self._of is None else self._of.origin(start, end)

    def _unit(self, place: int) -> tuple[int, int]:
        if self._ats is None:
            self._ats = [run.at for run in self.runs]
        run = self.runs[bisect_right(self._ats, place) - 1]
        start = run.of + (place - run.at) // run.letters * run.stand
        return start, start + run.stand
