"""How `bartizan ledger verify --columns` shows whether the copy for analysis says what the tree says."""

from pathlib import Path
from typing import Any

from bartizan.cli.command import UsageInvalid
from bartizan.ledger.column_check import Comparison, compare
from bartizan.ledger.column_engine import EXTRA, available
from bartizan.ledger.column_pieces import Piece


def compared(ledger: Path) -> Comparison:
    """Return what comparing came to.

    Raises:
        UsageInvalid: the extra is not here.
    """
    if not available():
        raise UsageInvalid(f"--columns needs the package duckdb: pip install 'bartizan[{EXTRA}]'")
    return compare(ledger)


def same(found: Comparison | None) -> bool:
    """Return whether nothing differs, as far as it was looked."""
    return found is None or not found.differing


def sentences(found: Comparison | None) -> list[str]:
    """Return the lines for people."""
    if found is None:
        return []
    stale = f"; {found.stale} more are older than the tree and not read" if found.stale else ""
    lines = [f"copy: {len(found.compared)} files over {found.entries} entries compared{stale}"]
    lines += [f"  {piece.name} DIFFERS from the tree: entries {_span(piece)}" for piece in found.differing]
    if found.differing:
        lines.append(
            "  the tree is what holds; remove these files, and a running platform makes them anew from it"
        )
    return lines


def told(found: Comparison | None) -> dict[str, Any]:
    """Return what JSON says of it; nothing where it was not asked for."""
    if found is None:
        return {}
    differing = [
        {"file": piece.name, "first": piece.first, "end": piece.end, "what": "differs from the tree"}
        for piece in found.differing
    ]
    counts = {"files": len(found.compared), "entries": found.entries, "stale": found.stale}
    return {"columns": {**counts, "differing": differing}}


def _span(piece: Piece) -> str:
    return f"#{piece.first}-{piece.end - 1}"
