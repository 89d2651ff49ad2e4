"""Jinja: a chat template in a file of its own (`chat_template.jinja`).

Rules of this file: it has no magic, so it is asked last: text that has a template's delimiters.
"""

from typing import Final

from bartizan.supply.format import Damaged, Format, Look, Read
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.parsers.jinja_judge import judge
from bartizan.supply.parsers.jinja_syntax import LARGEST
from bartizan.supply.parsers.telling import Telling, told

_LOOKED_AT: Final = 4 * LARGEST
"""Octets of text: a letter has at most four."""


def knows(octets: Octets) -> bool:
    """Return whether it is text with a template's delimiters."""
    start = bytes(octets.view[:_LOOKED_AT])
    if b"{{" not in start and b"{%" not in start:
        return False
    try:
        return start.decode().isascii() or b"\0" not in start
    except UnicodeDecodeError:
        return False


def read(octets: Octets, budget: Budget, look: Look) -> Read:
    """Return what is said of a template."""
    del look
    return told(lambda telling: _walk(octets, budget, telling))


def _walk(octets: Octets, budget: Budget, telling: Telling) -> None:
    if len(octets) > _LOOKED_AT:
        raise Damaged("template-too-large", f"its chat template has more than {LARGEST:,} letters")
    try:
        source = bytes(octets.view).decode()
    except UnicodeDecodeError as fault:
        raise Damaged("not-text", "its chat template is not UTF-8", fault.start) from None
    judge(source, budget, telling)


FORMAT: Final = Format("jinja", knows, read, order=90)
