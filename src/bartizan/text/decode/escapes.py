"""Letters spelled by their number in a text that is otherwise plain: percent, entities, escapes of programming languages."""

import html
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final
from urllib.parse import unquote_to_bytes

from bartizan.text.decode.reading import Reading
from bartizan.text.view import Run

_PERCENT: Final = re.compile(r"%[0-9A-Fa-f]{2}(?:%[0-9A-Fa-f]{2}){0,16383}")
_ENTITY: Final = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_ESCAPE: Final = re.compile(
    r"\\(?:u\{[0-9A-Fa-f]{1,6}\}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|x[0-9A-Fa-f]{2}|[0-3][0-7]{2})"
)
_SURROGATES: Final = range(0xD800, 0xE000)
LEAST: Final = 4
"""Fewest letters and digits that must be spelled by number; who writes text spells only its punctuation so."""
_AROUND: Final = 400
"""Most letters on either side that are read with them, up to the ends of the line."""

_MOST_PARTS: Final = 8_192
"""Most of them that are read in one."""


def percent(text: str) -> Iterator[Reading]:
    """Yield the lines that spell letters as a URL may (RFC 3986, section 2.1)."""
    yield from _spelled(
        "percent", text, _PERCENT, lambda part: unquote_to_bytes(part).decode("utf-8", "replace")
    )


def entities(text: str) -> Iterator[Reading]:
    """Yield the lines that spell letters by HTML's references."""
    yield from _spelled("entities", text, _ENTITY, html.unescape)


def escapes(text: str) -> Iterator[Reading]:
    """Yield the lines that spell letters as strings of programming languages may."""
    yield from _spelled("escapes", text, _ESCAPE, _unescaped)


def _unescaped(part: str) -> str:
    digits = part[1:].strip("uUx{}")
    number = int(digits, 8) if part[1].isdigit() else int(digits, 16)
    return chr(number) if number <= sys.maxunicode and number not in _SURROGATES else part


def _spelled(
    name: str, text: str, spelling: re.Pattern[str], read: Callable[[str], str]
) -> Iterator[Reading]:
    """Yield the surroundings of letters that are spelled, those that overlap in one."""
    group = list[tuple[re.Match[str], str]]()
    for part in spelling.finditer(text):
        if group and (part.start() - group[-1][0].end() > _AROUND or len(group) >= _MOST_PARTS):
            yield from _read(name, text, group)
            group = []
        group.append((part, read(part.group())))
    if group:
        yield from _read(name, text, group)


def _read(name: str, text: str, group: list[tuple[re.Match[str], str]]) -> Iterator[Reading]:
    if sum(letter.isalnum() for _part, plain in group for letter in plain) < LEAST:
        return
    start, end = around(text, group[0][0].start(), group[-1][0].end(), _AROUND)
    pieces, upto = list[str](), start
    for part, plain in group:
        pieces += text[upto : part.start()], plain
        upto = part.end()
    pieces.append(text[upto:end])
    yield Reading(name, "".join(pieces), partial(_runs, group, start, end), text[start:end])


def _runs(group: Sequence[tuple[re.Match[str], str]], start: int, end: int) -> tuple[Run, ...]:
    runs, size, upto = list[Run](), 0, start
    for part, plain in group:
        if part.start() > upto:
            runs.append(Run(size, upto))
            size += part.start() - upto
        if plain:
            spelled = part.end() - part.start()
            each = part.group().count("%") == len(plain)  # percent, of ASCII: letter by letter
            runs.append(Run(size, part.start(), *((1, 3) if each else (len(plain), spelled))))
            size += len(plain)
        upto = part.end()
    if end > upto:
        runs.append(Run(size, upto))
    return tuple(runs)


def around(text: str, start: int, end: int, most: int) -> tuple[int, int]:
    """Return a span widened to the ends of its lines, by at most so many letters on either side."""
    begin = text.rfind("\n", max(start - most, 0), start) + 1 or max(start - most, 0)
    stop = text.find("\n", end, end + most)
    return begin, stop if stop >= 0 else min(end + most, len(text))
