"""GGUF, written anew without the chat templates that are not proven inert; tensors and all other metadata stay as they are.

Rules of this file: the reader of the format says first whether the file is understood but for its templates. What is kept is copied by
place: no value is written otherwise than it stood.
Source: ggml-org/ggml, docs/gguf.md.
"""

import struct
from typing import Final, NamedTuple

from bartizan.supply.format import Damaged, Look
from bartizan.supply.formats import gguf
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.parsers.cursor import Cursor
from bartizan.supply.parsers.telling import shown
from bartizan.supply.rebuild.report import Left, Rebuilt
from bartizan.supply.rebuild.safetensors import put
from bartizan.supply.subject import Standing

_HEAD: Final = struct.Struct("<4sIQQ")
_TEMPLATE: Final = "chat_template"
_ALIGNMENT: Final = "general.alignment"
_USUAL: Final = 32
_PIECE: Final = 16 << 20


class _Value(NamedTuple):
    """One of the metadata: its name, its type, and where it stands, name and all."""

    name: str
    kind: int
    start: int
    end: int


class _Model(NamedTuple):
    """What stands where in a file."""

    version: int
    values: list[_Value]
    names: list[str]
    start: int
    end: int
    alignment: int


def rewrite(octets: Octets, budget: Budget, look: Look, descriptor: int) -> Rebuilt:
    """Write a file anew; return what became of it.

    Raises:
        Damaged, TooShort: more of it than its templates is not understood.
        Exhausted: the budget does not reach.
        OSError: it cannot be written.
    """
    said = gguf.read(octets, budget, look)
    for each in said.reasons:
        if not each.member:  # a template's reasons name it
            raise Damaged(each.word, each.what, each.offset)
    bad = {each.member for each in said.reasons if each.standing is not Standing.INERT}
    model = _parts(octets, Budget())
    kept = [each for each in model.values if _TEMPLATE not in each.name or shown(each.name) not in bad]
    left = [each.name for each in model.values if each not in kept]
    _write(octets, model, kept, descriptor)
    return Rebuilt(
        "gguf",
        said.standing,
        len(model.names),
        len(octets) - _aligned(model.end, model.alignment),
        tuple(model.names),
        len(kept),
        (),
        tuple(Left(shown(each), "a chat template that is not proven inert") for each in left),
    )


def _parts(octets: Octets, budget: Budget) -> _Model:
    """Return where what stands in a file that its reader understands."""
    _, version, tensors, count = _HEAD.unpack(octets.take(0, _HEAD.size))
    cursor, alignment = Cursor(octets, budget, _HEAD.size), _USUAL
    values, names = [], []
    for _ in range(count):
        start = cursor.at
        key, kind = cursor.text(cursor.u64(), "a name"), cursor.u32()
        if key == _ALIGNMENT:
            alignment = int.from_bytes(octets.take(cursor.at, 4), "little")
        gguf.pass_value(cursor, kind)
        values.append(_Value(key, kind, start, cursor.at))
    start = cursor.at
    for _ in range(tensors):
        names.append(cursor.text(cursor.u64(), "a name"))
        cursor.skip(8 * cursor.u32() + 12)
    return _Model(version, values, names, start, cursor.at, alignment)


def _aligned(place: int, alignment: int) -> int:
    return place + -place % alignment


def _write(octets: Octets, model: _Model, kept: list[_Value], descriptor: int) -> None:
    head = _HEAD.pack(gguf.MAGIC, model.version, len(model.names), len(kept))
    put(descriptor, memoryview(head))
    at = len(head)
    spans = [*((each.start, each.end) for each in kept), (model.start, model.end)]
    for start, end in spans:
        put(descriptor, octets.view[start:end])
        at += end - start
    data = _aligned(model.end, model.alignment)
    if data < len(octets):
        put(descriptor, memoryview(bytes(-at % model.alignment)))
    for start in range(data, len(octets), _PIECE):
        put(descriptor, octets.view[start : start + _PIECE])
