"""What a pickle would build, as values that nothing runs for.

Rules of this file: None, bool, int, float, str, bytes, tuple and list stand for themselves. All else is one of these types. What is
large is not copied: it is a `Blob`, a place in the stream. Values are never compared, hashed or shown whole: they may be deep.

A state dict of PyTorch is `Made(collections.OrderedDict)` or `Table` whose `pairs` are (str, `Tensor`); a tensor names its
`Storage` by name, which is the member `data/NAME` of a ZIP (`checkpoint.Checkpoint.storages`) or a piece of an old file (`reading.Pickle.pieces`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import msgspec

SMALL: Final = 1 << 16
"""Octets up to which bytes and text are kept as values of Python."""


class Refused(Exception):
    """A contract does not allow what is asked of it; the message ends the sentence that begins with the global's name."""


class Blob(msgspec.Struct, frozen=True):
    """Octets or text in the stream, too large to copy.

    Attributes:
        start, size: octets of the stream.
        kind: `bytes`, `bytearray`, `text` (UTF-8), `string` (of Python 2, in whatever alphabet) or `int` (little-endian).
        length: letters, where it is text; else `size`.
        narrow: text of letters below 256 alone, so that `_codecs.encode` makes as many octets of it.
        encoded: text that was encoded by `_codecs.encode`, and so is octets.
    """

    start: int
    size: int
    kind: str
    length: int
    narrow: bool = True
    encoded: bool = False


@dataclass(slots=True, eq=False)
class Table:
    """A dict: pairs in the order in which they were set; a key that is set twice is there twice."""

    pairs: list[tuple[object, object]] = field(default_factory=list)


@dataclass(slots=True, eq=False, frozen=True)
class Global:
    """Something that is named; its contract is None where it is not allowed, and then all that comes of it is opaque."""

    module: str
    name: str
    contract: "Contract | None"


@dataclass(slots=True, eq=False)
class Opaque:
    """What something that is not allowed would give; the file is not inert, so nothing more is said of it."""


@dataclass(slots=True, eq=False)
class Made:
    """An instance of an allowed class.

    Attributes:
        of: the class.
        arguments: that it was made with.
        items: what was appended or added, or pairs that were set.
        state: what it was built with; None before.
        detail: what its contract read of it (`numpy.Dtype`, `numpy.Array`).
        sealed: something relies on what it is now; nothing may change it any more.
    """

    of: Global
    arguments: tuple[object, ...] = ()
    items: list[object] = field(default_factory=list)
    state: object = None
    detail: object = None
    sealed: bool = False


class Storage(msgspec.Struct, frozen=True):
    """Octets that tensors are views of.

    Attributes:
        name: of the storage in its file: `0`.
        dtype: `float32`, or `untyped` for octets.
        count: elements; octets where it is untyped.
        octets: of them all.
        location: device that it was saved from.
    """

    name: str
    dtype: str
    count: int
    octets: int
    location: str


class Tensor(msgspec.Struct, frozen=True):
    """A view of a storage; all of it lies within.

    Attributes:
        storage: None where it has no data (`meta`).
        dtype: `float32`.
        shape, stride: in elements, as many of each.
        offset: of the first element, in elements.
        parameter: whether it is a parameter; `requires_grad` as saved.
        quantized: scale and such, as they were given; None for all others.
    """

    storage: Storage | None
    dtype: str
    shape: tuple[int, ...]
    stride: tuple[int, ...]
    offset: int = 0
    parameter: bool = False
    requires_grad: bool = False
    quantized: tuple[object, ...] | None = None


class Sparse(msgspec.Struct, frozen=True):
    """A sparse tensor: its layout (`torch.sparse_coo`), and indices, values, size as tensors and tuples."""

    layout: str
    parts: tuple[object, ...]


class Nested(msgspec.Struct, frozen=True):
    """A file of PyTorch within the pickle, that `torch.load` reads while the pickle is loaded."""

    within: bytes | Blob


class Contract(msgspec.Struct, frozen=True):
    """What may be done with one global; all that is not said here is refused.

    Attributes:
        call: (arguments) -> the value of calling it. Raises Refused.
        new: (class, arguments) -> an instance by `__new__`. Raises Refused.
        build: (instance, state) -> nothing, having noted the state. Raises Refused.
        sets, appends, adds: whether items may be set, appended, added.
        base: builtin type that `copyreg._reconstructor` makes an instance of, by protocols 0 and 1; empty where it makes none.
        after: modules of which one must have been named before, since it puts this one in its place; empty where none must.
        key: whether an instance may be a key of a dict: its hash and comparison run no code but its library's.
    """

    call: Callable[[Global, tuple[object, ...]], object] | None = None
    new: Callable[[Global, tuple[object, ...]], object] | None = None
    build: Callable[[Made, object], None] | None = None
    sets: bool = False
    appends: bool = False
    adds: bool = False
    key: bool = False
    base: str = ""
    after: frozenset[str] = frozenset()


_MOST_PARTS: Final = 64


def hashable(value: object) -> bool:
    """Return whether a value may be a key or a member of a set, its hash being cheap and running nothing of the file's."""
    todo, seen = [value], 0
    while todo:
        seen += 1
        one = todo.pop()
        if seen + len(todo) > _MOST_PARTS:
            return False
        if isinstance(one, tuple):
            todo.extend(one[:_MOST_PARTS])
        elif not _hashed(one):
            return False
    return True


def _hashed(one: object) -> bool:
    """Return whether a value that is no tuple may be a key; what it is then, it stays."""
    if isinstance(one, Made):
        one.sealed = True
        return one.of.contract is not None and one.of.contract.key
    if isinstance(one, Blob):
        return one.kind != "bytearray"
    return isinstance(one, int | float | str | bytes | Global | Opaque | None)


def tainted(value: object) -> bool:
    """Return whether a value, or a member of it, came of what is not allowed, so that the file is not inert anyway."""
    members = value if isinstance(value, tuple | list) else (value,)
    return any(
        isinstance(each, Opaque) or (isinstance(each, Global) and each.contract is None) for each in members
    )


def is_octets(value: object) -> bool:
    """Return whether a value is bytes, by whatever way they came."""
    return isinstance(value, bytes) or (isinstance(value, Blob) and (value.kind == "bytes" or value.encoded))


def length(value: object) -> int:
    """Return octets of bytes, or letters of text; -1 where it is neither."""
    if isinstance(value, bytes | str):
        return len(value)
    return value.length if isinstance(value, Blob) else -1


def is_count(value: object) -> bool:
    """Return whether a value is a whole number from 0 to 2**63 - 1, and no bool."""
    return type(value) is int and 0 <= value < 1 << 63


def shown(value: object) -> str:
    """Return a value as people are shown it."""
    if isinstance(value, Global):
        return f"{value.module}.{value.name}"
    if isinstance(value, Made):
        return f"a {value.of.module}.{value.of.name}"
    return f"a {type(value).__name__}"
