"""Jinja: a chat template in a file of its own (`chat_template.jinja`).

Rules of this file: it has no magic, so that loaders know it by its name, and so does this.
"""

from typing import Final

from bartizan.supply.format import LAST, Damaged, Format, Look, Read
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.parsers.jinja_judge import judge
from bartizan.supply.parsers.jinja_tags import LARGEST
from bartizan.supply.parsers.telling import Telling, told

NAMES: Final = (".jinja", ".jinja2", ".j2")
_LARGEST: Final = 4 * LARGEST
"""Octets of text: a letter has at most four."""


def knows(octets: Octets) -> bool:
    """Return whether it is called as a template is, and holds no zero as other formats do."""
    return octets.name.lower().endswith(NAMES) and b"\0" not in bytes(octets.view[:4096])


def read(octets: Octets, budget: Budget, look: Look) -> Read:
    """Return what is said of a template."""
    del look
    return told(lambda telling: _walk(octets, budget, telling))


def _walk(octets: Octets, budget: Budget, telling: Telling) -> None:
    if len(octets) > _LARGEST:
        raise Damaged("template-too-large", f"its chat template has more than {LARGEST:,} letters")
    try:
        source = bytes(octets.view).decode()
    except UnicodeDecodeError as fault:
        raise Damaged("not-text", "its chat template is not UTF-8", fault.start) from None
    judge(source, budget, telling)


FORMAT: Final = Format("jinja", knows, read, order=LAST + 1)
