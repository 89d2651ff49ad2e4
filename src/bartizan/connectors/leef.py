r"""Entries in the Log Event Extended Format 2.0, its attributes between tabs. Pure.

    LEEF:2.0|Bartizan|Bartizan|VERSION|KIND|x09|key=value<TAB>key=value

Rules of this file: the format has no escapes, so what would end a field is a question mark. An entry holds nothing of
the kind.
Source: IBM QRadar, LEEF event components, version 2.0.
"""

import re
from typing import Final

from bartizan.connectors.source import OF_TEN, PRODUCT, VENDOR, Source, fields, severity
from bartizan.ledger.entry import Entry

_MILLISECOND: Final = 1_000_000
_NOT_IN_HEAD: Final = re.compile(r"[^ -~]|\|")
_NOT_IN_VALUE: Final = re.compile(r"[^ -~]")
_KNOWN: Final = {"kind": "cat", "actor": "usrName"}
"""Part of an entry -> the key that the format has for it."""


def encode(source: Source, entry: Entry) -> bytes:
    """Return an entry as one line."""
    event = entry.event
    head = (VENDOR, PRODUCT, source.version, event.kind)
    said: dict[str, int | str] = {
        "devTime": event.at // _MILLISECOND,
        "sev": OF_TEN[severity(event)],
        "ledger": source.ledger,
    }
    said |= {_KNOWN.get(part, part): value for part, value in fields(entry).items() if value != ""}
    attributes = "\t".join(f"{key}={in_value(str(value))}" for key, value in said.items())
    return f"LEEF:2.0|{'|'.join(map(in_head, head))}|x09|{attributes}".encode("ascii")


def in_head(text: str) -> str:
    """Return a text as it may stand between two pipes."""
    return _NOT_IN_HEAD.sub("?", text)


def in_value(text: str) -> str:
    """Return a text as it may stand between two tabs, behind a key's equals sign."""
    return _NOT_IN_VALUE.sub("?", text)
