"""Plain text in UTF-8, which no loader of models executes; source code is text until something runs it (`repository.py`)."""

import codecs
import re
from pathlib import PurePosixPath
from typing import Final

from bartizan.supply.format import LAST, Damaged, Format, Look, Read
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.pickles.loose import names
from bartizan.supply.pickles.names import capability
from bartizan.supply.pickles.names import named as python3
from bartizan.supply.subject import Standing

_HEAD: Final = 4096
_PIECE: Final = 1 << 20
_CONTROL: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ufffe\uffff]")
"""What no text holds; a tab, a new page and the breaks of lines are text."""
_LANGUAGES: Final = "bash bat c cc cfg cpp cu go h hpp java jl js kt ps1 py pyi pyx r rb rs scala sh sql ts"
_SOURCE: Final = frozenset(f".{each}" for each in _LANGUAGES.split())
_ITSELF: Final = _SOURCE | {".csv", ".html", ".md", ".rst", ".tsv", ".txt"}
"""Extensions of text, which people write so that its first letters may read as instructions."""
_LETTERS: Final = 64
"""Octets of text that cost one operation."""


def knows(octets: Octets) -> bool:
    """Return whether a file begins as text; one of no octets is text too."""
    head = octets.take(0, min(len(octets), _HEAD))
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(head, final=len(octets) <= _HEAD)
    except UnicodeDecodeError:
        return False
    return _CONTROL.search(text) is None


def read(octets: Octets, budget: Budget, look: Look) -> Read:
    """Return `text`, or `source` where its name or its first line says so.

    Raises:
        Damaged: `text-damaged`, `reads-as-pickle`.
        Exhausted: it is longer than the budget.
    """
    del look
    decoder = codecs.getincrementaldecoder("utf-8")()
    for start in range(0, len(octets), _PIECE):
        count = min(_PIECE, len(octets) - start)
        budget.spend(count // _LETTERS)
        try:
            text = decoder.decode(octets.take(start, count), final=start + count == len(octets))
        except UnicodeDecodeError:
            raise _damaged(start) from None
        if _CONTROL.search(text):
            raise _damaged(start)
    extension = PurePosixPath(octets.name).suffix.lower()
    if _runs_as_pickle(octets, budget, named=extension in _ITSELF):
        what = "it is text that a loader of pickles would run; name it by what it is, or leave it out"
        raise Damaged("reads-as-pickle", what, 0)
    return Read(format="source" if extension in _SOURCE or octets.begins(b"#!") else "")


def _damaged(start: int) -> Damaged:
    return Damaged("text-damaged", "it begins as text, and holds octets that are none; get it anew", start)


def _runs_as_pickle(octets: Octets, budget: Budget, *, named: bool) -> bool:
    """Return whether an unpickler could come to an instruction that names something before it gives up.

    Args:
        octets: of the text.
        budget: of the file.
        named: whether its name says that it is text, which nobody gives to an unpickler; then what it names must be a capability.
    """
    for module, name in names(octets.view, budget):
        if not named or not module or capability(*python3(module, name, 0)).standing is Standing.MALICIOUS:
            return True
    return False


FORMAT = Format("text", knows, read, order=LAST + 9)
