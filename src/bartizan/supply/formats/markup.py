"""HTML, SVG and XML: documents for people and for data sets; what of them runs where they are shown is told."""

import re
from pathlib import PurePosixPath
from typing import Final

from bartizan.supply.format import LAST, Damaged, Format, Look, Read
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.parsers.markup import tags
from bartizan.supply.parsers.markup_judge import judge
from bartizan.supply.parsers.telling import Telling, told

_NAMES: Final = frozenset({".html", ".htm", ".xhtml", ".shtml", ".svg", ".xml", ".xsl", ".xslt"})
_BEGINS: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?[\s\0]*<(?:!doctype|\?xml|!--|(?:html|head|title|meta|link|style|script|body|iframe|h1|div|font|table|a|br|p|b|svg)[\s/>])",
    re.IGNORECASE,
)
"""How documents begin that browsers take for such whatever they are called (MIME Sniffing Standard, 7.1)."""
_HEAD: Final = 1024
_LARGEST: Final = 64 << 20
_LETTERS: Final = 64
"""Octets that cost one operation."""


def knows(octets: Octets) -> bool:
    """Return whether it begins, or is called, as a document of tags."""
    return PurePosixPath(octets.name).suffix.lower() in _NAMES or bool(
        _BEGINS.match(bytes(octets.view[:_HEAD]))
    )


def read(octets: Octets, budget: Budget, look: Look) -> Read:
    """Return what is said of a document."""
    del look
    return told(lambda telling: _walk(octets, budget, telling))


def _walk(octets: Octets, budget: Budget, telling: Telling) -> None:
    if len(octets) > _LARGEST:
        raise Damaged("markup-too-large", f"it is longer than {_LARGEST >> 20} MiB")
    budget.spend(len(octets) // _LETTERS)
    try:
        text = bytes(octets.view).decode()
    except UnicodeDecodeError as fault:
        raise Damaged("markup-alphabet", "it is not written in UTF-8; save it so", fault.start) from None
    if "\0" in text:
        raise Damaged("markup-unclear", "it holds zeros, which readers pass over", text.index("\0"))
    judge(tags(text, budget), telling)


FORMAT: Final = Format("markup", knows, read, order=LAST + 1)
