"""How deep a policy may go, judged before Cedar parses it.

Its parser and its syntax tree recurse, and end the process where a text of 4 KB nests 2,000 brackets or joins 2,000 terms.

Rules of this file: text alone is looked at, strings and comments apart as Cedar takes them. Where that cannot be told, as in a
string without an end, all counts: then more is refused than need be.
"""

import re
from typing import Final

from bartizan.policy.errors import PolicyInvalid

DEEPEST: Final = 100
"""Brackets of any kind within one another; Cedar's own tree has no more."""
MOST_OPERATORS: Final = 500
"""Operators, members and conditions of one policy: each may be a level of its tree. It ended with some hundreds more."""
_APART: Final = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n\r]*', re.DOTALL)
_TOKEN: Final = re.compile(r"[(\[{]|[)\]}]|;|\n|&&|\|\||[=!<>]=|[-+*.<>!]|\b(?:if|else|has|like|in|is)\b")


def require_bounded(file: str, text: str) -> None:
    """Return where a text is flat enough to be parsed.

    Args:
        file: for the fault.
        text: Cedar policies.
    Raises:
        PolicyInvalid: something in it is not.
    """
    depth = operators = 0
    line = 1
    for piece in _TOKEN.findall(_APART.sub(_lines, text)):
        if piece == "\n":
            line += 1
        elif piece in "([{":
            depth += 1
        elif piece in ")]}":
            depth = max(0, depth - 1)
        elif piece == ";":
            operators = 0
        else:
            operators += 1
        if depth > DEEPEST:
            raise PolicyInvalid(file, line, f"has more than {DEEPEST} brackets within one another")
        if operators > MOST_OPERATORS:
            what = f"has more than {MOST_OPERATORS} operators in one policy; compare with a set, or split it"
            raise PolicyInvalid(file, line, what)


def _lines(apart: re.Match[str]) -> str:
    """Return what is left of a string or a comment: its line breaks."""
    return "\n" * apart[0].count("\n")
