"""What other tools found, as facts for the record: which tool, which of its rules, how grave, how often.

Rules of this file: pure. No text of a document gets further than this: a tool is a name in the record's form, a rule is
its digest, and its name where that is in the form already; messages, places and descriptions are not read at all.
Documents are bounded in octets, depth and rows, and a member that stands twice makes one unreadable.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from bartizan.ledger.forms import NAME, is_name
from bartizan.strict_json import MemberRepeated, no_constant, once

KIND: Final = "threats.finding.imported"
LARGEST: Final = 32 << 20
"""Octets of a document."""
DEEPEST: Final = 64
"""Arrays and objects within each other."""
MOST_ROWS: Final = 10_000
"""Different rules and severities of one document."""
LONGEST: Final = 4096
"""Characters of a tool's name or a rule's id."""
_ANONYMOUS: Final = "unnamed"
_BLANK: Final = re.compile(r"[ \t\r\n]*")
_BRACKETS: Final = re.compile(rb'[\[\]{}]|"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
"""A bracket, or a string as a whole; possessive, for the engine remembers each way back, a hundred octets each."""
_STEPS: Final = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}


class DocumentRefused(ValueError):
    """A document of findings that cannot be read; `fault` says why, without its text."""

    def __init__(self, fault: str) -> None:
        """Name the fault."""
        super().__init__(f"the document cannot be imported: {fault}")
        self.fault = fault


class Finding(msgspec.Struct, frozen=True):
    """One thing that another tool found, or no longer finds.

    Attributes:
        tool: its name, as it writes it.
        rule: id of its rule, as it writes it; empty where it names none.
        severity: a word of the vocabulary's `SEVERITY`.
        cleared: whether it is no longer found.
    """

    tool: str
    rule: str
    severity: str
    cleared: bool = False


class Read(msgspec.Struct, frozen=True):
    """What a document holds.

    Attributes:
        findings: what was found, or cleared.
        tools: every tool that it is of, those that found nothing too.
        left: things that are no findings: what passed, what was suppressed, events of other kinds.
    """

    findings: tuple[Finding, ...]
    tools: tuple[str, ...]
    left: int = 0


class Row(msgspec.Struct, frozen=True):
    """One event's worth: what it says, whether it is cleared, and its detail."""

    detail: dict[str, int | str]
    cleared: bool = False


def documents(octets: bytes) -> Iterator[Any]:
    """Yield the JSON values of a document, one after the other.

    Raises:
        DocumentRefused: it is not JSON with one reading, or too large, or too deep.
    """
    if len(octets) > LARGEST:
        raise DocumentRefused(f"it is larger than {LARGEST} octets")
    if _depth(octets) > DEEPEST:
        raise DocumentRefused(f"it is deeper than {DEEPEST} arrays and objects")
    decoder = json.JSONDecoder(object_pairs_hook=once, parse_constant=no_constant)
    try:
        text = octets.decode("utf-8-sig")
        at = _end(text, 0)
        while at < len(text):
            value, at = decoder.raw_decode(text, at)
            yield value
            at = _end(text, at)
    except MemberRepeated:
        raise DocumentRefused("an object names a member twice") from None
    except (ValueError, RecursionError):
        raise DocumentRefused("it is not JSON in UTF-8") from None


def _end(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found is not None else at


def _depth(octets: bytes) -> int:
    """Return how deep arrays and objects lie within each other, strings left out."""
    depth = deepest = 0
    for found in _BRACKETS.finditer(octets):
        first = octets[found.start()]
        depth += _STEPS.get(first, 0)
        deepest = max(deepest, depth)
    return deepest


def text(value: object, fault: str) -> str:
    """Return a value that is to be a text, in bounds.

    Raises:
        DocumentRefused: it is none, or too long.
    """
    if not isinstance(value, str) or len(value) > LONGEST:
        raise DocumentRefused(fault)
    return value


def rows(form: str, octets: bytes, read: Read) -> tuple[Row, ...]:
    """Return what goes on record of a document: a row for each tool, rule and severity, in a fixed order.

    Args:
        form: `ocsf` or `sarif`.
        octets: the document.
        read: what it holds.
    Raises:
        DocumentRefused: more rows than `MOST_ROWS`.
    """
    document = hashlib.sha256(octets).hexdigest()
    shared: dict[str, int | str] = {"format": form, "document": document}
    counted = Counter((name(one.tool), one.rule, one.severity, one.cleared) for one in read.findings)
    if len(counted) > MOST_ROWS:
        raise DocumentRefused(f"it has more than {MOST_ROWS} different rules and severities")
    found = [
        Row(shared | {"source": tool, "severity": severity, "count": count} | _rule(rule), cleared)
        for (tool, rule, severity, cleared), count in sorted(counted.items())
    ]
    silent = {name(tool) for tool in read.tools} - {tool for tool, *_ in counted}
    return (*found, *(Row(shared | {"source": tool, "count": 0}, cleared=True) for tool in sorted(silent)))


def _rule(rule: str) -> dict[str, int | str]:
    if not rule:
        return {}
    digest = hashlib.sha256(rule.encode("utf-8", "surrogatepass")).hexdigest()
    lower = rule.lower()
    return {"digest": digest, **({"rule": lower} if is_name(lower) else {})}


def name(tool: str) -> str:
    """Return a tool's name in the record's form: in lower case, a hyphen for what cannot stand there."""
    plain = re.sub(r"[^a-z0-9._-]+", "-", tool.lower()).strip("-._")[:63]
    return plain if NAME.fullmatch(plain) else _ANONYMOUS


def subject(form: str, octets: bytes) -> str:
    """Return what the events of a document are about: the document, by form and digest."""
    return f"{form}-{hashlib.sha256(octets).hexdigest()[:32]}"


def members(value: object) -> dict[str, Any]:
    """Return an object's members; none of what is no object."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> Iterable[Any]:
    """Return an array's items; none of what is no array."""
    return value if isinstance(value, list) else ()
