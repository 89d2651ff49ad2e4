"""Files as git writes them, put together from their parts; git is not needed."""

import hashlib
import struct
import zlib


def summed(octets: bytes) -> bytes:
    return octets + hashlib.sha1(octets, usedforsecurity=False).digest()


def loose(data: bytes, kind: str = "blob", size: int = -1) -> bytes:
    return zlib.compress(f"{kind} {len(data) if size < 0 else size}\0".encode() + data, 1)


def packed_object(data: bytes, kind: int = 3, size: int = -1, base: bytes = b"") -> bytes:
    left = len(data) if size < 0 else size
    head = bytearray([kind << 4 | left & 15])
    left >>= 4
    while left:
        head[-1] |= 0x80
        head.append(left & 0x7F)
        left >>= 7
    return bytes(head) + base + zlib.compress(data)


def pack(*objects: bytes, count: int = -1) -> bytes:
    return b"PACK" + struct.pack(">2I", 2, len(objects) if count < 0 else count) + b"".join(objects)


def names(count: int = 3) -> bytes:
    """Return the index of a pack."""
    each = [bytes((number * 60,)) + bytes(19) for number in range(count)]
    fan = b"".join(struct.pack(">I", sum(one[0] <= number for one in each)) for number in range(256))
    return b"\xfftOc" + struct.pack(">I", 2) + fan + b"".join(each) + bytes(8 * count) + bytes(20)


def order(*places: int) -> bytes:
    return (
        b"RIDX" + struct.pack(">2I", 1, 1) + b"".join(struct.pack(">I", each) for each in places) + bytes(20)
    )


def entry(name: bytes, mode: int = 0o100644) -> bytes:
    body = bytes(24) + struct.pack(">I", mode) + bytes(12) + bytes(20) + struct.pack(">H", len(name)) + name
    return body + bytes(8 - len(body) % 8)


def index(*entries: bytes, after: bytes = b"") -> bytes:
    return b"DIRC" + struct.pack(">2I", 2, len(entries)) + b"".join(entries) + after


WHOLE = {
    "git-pack": pack(
        packed_object(b"words" * 30),
        packed_object(b"delta", 6, base=b"\x81\x02"),
        packed_object(b"delta", 7, base=bytes(20)),
    ),
    "git-pack-index": names(),
    "git-pack-order": order(2, 0, 1),
    "git-index": index(entry(b"a"), entry(b"b/c"), after=b"TREE" + struct.pack(">I", 3) + b"abc"),
}
"""Files of each kind, without the checksum that ends them."""
