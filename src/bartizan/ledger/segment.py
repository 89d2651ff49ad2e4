"""The format of a journal segment: records that a later thief of the writer's memory cannot alter.

    record = length:u32 checksum:u32 sequence:u64 body tag:32      integers little-endian
    tag || next key = BLAKE2b-512(key, length checksum sequence body)
    checksum = CRC-32 of the body, started from the sequence

Rules of this file: pure. Each record's key is derived from the one before and the first is gone once record 0
is written, so whoever takes the writer over at record n can forge from n on, and nothing before. A record
that is not whole at the end of the file is torn; anything else that does not fit is altered.
"""

import enum
import struct
import zlib
from hashlib import blake2b
from hmac import compare_digest
from typing import Final

import msgspec

from bartizan.crypto.secret import Tag

HEAD: Final = struct.Struct("<IIQ")
TAG_OCTETS: Final = 32
KEY_OCTETS: Final = 32
MOST_BODY: Final = 4096
"""Octets of a record's body at most; a longer length field is an alteration, not a torn record."""
MOST_RECORD: Final = HEAD.size + MOST_BODY + TAG_OCTETS

_U32: Final = 0xFFFF_FFFF


class Fault(enum.Enum):
    """What does not fit about an altered record."""

    LENGTH = "length"
    SEQUENCE = "sequence"
    CHECKSUM = "checksum"
    TAG = "tag"
    BODY = "body"


class Batch(msgspec.Struct, frozen=True):
    """What one reading found.

    Attributes:
        bodies: of the whole, authentic records, in order.
        octets: how many octets of the data those records take.
        key, sequence: for the record after them.
        fault: what is wrong with the record after them; None where it is not there, or not yet whole.
    """

    bodies: list[bytes]
    octets: int
    key: bytes | bytearray
    sequence: int
    fault: Fault | None


def seal(key: bytes | bytearray, sequence: int, body: bytes) -> tuple[bytes, bytes]:
    """Return the record and the key of the next one.

    Args:
        key: 32 octets.
        sequence: of this record, from 0.
        body: at most `MOST_BODY` octets.
    """
    head = HEAD.pack(len(body), zlib.crc32(body, sequence & _U32), sequence)
    content = head + body
    both = blake2b(content, key=key).digest()
    return content + both[:32], both[32:]


def read(data: bytes, key: bytes | bytearray, sequence: int) -> Batch:
    """Return the whole records at the beginning of the data, each checked.

    Args:
        data: octets of a segment, from the border of a record on.
        key, sequence: of the first record in the data.
    """
    bodies: list[bytes] = []
    at, fault, size = 0, None, len(data)
    while at + HEAD.size <= size:
        start = at + HEAD.size
        length, checksum, number = HEAD.unpack_from(data, at)
        end = start + length
        if number != sequence or not 0 < length <= MOST_BODY:
            fault = Fault.SEQUENCE if number != sequence else Fault.LENGTH
            break
        if end + TAG_OCTETS > size:
            break
        both = blake2b(data[at:end], key=key).digest()
        if not compare_digest(both[:TAG_OCTETS], data[end : end + TAG_OCTETS]):
            damaged = zlib.crc32(data[start:end], sequence & _U32) != checksum
            fault = Fault.CHECKSUM if damaged else Fault.TAG
            break
        bodies.append(data[start:end])
        key, sequence, at = both[TAG_OCTETS:], sequence + 1, end + TAG_OCTETS
    return Batch(bodies, at, key, sequence, fault)


def judge_tail(tail: bytes, key: bytes | bytearray, sequence: int) -> Fault | None:
    """Return None where the tail of a dead writer's segment is a torn record, else what was altered.

    A torn record is shorter than one record can be, and holds no whole record under another length: a length
    field that was raised would otherwise hide its own record as torn.

    Args:
        tail: what follows the last whole record.
        key, sequence: of the record that begins there.
    """
    if len(tail) >= MOST_RECORD:
        return Fault.LENGTH
    for end in range(HEAD.size + 1, len(tail) - TAG_OCTETS + 1):
        if tail[end - 1 : end] == b"}":
            record, _ = seal(key, sequence, tail[HEAD.size : end])
            if Tag(record[-TAG_OCTETS:]).matches(tail[end : end + TAG_OCTETS]):
                return Fault.LENGTH
    return None
