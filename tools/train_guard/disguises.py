"""Disguises that leave words which can be read: what our canonical text does not undo.

Rules of this file: pure; chance is given.
"""

import random
from collections.abc import Callable
from typing import Final

_SLIPS: Final = 0.06
"""Share of letters that are mistyped."""


def disguised(text: str, drawn: random.Random) -> str:
    """Return a text in one of the disguises."""
    return drawn.choice(_EACH)(text, drawn)


def _shouted(text: str, _: random.Random) -> str:
    return text.upper()


def _mumbled(text: str, _: random.Random) -> str:
    return text.lower().replace(",", "").replace(".", "")


def mistyped(text: str, drawn: random.Random) -> str:
    """Return a text with letters swapped, left out and typed twice."""
    letters = [*text]
    for place in range(1, len(letters) - 1):
        if letters[place].isalpha() and drawn.random() < _SLIPS:
            kind = drawn.randrange(3)
            if kind == 0:
                letters[place], letters[place + 1] = letters[place + 1], letters[place]
            else:
                letters[place] = "" if kind == 1 else letters[place] * 2
    return "".join(letters)


def _wrapped(text: str, drawn: random.Random) -> str:
    before, after = drawn.choice(_WRAPPERS)
    return f"{before}{text}{after}"


_WRAPPERS: Final = (
    ("```\n", "\n```"),
    ('"""', '"""'),
    ("[", "]"),
    ("<!-- ", " -->"),
    ("### ", " ###"),
    ("--- ", " ---"),
    ('{"text": "', '"}'),
    ("> ", ""),
    ("Please read carefully: ", " Thank you."),
    ("/* ", " */"),
)
_EACH: Final[tuple[Callable[[str, random.Random], str], ...]] = (_shouted, _mumbled, mistyped, _wrapped)
