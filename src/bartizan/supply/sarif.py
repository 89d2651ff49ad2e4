"""Findings as SARIF, for what shows them beside source code.

Source: OASIS SARIF 2.1.0; GitHub's page on SARIF support for code scanning, for what it needs and how much it takes.
"""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from bartizan.control import Severity
from bartizan.supply.scan import Scanned
from bartizan.supply.subject import Standing
from bartizan.supply.told import Told

MOST: Final = 25_000
"""Results of one run that GitHub takes."""
_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_SCORES: Final = {Severity.CRITICAL: "9.8", Severity.HIGH: "8.0", Severity.MEDIUM: "5.5", Severity.LOW: "2.0"}
"""As CVSS counts: how GitHub sorts what concerns security."""

Row = tuple[Scanned, Told, bool]
"""A file, a finding of it, and whether it was accepted before."""


def document(rows: Iterable[Row], folder: Path, version: str, fails_from: Standing) -> dict[str, Any]:
    """Return a log of one run.

    Args:
        rows: what was found.
        folder: to which the places of files are relative.
        version: of Bartizan.
        fails_from: findings of files that stand as bad as this, or worse, are errors; others are warnings.
    """
    kept: list[Row] = []
    left = 0
    for row in rows:
        if len(kept) < MOST:
            kept.append(row)
        else:
            left += 1
    words = sorted({told.word for _, told, _ in kept})
    places = {word: place for place, word in enumerate(words)}
    driver = {
        "name": "Bartizan",
        "semanticVersion": version,
        "rules": [_rule(word, [told for _, told, _ in kept if told.word == word]) for word in words],
    }
    run: dict[str, Any] = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(row, folder, places, fails_from) for row in kept],
        "invocations": [_invocation(left)],
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _invocation(left: int) -> dict[str, Any]:
    if not left:
        return {"executionSuccessful": True}
    text = f"{left} more findings are not told here, since a run takes {MOST}; scan folders one by one"
    return {
        "executionSuccessful": False,
        "toolExecutionNotifications": [{"level": "error", "message": {"text": text}}],
    }


def _rule(word: str, found: list[Told]) -> dict[str, Any]:
    worst = max(found, key=lambda each: each.standing.rank)
    return {
        "id": word,
        "name": "".join(part.capitalize() for part in word.split("-")),
        "shortDescription": {"text": f"Model file: {word.replace('-', ' ')}"},
        "fullDescription": {"text": worst.what},
        "help": {
            "text": "A file that is not proven inert is not to be loaded; docs/artifacts.md says what each word means."
        },
        "defaultConfiguration": {"level": "error"},
        "properties": {
            "tags": ["security"],
            "security-severity": _SCORES[worst.severity],
            "precision": "high",
        },
    }


def _result(row: Row, folder: Path, places: dict[str, int], fails_from: Standing) -> dict[str, Any]:
    scanned, told, accepted = row
    place = f"{told.member}: " if told.member else ""
    at = f" (octet {told.offset})" if told.offset >= 0 else ""
    uri = _uri(scanned.path, folder)
    mark = "\0".join((uri, scanned.sha256, told.word, told.member, str(told.offset), told.what))
    result: dict[str, Any] = {
        "ruleId": told.word,
        "ruleIndex": places[told.word],
        "level": "error" if told.standing.rank >= fails_from.rank else "warning",
        "message": {"text": f"{scanned.file.format}, {told.standing.value}: {place}{told.what}{at}"},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri}, "region": {"startLine": 1}}}],
        "partialFingerprints": {"bartizan/v1": hashlib.sha256(mark.encode()).hexdigest()},
    }
    if accepted:
        result["suppressions"] = [{"kind": "external", "status": "accepted"}]
    return result


def _uri(path: Path, folder: Path) -> str:
    """Return a relative reference where the file lies in the folder, else one to this machine's file."""
    whole, root = (os.path.abspath(each) for each in (path, folder))  # noqa: PTH100 - resolve() would follow links
    within = os.path.commonpath((whole, root)) == root
    way = os.path.relpath(whole, root) if within else whole
    return ("" if within else "file://") + quote(os.fsencode(way))
