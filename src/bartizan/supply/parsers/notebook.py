"""A Jupyter notebook: its cells are code, and what they put out may be active.

Source: nbformat 4.5, "The Notebook file format".
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from bartizan.supply.parsers.telling import Telling, shown
from bartizan.supply.subject import Standing

_ACTIVE: Final = re.compile(
    r"<\s*(?:script|iframe|object|embed|link|meta|base|form|svg)\b|\bon[a-z]{3,20}\s*=|javascript:",
    re.IGNORECASE,
)
_SHOWN_AS_CODE: Final = frozenset({"application/javascript", "text/javascript", "application/ecmascript"})
_CELLS: Final = frozenset({"code", "markdown", "raw", "heading"})
_PAGES: Final = frozenset({"text/html", "image/svg+xml", "text/markdown", "text/latex"})


def is_notebook(tree: object) -> bool:
    """Return whether a document is a notebook."""
    return isinstance(tree, dict) and "nbformat" in tree and ("cells" in tree or "worksheets" in tree)


def judge(tree: Mapping[str, Any], telling: Telling) -> None:
    """Say how many cells of a notebook are code, and which put out what is active."""
    cells = list(_cells(tree))
    code = [
        place
        for place, cell in cells
        if cell.get("cell_type") == "code" and _text(cell.get("source", cell.get("input"))).strip()
    ]
    if code:
        telling.say(
            "notebook-code",
            f"{len(code)} of its {len(cells)} cells are code, the first is cell {code[0]}; have a person read them before they run",
            Standing.CODE,
        )
    for place, cell in cells:
        if str(cell.get("cell_type")) not in _CELLS:
            telling.say("cell-unknown", f"cell {place} is of no kind that is known", Standing.UNKNOWN)
        for kind in _active(cell):
            telling.say(
                "notebook-active",
                f"cell {place} shows active content ({shown(kind)}) when the notebook is opened; clear its outputs",
                Standing.CODE,
            )


def _cells(tree: Mapping[str, Any]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    sheets = [tree, *(each for each in _list(tree.get("worksheets")) if isinstance(each, dict))]
    found = [cell for sheet in sheets for cell in _list(sheet.get("cells"))]
    for place, cell in enumerate(found, 1):
        yield place, cell if isinstance(cell, dict) else {}


def _list(found: object) -> list[Any]:
    return found if isinstance(found, list) else []


def _text(found: object) -> str:
    return found if isinstance(found, str) else "".join(str(each) for each in _list(found))


def _active(cell: Mapping[str, Any]) -> Iterator[str]:
    if cell.get("cell_type") == "markdown" and _ACTIVE.search(_text(cell.get("source"))):
        yield "text/markdown"
    shown_by = [cell.get("attachments"), *(each for each in _list(cell.get("outputs")))]
    for each in shown_by:
        if not isinstance(each, dict):
            continue
        data = each.get("data", each)
        for kind, value in data.items() if isinstance(data, dict) else ():
            if kind in _SHOWN_AS_CODE or (kind in _PAGES and _ACTIVE.search(_text(value))):
                yield kind
