"""Templates of paths: which of two is meant by a path that both take, and where that is in doubt.

Rules of this file: pure, over segments. A service may tell paths apart less finely than the gateway, by letters of either
case, after decoding them and without what follows a semicolon; and it has the paths of operations that are left out. So
a value of an open segment is compared, decoded and case-folded, with what any other template has at its place.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final
from urllib.parse import unquote

Template = tuple[str, ...]
"""Segments, each in braces where it is a parameter."""
Rival = tuple[tuple[int, re.Pattern[str]], ...]
"""Positions of open segments, and what their values, case-folded, must not all be: another template is meant then."""

_WHOLE: Final = re.compile(r"\{[^{}]*\}")
_PARAMETERS: Final = 2
"""Parameters of one segment that are told apart; one with more is taken for open, for matching it would take too long."""


def split(path: str) -> Template:
    """Return the segments of a template."""
    return tuple(path.removeprefix("/").split("/"))


def ambiguous(one: Template, other: Template) -> bool:
    """Return whether two templates take the same path and neither is the more concrete one everywhere."""
    open_one = [part.startswith("{") for part in one]
    open_other = [part.startswith("{") for part in other]
    for left, right, a, b in zip(one, other, open_one, open_other, strict=True):
        if left != right and not a and not b:
            return False
    narrower = all(b or not a for a, b in zip(open_one, open_other, strict=True))
    wider = all(a or not b for a, b in zip(open_one, open_other, strict=True))
    return narrower == wider


def rivals(
    templates: Iterable[Template], described: Iterable[Template]
) -> Mapping[Template, tuple[Rival, ...]]:
    """Return for each template what its values must not be; templates that may have any are not among them.

    Args:
        templates: of the operations that are served.
        described: all that a description has.
    """
    by_length: dict[int, list[Template]] = {}
    for other in dict.fromkeys(described):
        by_length.setdefault(len(other), []).append(other)
    found = {one: tuple(_rivals(one, by_length.get(len(one), []))) for one in set(templates)}
    return {one: several for one, several in found.items() if several}


def _rivals(one: Template, others: list[Template]) -> Iterator[Rival]:
    opened = [at for at, part in enumerate(one) if _is_open(part)]
    if not opened:
        return
    for other in others:
        checks = tuple((at, _form(other[at])) for at in opened if not _is_open(other[at]))
        if checks and all(_fits(other[at], part) for at, part in enumerate(one) if at not in opened):
            yield checks


def _fits(other: str, part: str) -> bool:
    return _is_open(other) or _form(other).fullmatch(part.casefold()) is not None


def _is_open(part: str) -> bool:
    several = len(_WHOLE.findall(part))
    return several > _PARAMETERS or (several > 0 and not _WHOLE.sub("", part))


def _form(part: str) -> re.Pattern[str]:
    return re.compile(
        ".*".join(re.escape(unquote(plain).casefold()) for plain in _WHOLE.split(part)), re.DOTALL
    )
