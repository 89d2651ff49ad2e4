"""What an answer repeats of its system prompt, at any place, whatever stands between its words.

Rules of this file: compared is what is said, in small letters without blanks and marks, so that another layout is no way
round. Answers say again what they were told to tell, so a sentence is no leak: half of the prompt is, or `AT_ONCE` letters
of it in a row. A mark that was planted in it is one, alone. Bounded.
"""

import re
from collections.abc import Iterator
from typing import Final

from bartizan.text.mark import Mark, Span
from bartizan.threats.links import Link, Links

RUN: Final = 40
"""Letters in a row that nobody says by chance."""
AT_ONCE: Final = 400
"""Letters in a row that are a leak, however long the prompt is."""
SHARE: Final = 0.5
"""Share of the prompt that is one."""
MOST: Final = 65_536
"""Letters of a system prompt that are compared."""
_NOT_SAID: Final = re.compile(r"[\W_]+")


class Prompt:
    """What must not be repeated."""

    __slots__ = ("runs",)

    def __init__(self, texts: list[str]) -> None:
        """Take the texts of the application, in order."""
        said = squeezed("".join(texts))[:MOST]
        self.runs = frozenset(said[at : at + RUN] for at in range(len(said) - RUN + 1))


CANARY: Final = "canary"
"""Stands for a rule where an answer tells a mark that was planted in its system prompt."""


class Echo:
    """What one answer has repeated of it so far, and what else answers alone may not tell."""

    __slots__ = ("_links", "_marks", "_prompt", "_seen")

    def __init__(self, prompt: Prompt, marks: tuple[Mark, ...] = (), links: Links | None = None) -> None:
        """Begin with nothing.

        Args:
            prompt: that must not be repeated.
            marks: that were planted in it, lately.
            links: where the answer may lead; None for anywhere.
        """
        self._prompt, self._seen = prompt, set[str]()
        self._marks, self._links = marks, links

    @property
    def watches(self) -> bool:
        """Return whether it looks for anything but the prompt's own words."""
        return bool(self._marks) or self._links is not None

    def planted(self, text: str) -> Iterator[Span]:
        """Yield where a view tells a mark: start and end."""
        for mark in self._marks:
            yield from mark.found(text)

    def elsewhere(self, text: str) -> Iterator[Link]:
        """Yield the links of a text that lead where they may not."""
        if self._links is not None:
            yield from self._links.elsewhere(text)

    def leaks(self, text: str) -> bool:
        """Take a text of the answer; return whether too much of the prompt is out with it."""
        runs = self._prompt.runs
        if not runs:
            return False
        said, row, longest = squeezed(text), 0, 0
        for at in range(len(said) - RUN + 1):
            run = said[at : at + RUN]
            if run in runs:
                row += 1
                self._seen.add(run)
                longest = max(longest, row)
            else:
                row = 0
        return bool(longest) and (longest + RUN - 1 >= AT_ONCE or len(self._seen) >= SHARE * len(runs))


def squeezed(text: str) -> str:
    """Return what of a text is said: letters and figures, small, without anything between them."""
    return _NOT_SAID.sub("", text.casefold())
