"""The format of a journal segment: frames that a later thief of the writer's memory cannot alter.

    frame = length:u32 checksum:u32 sequence:u64 bodies tag:32      integers little-endian
    bodies = the bodies of neighbouring records, a line feed between them; `sequence` is the first one's
    tag || next key = BLAKE2b-512(key, length checksum sequence bodies)
    checksum = CRC-32 of the bodies, started from the sequence

Rules of this file: pure. What is written with one write is one frame, or a few: nobody has gone on before it is
written, so that the records of a frame are one moment for everybody. Each frame's key is derived from the one
before and the first is gone once record 0 is written, so whoever takes the writer over after a frame can forge
what follows, and nothing before. A frame that is not whole at the end of the file is torn; anything else that
does not fit is altered. Canonical bodies hold no line feed.
"""

import enum
import struct
import zlib
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from hmac import compare_digest
from typing import Final

from bartizan.crypto.secret import Reticent, Tag
from bartizan.isolation.secrecy import wipe

HEAD: Final = struct.Struct("<IIQ")
TAG_OCTETS: Final = 32
KEY_OCTETS: Final = 32
MOST_BODY: Final = 4096
"""Octets of one record's body at most."""
MOST_BODIES: Final = 32 * 1024
"""Octets of a frame's bodies at most; a longer length field is an alteration, not a torn frame."""
MOST_FRAME: Final = HEAD.size + MOST_BODIES + TAG_OCTETS
BETWEEN: Final = b"\n"

_U32: Final = 0xFFFF_FFFF


class Fault(enum.Enum):
    """What does not fit about an altered frame."""

    LENGTH = "length"
    SEQUENCE = "sequence"
    CHECKSUM = "checksum"
    TAG = "tag"
    BODY = "body"


class Batch(Reticent, frozen=True):
    """What one reading found.

    Attributes:
        bodies: of the records in whole, authentic frames, in order.
        octets: how many octets of the data those frames take.
        key, sequence: for the frame after them.
        fault: what is wrong with the frame after them; None where it is not there, or not yet whole.
    """

    bodies: list[bytes]
    octets: int
    key: bytes | bytearray
    sequence: int
    fault: Fault | None


def seal(key: bytes | bytearray, sequence: int, bodies: bytes) -> tuple[bytes, bytes]:
    """Return the frame and the key of the next one; as `sealed_on`, for who has nothing to forget."""
    kept = bytearray(key)
    frame = sealed_on(kept, sequence, bodies)
    return frame, bytes(kept)


def sealed_on(key: bytearray | memoryview, sequence: int, bodies: bytes) -> bytes:
    """Return the frame, and move the key on to that of the next one; no other copy of either is left.

    Args:
        key: 32 octets, overwritten.
        sequence: of the first record in it, from 0.
        bodies: at most `MOST_BODIES` octets.
    """
    head = HEAD.pack(len(bodies), zlib.crc32(bodies, sequence & _U32), sequence)
    content = head + bodies
    both = blake2b(content, key=key).digest()
    frame = content + both[:TAG_OCTETS]
    after = memoryview(both)[TAG_OCTETS:]  # no bytes of its own, which would have to be overwritten too
    key[:] = after
    after.release()
    wipe(both)
    return frame


def shares(bodies: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    """Yield the bodies in as many parts as they take frames."""
    start = octets = 0
    for at, body in enumerate(bodies):
        octets += len(body) + 1
        if octets - 1 > MOST_BODIES:
            yield bodies[start:at]
            start, octets = at, len(body) + 1
    yield bodies[start:]


def read(data: bytes, key: bytes | bytearray, sequence: int) -> Batch:
    """Return the records of the whole frames at the beginning of the data, each frame checked.

    Args:
        data: octets of a segment, from the border of a frame on.
        key, sequence: of the first frame in the data.
    """
    bodies: list[bytes] = []
    at, fault, size = 0, None, len(data)
    while at + HEAD.size <= size:
        start = at + HEAD.size
        length, checksum, number = HEAD.unpack_from(data, at)
        end = start + length
        if number != sequence or not 0 < length <= MOST_BODIES:
            fault = Fault.SEQUENCE if number != sequence else Fault.LENGTH
            break
        if end + TAG_OCTETS > size:
            break
        both = blake2b(data[at:end], key=key).digest()
        if not compare_digest(both[:TAG_OCTETS], data[end : end + TAG_OCTETS]):
            damaged = zlib.crc32(data[start:end], sequence & _U32) != checksum
            fault = Fault.CHECKSUM if damaged else Fault.TAG
            break
        found = data[start:end].split(BETWEEN)
        bodies += found
        key, sequence, at = both[TAG_OCTETS:], sequence + len(found), end + TAG_OCTETS
    return Batch(bodies, at, key, sequence, fault)


def judge_tail(tail: bytes, key: bytes | bytearray, sequence: int) -> Fault | None:
    """Return None where the tail of a dead writer's segment is a torn frame, else what was altered.

    A torn frame is shorter than one frame can be, and holds no whole frame under another length: a length
    field that was raised would otherwise hide its own frame as torn.

    Args:
        tail: what follows the last whole frame.
        key, sequence: of the frame that begins there.
    """
    if len(tail) >= MOST_FRAME:
        return Fault.LENGTH
    end = tail.find(b"}", HEAD.size) + 1
    while 0 < end <= len(tail) - TAG_OCTETS:
        frame, _ = seal(key, sequence, tail[HEAD.size : end])
        if Tag(frame[-TAG_OCTETS:]).matches(tail[end : end + TAG_OCTETS]):
            return Fault.LENGTH
        end = tail.find(b"}", end) + 1
    return None
