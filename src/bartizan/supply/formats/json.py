"""JSON: configurations, tokenizers, notebooks, model descriptions. It is data; what it names that a loader runs is told.

Rules of this file: one reading, no name twice; which kind of document it is says nothing about what it may hold.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from bartizan.supply.format import LAST, Damaged, Format, Look, Read
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.parsers import document, notebook, weights_manifest
from bartizan.supply.parsers.json_tree import LARGEST, parsed
from bartizan.supply.parsers.telling import Telling, told

_MARK: Final = b"\xef\xbb\xbf"
"""Mark of the order of octets, which some editors write before a document and most readers pass over."""
_BEGINS: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?[ \t\r\n]*(?:\{[ \t\r\n]*[\"}]|\[[ \t\r\n\[]*(?:[\"\]{0-9-]|true|false|null|NaN|Infinity))"
)
"""An object, or a list with a value, as Python reads it; a table of TOML or a section of a settings file begins otherwise."""
_LOOKED_AT: Final = 4096
_SPACE: Final = b" \t\r\n"
_LINES: Final = (".jsonl", ".ndjson")
"""How files are called that have a document a line."""
_PIECE: Final = 1 << 20
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
    """Return whether it begins as an object or a list does; as nothing but white space, it may yet."""
    head = bytes(octets.view[:_LOOKED_AT])
    return _BEGINS.match(head) is not None or (len(octets) > _LOOKED_AT and not head.strip(_SPACE))


def read(octets: Octets, budget: Budget, look: Look) -> Read:
    """Return what is said of a document."""
    del look
    return told(lambda telling: _walk(octets, budget, telling))


def _walk(octets: Octets, budget: Budget, telling: Telling) -> None:
    if octets.name.lower().endswith(_LINES):
        telling.format = "json-lines"
        for line in _lines(octets):
            document.judge(parsed(line, budget, constants=True), budget, telling)
        return
    start = len(_MARK) if octets.begins(_MARK) else 0
    tree = parsed(octets.part(start, len(octets) - start), budget, constants=True)
    if notebook.is_notebook(tree):
        telling.format = "notebook"
        notebook.judge(tree, telling)
    else:
        telling.format = _kind(tree)
        weights_manifest.describe(tree, telling)
    document.judge(tree, budget, telling)


def _lines(octets: Octets) -> Iterator[Octets]:
    """Yield the lines of a file that are not empty."""
    kept = b""
    for start in range(0, len(octets), _PIECE):
        *whole, kept = (kept + bytes(octets.view[start : start + _PIECE])).split(b"\n")
        if len(kept) > LARGEST:
            raise Damaged("json-too-large", f"it has a line of more than {LARGEST >> 20} MiB")
        yield from (Octets(line) for line in whole if line.strip(_SPACE))
    if kept.strip(_SPACE):
        yield Octets(kept)


def _kind(tree: Any) -> str:  # noqa: ANN401 - JSON is what it is
    if not isinstance(tree, dict):
        return ""
    return next((word for word, members in _KINDS if members <= tree.keys()), "")


FORMAT: Final = Format("json", knows, read, order=LAST + 3)
