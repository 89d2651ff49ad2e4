"""What an answer repeats of its system prompt, at any place, whatever stands between its words.

Rules of this file: compared is what is said, in small letters without blanks and marks, so that another layout is no way
round. Answers say again what they were told to tell, so a sentence is no leak: half of the prompt is, or `AT_ONCE` letters
of it in a row. Bounded.
"""

import re
from typing import Final

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


class Echo:
    """What one answer has repeated of it so far."""

    __slots__ = ("_prompt", "_seen")

    def __init__(self, prompt: Prompt) -> None:
        """Begin with nothing."""
        self._prompt, self._seen = prompt, set[str]()

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
