"""Names in a text that comes piece by piece: those that no letter which is to come can change any more.

Rules of this file: what is told of a place is told again as long as it stands in the window, and never in part; of a name
whose beginning went out, the rest.
"""

from collections.abc import Iterator
from typing import Final

from bartizan.text.canonical import canonical
from bartizan.text.names.find import names
from bartizan.text.names.labels import RULES
from bartizan.text.names.model import Model

AGAIN: Final = 32
"""Letters after which names are looked for anew."""
SETTLED: Final = 48
"""Letters that come after a name before it is taken for all of it."""


class Naming:
    """Of one text."""

    def __init__(self, model: Model) -> None:
        """Begin at the first letter."""
        self._model = model
        self._asked = -AGAIN
        self._found: list[tuple[int, int, str]] = []

    def names(self, text: str, at: int, here: int, *, end: bool) -> Iterator[tuple[int, int, str]]:
        """Yield names: their start and end in a window of the text, and of what kind they are.

        Args:
            text: the window.
            at: place of its first letter in the whole text.
            here: letters of the window that went out.
            end: whether nothing more comes.
        """
        if end or at + len(text) - self._asked >= AGAIN:
            self._look(text, at, end=end)
        for start, stop, rule in self._found:
            if stop > at + here:
                yield max(start - at, here), stop - at, rule

    def _look(self, text: str, at: int, *, end: bool) -> None:
        self._asked = at + len(text)
        view = canonical(text).view
        spans = [
            (*view.origin(name.start, name.end), RULES[name.label]) for name in names(self._model, view.text)
        ]
        upto = len(text) if end else len(text) - SETTLED
        self._found = [(at + start, at + stop, rule) for start, stop, rule in spans if stop <= upto]
