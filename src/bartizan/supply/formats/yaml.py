"""YAML: configurations, of Hydra and NeMo above all. It is data; what it names that a loader runs is told.

Rules of this file: it has no magic, so that loaders know it by its name, and so does this.
"""

from typing import Final

from bartizan.supply.format import LAST, Damaged, Format, Look, Read
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.parsers import document
from bartizan.supply.parsers.telling import Telling, told
from bartizan.supply.parsers.yaml_tree import LARGEST, NAMES, documents


def knows(octets: Octets) -> bool:
    """Return whether it is called as YAML is, and holds no zero as other formats do."""
    return octets.name.lower().endswith(NAMES) and b"\0" not in bytes(octets.view[:4096])


def read(octets: Octets, budget: Budget, look: Look) -> Read:
    """Return what is said of a document."""
    del look
    return told(lambda telling: _walk(octets, budget, telling))


def _walk(octets: Octets, budget: Budget, telling: Telling) -> None:
    if len(octets) > 4 * LARGEST:
        raise Damaged("yaml-too-large", f"it has more than {LARGEST:,} letters of YAML")
    try:
        text = bytes(octets.view).decode()
    except UnicodeDecodeError as fault:
        raise Damaged("not-text", "it is not UTF-8", fault.start) from None
    for tree in documents(text, budget, telling):
        document.judge(tree, budget, telling)


FORMAT: Final = Format("yaml", knows, read, order=LAST + 2)
