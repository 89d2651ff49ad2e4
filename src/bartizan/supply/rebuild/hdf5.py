"""Weights in HDF5, as Keras and h5py write them, as tensors: each by the way that leads to it.

Rules of this file: the reader of the format says first whether the file is understood, and what is wrong with more than code refuses
it. A dataset that stands in one row is handed on as it is; one in pieces is put together in memory, its filters undone. A name that leads to a
dataset is its tensor's; parts are joined by `/`, as Keras does.
Source: The HDF Group, "HDF5 File Format Specification", version 3.0, III.A.1, IV.A.2.d, f, i, l.
"""

import math
import struct
import zlib
from collections.abc import Iterator
from itertools import product
from typing import Final, NamedTuple

from bartizan.supply.containers import zip as container
from bartizan.supply.containers.member import shown
from bartizan.supply.format import Damaged, Look
from bartizan.supply.formats import hdf5, keras
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.parsers.cursor import Cursor
from bartizan.supply.parsers.hdf5 import NOWHERE, File, Kind, Link, Part, damaged, dimensions, filters
from bartizan.supply.parsers.hdf5_links import message, table
from bartizan.supply.rebuild import tensor as written
from bartizan.supply.rebuild.flatten import Flat
from bartizan.supply.rebuild.torch import Found
from bartizan.supply.subject import Reason, Standing

_WEIGHTS: Final = "model.weights.h5"
_DEEPEST: Final = 32
_MOST: Final = 200_000
_UNWRITTEN: Final = (
    "a part of a dataset was never written, so it holds what its reader fills in; write it anew"
)
_LARGEST: Final = 1 << 31
"""Octets of a dataset in pieces, which is put together in memory."""
_GZIP, _SHUFFLE = 1, 2
_WHOLE: Final = {1: "uint8", 2: "uint16", 4: "uint32", 8: "uint64"}
_FLOATS: Final = {2: "float16", 4: "float32", 8: "float64"}
_FORMS: Final = {
    2: bytes.fromhex("0000 1000 0a 05 00 0a 0f000000"),
    4: bytes.fromhex("0000 2000 17 08 00 17 7f000000"),
    8: bytes.fromhex("0000 4000 34 0b 00 34 ff030000"),
}
"""Octets of a float -> how its parts lie, as IEEE 754 has them."""
_NORMALISED, _SIGNED = 0x20, 8
"""Bits of a type: of a float whose first digit is not written, and of a number with a sign."""


class _Dataset(NamedTuple):
    """What an object's header says of a dataset."""

    shape: tuple[int, ...]
    dtype: str
    width: int
    layout: Octets
    filters: tuple[int, ...]


def weights(octets: Octets, budget: Budget, look: Look) -> Found:
    """Return what a file of HDF5 holds.

    Raises:
        Damaged, TooShort: it is not understood.
        Exhausted: the budget does not reach.
    """
    said = hdf5.read(octets, budget, look)
    _bear(said.reasons)
    flat = Flat()
    _Walk(File(octets, budget), flat).all()
    return Found(said.format or "hdf5", flat, said.reasons)


def archive(octets: Octets, budget: Budget, look: Look) -> Found:
    """Return what Keras's own archive holds: the weights in it.

    Raises:
        Damaged, TooShort: it is not understood, or its weights are not in one file.
        Exhausted: the budget does not reach.
    """
    said = keras.read(octets, budget, look)
    _bear(said.reasons)
    flat, found = Flat(), 0
    for member in container.members(octets, budget):
        if member.name.endswith(".h5"):
            held = member.expand()
            _bear(hdf5.read(held, budget, look).reasons)
            _Walk(File(held, budget), flat, "" if member.name == _WEIGHTS else f"{member.name}/").all()
            found += 1
        else:
            flat.leave(shown(member.name), "a part of the archive that is no weights")
    if not found:
        raise Damaged("no-tensors", "there are no weights in it as HDF5; save it anew with them")
    return Found("keras", flat, said.reasons)


def _bear(reasons: tuple[Reason, ...]) -> None:
    """Refuse what is not understood; code and what is malicious stand in attributes and other members, which are not kept."""
    for each in reasons:
        if each.standing is Standing.UNKNOWN:
            raise Damaged(each.word, each.what, each.offset)


