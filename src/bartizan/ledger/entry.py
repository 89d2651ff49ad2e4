"""An entry of the tree: which segment and record it came from, and the record's event.

    entry = segment:u64 sequence:u64 body      integers big-endian; the tree hashes these octets
    run = segment:u64 sequence:u64 bodies      a row of the database: neighbours, a line feed between their bodies

Rules of this file: pure. The origin is inside what is hashed, so that a record that was left out, doubled or
moved by whoever fills the tree shows as a gap in its segment. Segment 0 is the sealer's own.
"""

import struct
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Final

import msgspec

from bartizan.ledger.block import ENTRIES
from bartizan.ledger.event import Event, decode
from bartizan.ledger.segment import BETWEEN

ORIGIN: Final = struct.Struct(">QQ")
_LEAF: Final = struct.Struct(">BQQ")
"""What a leaf's hash begins with: its mark and its origin."""
_MOST: Final = 2**64 - 1
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


def runs(index: int, segment: int, sequence: int, bodies: Sequence[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield (index of the first, run) for the rows of neighbouring entries; none reaches over a block's end.

    Args:
        index: of the first entry in the tree.
        segment, sequence: where the first one came from.
        bodies: of the entries.
    """
    at = 0
    while at < len(bodies):
        end = at + ENTRIES - (index + at) % ENTRIES
        yield index + at, ORIGIN.pack(segment, sequence + at) + BETWEEN.join(bodies[at:end])
        at = end


def origin_leaf_hashes(segment: int, sequence: int, bodies: Sequence[bytes]) -> list[bytes]:
    """Return the leaf hashes of neighbouring entries, in one go.

    Args:
        segment, sequence: where the first one came from.
        bodies: of the entries.
    Source: RFC 6962, section 2.1.
    """
    pack = _LEAF.pack
    return [sha256(pack(0, segment, number) + body).digest() for number, body in enumerate(bodies, sequence)]


def entries_in(run: object) -> list[bytes]:
    """Return the entries of a row; what is no run is one entry, as it is, or nothing like one."""
    if not isinstance(run, bytes):
        return [b"\0"]  # somebody stored a number in its place
    bodies = run[ORIGIN.size :].split(BETWEEN)
    if len(bodies) == 1:
        return [run]
    segment, sequence = ORIGIN.unpack_from(run)
    if sequence > _MOST - len(bodies):
        return [run]
    return [ORIGIN.pack(segment, number) + body for number, body in enumerate(bodies, sequence)]
