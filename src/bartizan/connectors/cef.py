r"""Entries in the Common Event Format. Pure.

    CEF:0|Bartizan|Bartizan|VERSION|KIND|TITLE|SEVERITY|key=value key=value

Rules of this file: in the head `\` and `|` are escaped, in values `\`, `=` and line ends, and whatever else is not
visible is a question mark, so that no value can begin another one, or another line. An entry holds nothing of the kind.
Source: ArcSight Common Event Format, implementation standard, version 26.
"""

import re
from typing import Final

from bartizan.connectors.source import OF_TEN, PRODUCT, VENDOR, Source, fields, severity, title
from bartizan.ledger.entry import Entry

_INVISIBLE: Final = re.compile(r"[^ -~]")
_MILLISECOND: Final = 1_000_000
_KNOWN: Final = {"entry": "externalId", "actor": "suid", "outcome": "outcome", "kind": "cat"}
"""Part of an entry -> the key that the format has for it."""


def encode(source: Source, entry: Entry) -> bytes:
    """Return an entry as one line."""
    event = entry.event
    head = (VENDOR, PRODUCT, source.version, event.kind, title(event), str(OF_TEN[severity(event)]))
    said: dict[str, int | str] = {"rt": event.at // _MILLISECOND, "deviceExternalId": source.ledger}
    said |= {_key(part): value for part, value in fields(entry).items() if value != ""}
    extension = " ".join(f"{key}={in_extension(str(value))}" for key, value in said.items())
    return f"CEF:0|{'|'.join(map(in_head, head))}|{extension}".encode("ascii")


def in_head(text: str) -> str:
    """Return a text as it may stand between two pipes."""
    return _INVISIBLE.sub("?", text).replace("\\", "\\\\").replace("|", "\\|")


def in_extension(text: str) -> str:
    """Return a text as it may stand behind a key's equals sign."""
    escaped = text.replace("\\", "\\\\").replace("=", "\\=").replace("\r", "\\r").replace("\n", "\\n")
    return _INVISIBLE.sub("?", escaped)


def _key(part: str) -> str:
    """Return the key of a part: the format's own, or ours in its form (`bartizanDetailStatus`)."""
    words = re.split(r"[.-]", part)
    return _KNOWN.get(part) or "bartizan" + "".join(word.capitalize() for word in words)
