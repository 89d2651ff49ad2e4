r"""The words of a Jinja template: what stands between its delimiters, cut as Jinja's own lexer cuts it.

Rules of this file: nothing is executed; texts are told with their escapes undone, since `'\x5f'` is an underscore; a delimiter within
a text, or within open brackets, ends nothing. Source: Jinja 3.1, "Template Designer Documentation".
"""

import codecs
import re
from typing import Final

import msgspec

from bartizan.supply.format import Damaged

_ESCAPES: Final = codecs.lookup("unicode-escape")
"""Looked up here: the process that reads files can import nothing any more."""
_OPEN: Final = re.compile(r"\{\{|\{%|\{#")
_RAW: Final = re.compile(r"\{%[-+]?\s*raw\s*[-+]?%\}")
_END_RAW: Final = re.compile(r"\{%[-+]?\s*endraw\s*[-+]?%\}")
_TOKEN: Final = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<text>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
    r"|(?P<number>0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|[0-9][0-9_]*(?:\.[0-9][0-9_]*)?(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<op>//|\*\*|==|!=|<=|>=|[-+*/%~<>=()\[\]{}.,:;|])",
    re.DOTALL,
)
_PAIRS: Final = {")": "(", "]": "[", "}": "{"}


class Token(msgspec.Struct, frozen=True):
    """A word: its kind (`text`, `number`, `name`, `op`), what it says, and the letter that it begins at."""

    kind: str
    value: str
    at: int


class Piece(msgspec.Struct, frozen=True):
    """What one pair of delimiters holds: whether it is a tag (`{% %}`), its words, and the letter that it begins at."""

    tag: bool
    tokens: tuple[Token, ...]
    at: int


def pieces(source: str) -> list[Piece]:
    """Return what stands between the delimiters of a template, without comments and what is raw.

    Raises:
        Damaged: it is no template.
    """
    found: list[Piece] = []
    at = 0
    while opening := _OPEN.search(source, at):
        start = opening.start()
        if opening[0] == "{#":
            at = _after(source, "#}", opening.end(), start)
        elif raw := _RAW.match(source, start):
            end = _END_RAW.search(source, raw.end())
            if end is None:
                raise _malformed(start)
            at = end.end()
        else:
            tokens, at = _tokens(source, opening.end(), "}}" if opening[0] == "{{" else "%}", start)
            found.append(Piece(opening[0] == "{%", tokens, start))
    return found


def _malformed(at: int) -> Damaged:
    return Damaged(
        "template-malformed", "its chat template is no Jinja that is known: it cannot be judged", at
    )


def _after(source: str, mark: str, start: int, opened: int) -> int:
    end = source.find(mark, start)
    if end < 0:
        raise _malformed(opened)
    return end + len(mark)


def _tokens(source: str, at: int, closing: str, opened: int) -> tuple[tuple[Token, ...], int]:
    """Return the words up to the closing delimiter, and the letter after it."""
    found: list[Token] = []
    brackets: list[str] = []
    if source[at : at + 1] in {"-", "+"}:
        at += 1
    while True:
        if not brackets and (end := _closed(source, closing, at)):
            return tuple(found), end
        token = _TOKEN.match(source, at)
        if token is None:
            raise _malformed(opened)
        at = token.end()
        kind = token.lastgroup or ""
        if kind == "space":
            continue
        value = token[0]
        if kind == "op":
            _balance(brackets, value, opened)
        found.append(Token(kind, _said(value, opened) if kind == "text" else value, token.start()))


def _closed(source: str, closing: str, at: int) -> int:
    """Return the letter after a closing delimiter that stands here; 0 where none does."""
    for end in (closing, "-" + closing, "+" + closing):
        if source.startswith(end, at):
            return at + len(end)
    return 0


def _balance(brackets: list[str], value: str, opened: int) -> None:
    if value in _PAIRS.values():
        brackets.append(value)
    elif value in _PAIRS and (not brackets or brackets.pop() != _PAIRS[value]):
        raise _malformed(opened)


def _said(literal: str, opened: int) -> str:
    """Return what a text says, escapes undone as Jinja undoes them."""
    if "\\" not in literal:
        return literal[1:-1]
    try:
        return str(_ESCAPES.decode(literal[1:-1].encode("ascii", "backslashreplace"))[0])
    except UnicodeDecodeError:
        raise _malformed(opened) from None
