"""JSON: configurations, tokenizers, notebooks, model descriptions. It is data; what it names that a loader runs is told.

Rules of this file: one reading, no name twice; which kind of document it is says nothing about what it may hold.
"""

import re
from typing import Any, Final

from bartizan.supply.format import LAST, Format, Look, Read
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.parsers import document, notebook
from bartizan.supply.parsers.json_tree import parsed
from bartizan.supply.parsers.telling import Telling, told

_BEGINS: Final = re.compile(rb"[ \t\r\n]*(?:\{[ \t\r\n]*[\"}]|\[[ \t\r\n]*[\"\[\]{0-9tfn-])")
_LOOKED_AT: Final = 4096
_KINDS: Final = (
    ("xgboost-json", {"learner", "version"}),
    ("tokenizer", {"model", "added_tokens"}),
    ("tokenizer-config", {"tokenizer_class"}),
    ("model-config", {"model_type"}),
    ("keras-config", {"class_name", "config"}),
    ("skops-schema", {"__loader__", "__module__"}),
)
"""Word of a kind -> members that one has."""


def knows(octets: Octets) -> bool:
    """Return whether it begins as an object or a list does."""
    return _BEGINS.match(octets.view[:_LOOKED_AT]) is not None


def read(octets: Octets, budget: Budget, look: Look) -> Read:
    """Return what is said of a document."""
    del look
    return told(lambda telling: _walk(octets, budget, telling))


def _walk(octets: Octets, budget: Budget, telling: Telling) -> None:
    tree = parsed(octets, budget, constants=True)
    if notebook.is_notebook(tree):
        telling.format = "notebook"
        notebook.judge(tree, telling)
    else:
        telling.format = _kind(tree)
    document.judge(tree, budget, telling)


def _kind(tree: Any) -> str:  # noqa: ANN401 - JSON is what it is
    if not isinstance(tree, dict):
        return ""
    return next((word for word, members in _KINDS if members <= tree.keys()), "")


FORMAT: Final = Format("json", knows, read, order=LAST + 1)
