"""The index of a TensorFlow checkpoint (`variables.index`): a sorted table of names, types, shapes and places of tensors.

Rules of this file: its blocks lie side by side from the first octet to the footer, and each entry is one of the schema; the tensors lie in files beside,
which are told. Source: tensorflow/tensorflow 2.21, `core/protobuf/tensor_bundle.proto`; LevelDB, `doc/table_format.md`.
"""

import struct
from collections.abc import Iterator
from typing import Final

from bartizan.supply.format import Damaged, Format, Look, Read
from bartizan.supply.octets import Budget, Octets, TooShort
from bartizan.supply.parsers.protobuf import Message, Schema, parsed, schema, varint
from bartizan.supply.parsers.telling import Telling, shown, told
from bartizan.supply.subject import Standing

MAGIC: Final = b"\x57\xfb\x80\x8b\x24\x75\x47\xdb"
_FOOTER: Final = 48
_TRAILER: Final = 5
"""Octets after a block: how it is compressed, and a checksum."""
_MOST_SHARDS: Final = 10_000
_SUFFIX: Final = ".index"
_PLAIN: Final = frozenset({*range(1, 20), 22, 23, 24, 25, 29, 30})
"""Types of tensors whose octets are numbers or words; not handles of resources (20) and variants (21), which code decodes."""
_SCHEMA: Final[Schema] = schema("""
Header: 1 num_shards varint, 2 endianness varint, 3 version Version
Version: 1 producer varint, 2 min_consumer varint, 3 bad_consumers varint*
Entry: 1 dtype varint, 2 shape Shape, 3 shard_id varint, 4 offset varint, 5 size varint, 6 crc32c fixed32, 7 slices Slice*
Shape: 2 dim Dim*, 3 unknown_rank varint
Dim: 1 size varint, 2 name text
Slice: 1 extent Extent*
Extent: 1 start varint, 2 length varint
""")


def knows(octets: Octets) -> bool:
    """Return whether it ends as a table does."""
    return len(octets) >= _FOOTER and octets.begins(MAGIC, len(octets) - len(MAGIC))


def read(octets: Octets, budget: Budget, look: Look) -> Read:
    """Return what is said of an index."""
    del look
    return told(lambda telling: _walk(octets, budget, telling))


def _walk(octets: Octets, budget: Budget, telling: Telling) -> None:
    footer = octets.part(len(octets) - _FOOTER, _FOOTER)
    meta, at = _handle(footer, 0)
    index, at = _handle(footer, at)
    if any(footer.take(at, _FOOTER - len(MAGIC) - at)):
        raise Damaged("padding-used", "octets of its footer are not zero; nothing belongs there")
    handles = [_handle(value, 0)[0] for _, value in _entries(octets, index, budget)]
    if list(_entries(octets, meta, budget)):
        raise Damaged("block-unknown", "it has blocks of a kind that is not known")
    _covered([*handles, meta, index], len(octets) - _FOOTER)
    entries = [entry for handle in handles for entry in _entries(octets, handle, budget)]
    if not entries or entries[0][0]:
        raise Damaged("part-missing", "it does not begin with a header")
    header = parsed(entries[0][1], _SCHEMA, "Header", budget)
    tensors = [parsed(value, _SCHEMA, "Entry", budget) for _, value in entries[1:]]
    _tensors(tensors, header)
    _tell(octets.name, header.number("num_shards"), tensors, telling)


def _handle(octets: Octets, at: int) -> tuple[tuple[int, int], int]:
    """Return offset and size of a block, and the place after them."""
    offset, at = varint(octets, at)
    size, at = varint(octets, at)
    return (offset, size), at


def _covered(blocks: list[tuple[int, int]], end: int) -> None:
    at = 0
    for offset, size in blocks:
        if offset != at:
            raise Damaged(
                "blocks-apart", "its blocks overlap, or leave octets between them to nobody", offset
            )
        at = offset + size + _TRAILER
    if at != end:
        raise Damaged("octets-left", "octets follow its last block; nothing belongs there", at)


def _entries(octets: Octets, handle: tuple[int, int], budget: Budget) -> Iterator[tuple[bytes, Octets]]:
    """Yield keys and values of a block; keys rise."""
    block = octets.part(*handle)
    if octets.part(handle[0] + handle[1], _TRAILER).view[0]:
        raise Damaged("compression-unknown", "a block of it is compressed, which is not known", handle[0])
    restarts = int(struct.unpack("<I", block.take(len(block) - 4, 4))[0])
    end = len(block) - 4 - 4 * restarts
    if end < 0:
        raise TooShort("block")
    key, at = b"", 0
    while at < end:
        budget.spend(4)
        shared, at = varint(block, at)
        fresh, at = varint(block, at)
        length, at = varint(block, at)
        following = key[:shared] + block.take(at, fresh)
        if shared > len(key) or (at and following <= key and key):
            raise Damaged("order-wrong", "its names do not rise", handle[0] + at)
        key = following
        value = block.part(at + fresh, length)
        at += fresh + length
        yield key, value
    if at != end:
        raise Damaged("block-malformed", "a block of it goes on after its end", handle[0])


def _tensors(entries: list[Message], header: Message) -> None:
    shards = header.number("num_shards")
    if not 0 < shards <= _MOST_SHARDS or header.number("endianness"):
        raise Damaged(
            "version-unknown", "it is of a number of files, or an order of octets, that is not known"
        )
    if any(entry.number("shard_id") >= shards for entry in entries):
        raise Damaged("part-missing", "a tensor lies in a file that it does not have")


def _tell(name: str, shards: int, tensors: list[Message], telling: Telling) -> None:
    stem = name.removesuffix(_SUFFIX).rpartition("/")[2]
    for tensor in tensors:
        if tensor.number("dtype") in _PLAIN:
            place = f"{stem}.data-{tensor.number('shard_id'):05d}-of-{shards:05d}"
            telling.describe(place, tensor.number("offset"), tensor.number("size"))
    for shard in range(min(shards, 16)):
        telling.say(
            "external-data",
            "tensors lie in a file beside it, which belongs to it",
            Standing.INERT,
            member=shown(f"{stem}.data-{shard:05d}-of-{shards:05d}"),
        )


FORMAT: Final = Format("tensor-bundle", knows, read, order=60)
