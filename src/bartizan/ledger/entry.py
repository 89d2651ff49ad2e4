"""An entry of the tree: which segment and record it came from, and the record's event.

    entry = segment:u64 sequence:u64 body      integers big-endian; the tree hashes these octets

Rules of this file: pure. The origin is inside what is hashed, so that a record that was left out, doubled or
moved by whoever fills the tree shows as a gap in its segment. Segment 0 is the sealer's own.
"""

import struct
from typing import Final

import msgspec

from bartizan.ledger.event import Event, decode

ORIGIN: Final = struct.Struct(">QQ")
OWN_SEGMENT: Final = 0
"""Segment of the events that the sealer appends itself."""


class Entry(msgspec.Struct, frozen=True):
    """One entry.

    Attributes:
        index: its place in the tree, from 0.
        segment, sequence: where it came from.
        event: what it says.
    """

    index: int
    segment: int
    sequence: int
    event: Event


def encode_entry(segment: int, sequence: int, body: bytes) -> bytes:
    """Return the octets that the tree hashes."""
    return ORIGIN.pack(segment, sequence) + body


def decode_entry(index: int, octets: bytes) -> Entry:
    """Return the entry at an index from its octets.

    Raises:
        NotAnEvent: its body is not a canonical event.
    """
    event = decode(octets[ORIGIN.size :])
    segment, sequence = ORIGIN.unpack_from(octets)
    return Entry(index, segment, sequence, event)
