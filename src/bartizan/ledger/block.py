"""What 256 neighbouring entries are about, in a row of some 600 octets, so that a query can pass them over.

Rules of this file: pure. A block says what may be in it, never what is: a query re-reads the entries. It is
derived from them entirely, and `ledger verify` derives it again, so that a doctored block, which could only
hide entries from a query, is found.
"""

import struct
from typing import Final
from zlib import crc32

import msgspec

from bartizan.ledger.grammar import Columns

ENTRIES: Final = 256
"""Entries in a block."""
TERM_OCTETS: Final = 4
_FIELDS: Final = {name: crc32(f"{name}:".encode()) for name in ("kind", "actor", "subject", "control")}


class Block(msgspec.Struct, frozen=True):
    """A summary of 256 entries.

    Attributes:
        number: the block's place: it covers the entries from 256 x number on.
        least, most: the earliest and the latest instant in it.
        terms: sorted, the 4-octet `term` of every kind (and its dotted prefixes), actor, subject and control.
    """

    number: int
    least: int
    most: int
    terms: bytes


def term(field: str, value: str) -> bytes:
    """Return the short name of a field's value; others may share it, one in four thousand million."""
    return crc32(value.encode(errors="surrogatepass"), _FIELDS[field]).to_bytes(TERM_OCTETS, "big")


def summarize(number: int, events: Columns) -> Block:
    """Return the block of these 256 events."""
    kinds = {prefix for kind in set(events.kind) for prefix in prefixes(kind)}
    names: set[int] = set()
    for field, values in (
        ("kind", kinds),
        ("actor", set(events.actor)),
        ("subject", set(events.subject)),
        ("control", set(events.control)),
    ):
        start = _FIELDS[field]
        names.update([crc32(value, start) for value in values])
    return Block(number, min(events.at), max(events.at), struct.pack(f">{len(names)}I", *sorted(names)))


def prefixes(kind: bytes) -> list[bytes]:
    """Return a kind and what it begins with: `a`, `a.b` and `a.b.c` for `a.b.c`."""
    words = kind.split(b".")
    return [b".".join(words[:count]) for count in range(1, len(words) + 1)]
