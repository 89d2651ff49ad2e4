"""What some unpickler could still name of octets that no pickler writes: text in which a pickle is hidden.

Rules of this file: more is taken for a pickle than any unpickler takes, never less. An argument counts where one of them could read it: the
one in C takes `I0x1` and `L1_0L`, which the strict reading (`arguments.py`) refuses. The stack is not followed. What stands behind a module
that cannot be there is not reached, for importing it stops them all.
Source: CPython, Modules/_pickle.c (load_int, load_long, load_float, load_string, load_get, load_put).
"""

import re
from collections.abc import Iterator
from typing import Final

from bartizan.supply.format import Damaged
from bartizan.supply.octets import Budget
from bartizan.supply.pickles.opcodes import OPCODES

_NAMING: Final = frozenset({"GLOBAL", "INST"})
_TEXTS: Final = frozenset(
    {"STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"}
)
"""Opcodes that push what STACK_GLOBAL takes. EXT1 to EXT4 name what stands in a registry that is empty where no program fills it."""
_NUMBER: Final = re.compile(rb"[ \t\v\f\r]*[+-]?[0-9][0-9A-Za-z_]*[ \t\v\f\r]*")
_REAL: Final = re.compile(rb"[ \t\v\f\r]*[+-]?(?:[0-9.][0-9A-Za-z_.+-]*|(?i:inf|infinity|nan))[ \t\v\f\r]*")
_QUOTED: Final = re.compile(rb"[ \t\v\f\r]*['\"].*['\"][ \t\v\f\r]*")
_ANYTHING: Final = re.compile(rb".*", re.DOTALL)
_LINES: Final = {
    "INT": _NUMBER, "LONG": _NUMBER, "FLOAT": _REAL, "STRING": _QUOTED, "GET": _NUMBER, "PUT": _NUMBER,
    "UNICODE": _ANYTHING, "PERSID": _ANYTHING,
}  # fmt: skip
"""Opcode whose argument is a line -> what some unpickler takes for it."""
_MODULE: Final = re.compile(r"[\w.]+")
_PIECE: Final = 1 << 12
_LETTERS: Final = 64
"""Octets of a line that cost one operation."""


def names(view: memoryview, budget: Budget) -> Iterator[tuple[str, str]]:
    """Yield what could be named, as (module, name); two empty ones where it is made of texts on the stack.

    Raises:
        Exhausted: the budget does not reach.
    """
    at, texts = 0, False
    while at < len(view) and view[at] in OPCODES:
        budget.spend(1)
        word = OPCODES[view[at]].name
        texts = texts or word in _TEXTS
        if word in _NAMING:
            module, middle = _line(view, at + 1, budget)
            name, at = _line(view, middle, budget)
            if not _MODULE.fullmatch(module.decode("utf-8", "replace")) or not name:
                return
            yield module.decode(), name.decode("utf-8", "replace")
        elif word in _LINES:
            line, at = _line(view, at + 1, budget)
            if not _LINES[word].fullmatch(line):
                return
        else:
            if word == "STACK_GLOBAL" and texts:
                yield "", ""
            at = _after(view, at)


def _after(view: memoryview, at: int) -> int:
    """Return the place of the next instruction; the end where an argument is cut off, or none that an unpickler reads."""
    try:
        return OPCODES[view[at]].read(view, at + 1)[1]
    except Damaged:
        return len(view)


def _line(view: memoryview, at: int, budget: Budget) -> tuple[bytes, int]:
    """Return a line and the place after it; what has no end is no line."""
    line = b""
    while at + len(line) < len(view):
        budget.spend(_PIECE // _LETTERS)
        line += bytes(view[at + len(line) : at + len(line) + _PIECE])
        whole, end, _ = line.partition(b"\n")
        if end:
            return whole, at + len(whole) + 1
    return b"", len(view)
