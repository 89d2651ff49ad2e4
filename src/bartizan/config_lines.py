"""Where each key of a TOML document stands: its path and its line, which `tomllib` does not tell.

Rules of this file: the text has been accepted by `tomllib` before, so nothing here judges syntax; it only
walks over it. A path holds names and, for arrays, positions: `("service", 0, "limits", "tokens_per_minute")`.
Source: TOML 1.0.0.
"""

import re
import tomllib
from collections.abc import Mapping
from typing import Final

Path = tuple[str | int, ...]
"""Names of tables and keys, and positions in arrays, from the document's root."""

BLANK: Final = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
INDENT: Final = re.compile(r"[ \t]*")
BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
SCALAR: Final = re.compile(r"[^,\]}#\r\n]*")
QUOTES: Final = (
    re.compile(r'"""(?:[^\\"]|\\.|"(?!""))*"{3,5}', re.DOTALL),
    re.compile(r"'''(?:[^']|'(?!''))*'{3,5}", re.DOTALL),
    re.compile(r'"(?:[^"\\]|\\.)*"'),
    re.compile(r"'[^']*'"),
)


def locate(text: str) -> Mapping[Path, int]:
    """Return the line, counted from 1, of every table header, key and array element of a document.

    Args:
        text: a document that `tomllib.loads` accepts.
    """
    return _Walk(text).document()


class _Walk:
    """A position in the text and what has been found up to it."""

    __slots__ = ("_at", "_counted", "_found", "_line", "_lists", "_text")

    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0
        self._counted, self._line = 0, 1
        self._found: dict[Path, int] = {}
        self._lists: dict[Path, int] = {}

    def document(self) -> Mapping[Path, int]:
        table: Path = ()
        while self._blank() < len(self._text):
            if self._text.startswith("[", self._at):
                table = self._header()
            else:
                self._pair(table)
        return self._found

    def _header(self) -> Path:
        line, repeated = self._here(), self._text.startswith("[[", self._at)
        self._at += 2 if repeated else 1
        table = self._enter(self._key(), line, repeated=repeated)
        self._at += 2 if repeated else 1
        return table

    def _enter(self, key: tuple[str, ...], line: int, *, repeated: bool) -> Path:
        """Return the path that a header names: in an array of tables, its latest element."""
        path: Path = ()
        for name in key[:-1]:
            path = self._latest(self._note((*path, name), line))
        path = self._note((*path, key[-1]), line)
        if repeated:
            self._lists[path] = self._lists.get(path, -1) + 1
        return self._note(self._latest(path), line)

    def _latest(self, path: Path) -> Path:
        return (*path, self._lists[path]) if path in self._lists else path

    def _pair(self, table: Path) -> None:
        line, path = self._here(), table
        for name in self._key():
            path = self._note((*path, name), line)
        self._at += 1  # the equals sign
        self._blank()
        self._value(path)

    def _key(self) -> tuple[str, ...]:
        """Return the parts of a dotted key, and stop behind it and its indentation."""
        parts = [self._part()]
        while self._text.startswith(".", self._at):
            self._at += 1
            parts.append(self._part())
        return tuple(parts)

    def _part(self) -> str:
        self._take(INDENT)
        if self._text[self._at] in "\"'":
            part = str(tomllib.loads("key = " + self._string())["key"])
        else:
            part = self._take(BARE)
        self._take(INDENT)
        return part

    def _value(self, path: Path) -> None:
        match self._text[self._at]:
            case "[":
                self._array(path)
            case "{":
                self._inline(path)
            case '"' | "'":
                self._string()
            case _:
                self._take(SCALAR)

    def _array(self, path: Path) -> None:
        self._at += 1
        position = 0
        while self._next() != "]":
            self._value(self._note((*path, position), self._here()))
            position += 1
        self._at += 1

    def _inline(self, path: Path) -> None:
        self._at += 1
        while self._next() != "}":
            self._pair(path)
        self._at += 1

    def _next(self) -> str:
        """Return the next character of an array or inline table that is neither blank nor a comma."""
        self._blank()
        if self._text[self._at] == ",":
            self._at += 1
            self._blank()
        return self._text[self._at]

    def _string(self) -> str:
        for quote in QUOTES:
            if quote.match(self._text, self._at) is not None:
                return self._take(quote)
        return ""

    def _take(self, form: re.Pattern[str]) -> str:
        match = form.match(self._text, self._at)
        if match is None:
            return ""
        self._at = match.end()
        return match.group()

    def _blank(self) -> int:
        self._take(BLANK)
        return self._at

    def _here(self) -> int:
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line

    def _note(self, path: Path, line: int) -> Path:
        self._found.setdefault(path, line)
        return path