class _Piece(NamedTuple):
    """A piece of a dataset: its place in elements, its octets and where they stand, and which filters were not done."""

    place: tuple[int, ...]
    size: int
    start: int
    mask: int


class _Walk:
    """One pass over the objects of a file, by the names that lead to them."""

    def __init__(self, file: File, flat: Flat, within: str = "") -> None:
        self._file, self._flat, self._within = file, flat, within
        self._seen = 0

    def all(self) -> None:
        self._object(self._file.root(), "", ())

    def _object(self, address: int, name: str, above: tuple[int, ...]) -> None:
        self._seen += 1
        if address in above or len(above) > _DEEPEST or self._seen > _MOST:
            raise damaged(
                "its groups hold themselves, are within one another too deeply, or too many", address
            )
        parts = self._file.messages(address)
        links = list(self._links(parts))
        if any(part.kind == Kind.LAYOUT for part in parts):
            self._dataset(name, parts)
        for link in links:
            inner = f"{name}/{link.name}" if name else link.name
            if link.kind:
                self._flat.leave(inner, "a link by name")
            else:
                self._object(link.to, inner, (*above, address))

    def _links(self, parts: list[Part]) -> Iterator[Link]:
        for part in parts:
            if part.kind == Kind.LINK:
                yield message(self._file, part.body)
            elif part.kind == Kind.SYMBOLS:
                yield from table(self._file, part.body)

    def _dataset(self, name: str, parts: list[Part]) -> None:
        said = self._said(name, parts)
        if said is None:
            self._flat.leave(name, "a dataset of texts, fields or other than numbers")
            return
        octets = math.prod(said.shape) * said.width
        self._flat.take(
            written.Tensor(
                self._within + name,
                written.type_word(said.dtype, name),
                said.shape,
                written.strides(said.shape),
                0,
                self._data(said, octets) if octets else memoryview(b""),
            )
        )

    def _said(self, name: str, parts: list[Part]) -> _Dataset | None:
        held = {part.kind: part.body for part in parts}
        if not held.keys() >= {Kind.SPACE, Kind.TYPE, Kind.LAYOUT}:
            raise damaged("a dataset lacks its type or its shape")
        width = int.from_bytes(held[Kind.TYPE].take(4, 4), "little")
        dtype = _number(held[Kind.TYPE], width, name)
        if dtype is None:
            return None
        shape = dimensions(held[Kind.SPACE], self._file.budget)
        through = filters(held[Kind.FILTERS], self._file.budget) if Kind.FILTERS in held else ()
        return _Dataset(shape, dtype, width, held[Kind.LAYOUT], through)

    def _data(self, said: _Dataset, octets: int) -> memoryview:
        cursor = Cursor(said.layout, self._file.budget)
        cursor.u8()
        form = cursor.u8()
        if form == 0:
            size = cursor.u16()
            return self._exactly(cursor.part(size), octets)
        if form == 1:
            start, size = cursor.u64(), cursor.u64()
            if start == NOWHERE:
                raise damaged(_UNWRITTEN)
            return self._exactly(self._file.octets.part(start, size), octets)
        return self._pieces(said, cursor, octets)

    def _exactly(self, row: Octets, octets: int) -> memoryview:
        if len(row) != octets:
            raise damaged("a tensor is not as large as its type and shape say", word="tensor-size")
        return row.view

    def _pieces(self, said: _Dataset, cursor: Cursor, octets: int) -> memoryview:
        """Return a dataset that stands in pieces, put together."""
        rank, tree = cursor.u8(), cursor.u64()
        extent = tuple(cursor.u32() for _ in range(rank))
        if rank != len(said.shape) + 1 or extent[-1] != said.width or not all(extent) or tree == NOWHERE:
            raise damaged("pieces of a dataset are not of its type and shape, or were never written")
        if octets > _LARGEST:
            raise damaged(
                "a dataset in pieces is larger than is put together here; write it in one row",
                word="too-large",
            )
        self._file.budget.expand(octets)
        kept, seen = bytearray(octets), set[tuple[int, ...]]()
        for piece in _tree(self._file, tree, rank):
            at = piece.place[:-1]
            if at in seen or piece.place[-1] or not _fits(at, extent, said.shape):
                raise damaged("a piece of a dataset is there twice, or lies outside of it", piece.start)
            seen.add(at)
            raw = self._undone(piece, said, math.prod(extent))
            self._put(kept, raw, said, (at, extent[:-1]))
        if len(seen) != math.prod(-(-most // step) for most, step in zip(said.shape, extent, strict=False)):
            raise damaged(_UNWRITTEN)
        return memoryview(kept)

    def _undone(self, piece: _Piece, said: _Dataset, size: int) -> memoryview:
        """Return a piece as it was before its filters."""
        row = self._file.octets.part(piece.start, piece.size).view
        for number, kind in reversed(list(enumerate(said.filters))):
            if piece.mask >> number & 1:
                continue
            if kind == _GZIP:
                row = _inflated(row, size)
            elif kind == _SHUFFLE:
                row = _together(row, said.width)
            else:
                raise damaged(
                    "pieces of a dataset have a checksum that is not known here; write it anew without",
                    word="filter-unknown",
                )
        if len(row) != size:
            raise damaged("a piece of a dataset is not as large as it says", word="tensor-size")
        return row

    def _put(
        self, kept: bytearray, raw: memoryview, said: _Dataset, where: tuple[tuple[int, ...], tuple[int, ...]]
    ) -> None:
        """Put the rows of a piece where they belong; what of it lies outside of the dataset is not looked at."""
        place, extent = where
        inside = [min(step, most - at) for at, step, most in zip(place, extent, said.shape, strict=True)]
        to, of = written.strides(said.shape), written.strides(extent)
        row = inside[-1] * said.width
        self._file.budget.spend(4 * math.prod(inside[:-1]))
        for index in product(*map(range, inside[:-1])):
            whole = (*index, 0)
            target = (
                sum((at + here) * step for at, here, step in zip(place, whole, to, strict=True)) * said.width
            )
            source = sum(here * step for here, step in zip(whole, of, strict=True)) * said.width
            kept[target : target + row] = raw[source : source + row]


def _number(body: Octets, width: int, name: str) -> str | None:
    """Return the type of a dataset's elements; None where they are no numbers.

    Raises:
        Damaged: they are numbers of a form that safetensors does not have.
    """
    head, bits = body.take(0, 1)[0], body.take(1, 3)
    if head & 15 > 1:
        return None
    if head & 15 == 1 and width in _FLOATS:
        if bits == bytes((_NORMALISED, 8 * width - 1, 0)) and body.take(8, 12) == _FORMS[width]:
            return _FLOATS[width]
    elif width in _WHOLE and not bits[0] & ~_SIGNED and body.take(8, 4) == struct.pack("<2H", 0, 8 * width):
        return _WHOLE[width].removeprefix("u") if bits[0] else _WHOLE[width]
    raise Damaged(
        "tensor-type",
        f"the dataset {shown(name)!r} has numbers of a form that safetensors does not have; convert it first",
    )


def _fits(at: tuple[int, ...], extent: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    """Return whether a piece begins where one may."""
    return not any(here % step or here >= most for here, step, most in zip(at, extent, shape, strict=False))


def _tree(file: File, address: int, rank: int) -> Iterator[_Piece]:
    """Yield the pieces of a dataset; the tree was walked before, and is sound."""
    left = [address]
    while left:
        cursor = file.at(left.pop())
        cursor.skip(5)
        level, entries = cursor.u8(), cursor.u16()
        cursor.skip(16)
        for _ in range(entries):
            size, mask = cursor.u32(), cursor.u32()
            place = tuple(cursor.u64() for _ in range(rank))
            child = cursor.u64()
            if level:
                left.append(child)
            else:
                yield _Piece(place, size, child, mask)


def _inflated(row: memoryview, size: int) -> memoryview:
    stream = zlib.decompressobj()
    try:
        found = stream.decompress(row, size + 1)
    except zlib.error:
        raise damaged(
            "a piece of a dataset is compressed, and damaged; get it anew", word="deflate-damaged"
        ) from None
    if len(found) > size or not stream.eof or stream.unused_data:
        raise damaged("a piece of a dataset expands to another size than it has", word="deflate-damaged")
    return memoryview(found)


def _together(row: memoryview, width: int) -> memoryview:
    """Return elements whose octets were sorted by their place in them."""
    count = len(row) // width
    kept = bytearray(row)
    for at in range(width):
        kept[at : count * width : width] = row[at * count : (at + 1) * count]
    return memoryview(kept)
