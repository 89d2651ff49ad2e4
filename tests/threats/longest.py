"""The longest text that a rule's pattern takes, drawn at random."""

import random
import string
from re import _constants as parts  # type: ignore[attr-defined]  # Python's own, which say what a pattern is made of
from re import _parser as parser  # type: ignore[attr-defined]  # as above
from typing import Any


def longest(pattern: str, draw: random.Random) -> str:
    """Return one."""
    return "".join(_made(kind, what, draw) for kind, what in parser.parse(pattern))


def _all(tree: Any, draw: random.Random) -> str:  # noqa: ANN401
    return "".join(_made(kind, what, draw) for kind, what in tree)


def _made(kind: Any, what: Any, draw: random.Random) -> str:  # noqa: ANN401
    if kind is parts.LITERAL:
        return chr(what)
    if kind is parts.IN:
        return draw.choice(_letters(what))
    if kind in (parts.MAX_REPEAT, parts.MIN_REPEAT):
        return "".join(_all(what[2], draw) for _ in range(what[1]))
    if kind is parts.SUBPATTERN:
        return _all(what[3], draw)
    if kind is parts.BRANCH:
        return _all(draw.choice(what[1]), draw)
    raise AssertionError(f"a pattern has {kind}, which this does not know")


def _letters(what: Any) -> list[str]:  # noqa: ANN401
    found = list[str]()
    for kind, value in what:
        if kind is parts.RANGE:
            found += map(chr, range(value[0], value[1] + 1))
        elif kind is parts.LITERAL:
            found.append(chr(value))
        elif kind is parts.CATEGORY:
            found += " "
    if any(kind is parts.NEGATE for kind, _ in what):
        return [letter for letter in string.ascii_letters + string.digits if letter not in found]
    return found
