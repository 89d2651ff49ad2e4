"""A tensor that is to be written, wherever its octets stand, and which types have a place in safetensors."""

import math
from typing import Final, NamedTuple

from bartizan.supply.containers.member import checked, shown
from bartizan.supply.format import Damaged

WORDS: Final = {
    "float64": "F64", "int64": "I64", "uint64": "U64", "complex64": "C64",
    "float32": "F32", "int32": "I32", "uint32": "U32",
    "float16": "F16", "bfloat16": "BF16", "int16": "I16", "uint16": "U16",
    "int8": "I8", "uint8": "U8", "bool": "BOOL",
    "float8_e4m3fn": "F8_E4M3", "float8_e5m2": "F8_E5M2", "float8_e8m0fnu": "F8_E8M0",
    "float8_e4m3fnuz": "F8_E4M3FNUZ", "float8_e5m2fnuz": "F8_E5M2FNUZ",
}  # fmt: skip
"""Type of elements -> its word in safetensors."""
WIDTHS: Final = {
    "F64": 8, "I64": 8, "U64": 8, "C64": 8, "F32": 4, "I32": 4, "U32": 4, "F16": 2, "BF16": 2, "I16": 2, "U16": 2,
    "I8": 1, "U8": 1, "BOOL": 1, "F8_E4M3": 1, "F8_E5M2": 1, "F8_E8M0": 1, "F8_E4M3FNUZ": 1, "F8_E5M2FNUZ": 1,
}  # fmt: skip
"""Word -> octets of an element."""
METADATA: Final = "__metadata__"


class Tensor(NamedTuple):
    """A tensor as it is to be written.

    Attributes:
        name: of it in the rebuilt file; checked.
        word: of its type in safetensors.
        shape: elements along each axis.
        stride: from one element to the next along each axis, in elements of the storage; 0 where one is shown again and again.
        offset: of the first element, in elements.
        storage: the octets that it is a view of; all of it lies within.
    """

    name: str
    word: str
    shape: tuple[int, ...]
    stride: tuple[int, ...]
    offset: int
    storage: memoryview

    @property
    def elements(self) -> int:
        """Return how many elements it has."""
        return math.prod(self.shape)

    @property
    def octets(self) -> int:
        """Return how many octets it takes once written."""
        return self.elements * WIDTHS[self.word]


def strides(shape: tuple[int, ...], *, fortran: bool = False) -> tuple[int, ...]:
    """Return the strides of an array whose last axis runs fastest, or the first."""
    found, step = [], 1
    for extent in shape if fortran else reversed(shape):
        found.append(step)
        step *= extent
    return tuple(found) if fortran else tuple(reversed(found))


def tensor_name(name: str) -> str:
    """Return the name of a tensor where it may stand in a file and means no place outside of one to anybody.

    Raises:
        Damaged: `tensor-name`.
    """
    try:
        sound = checked(name).isprintable() and name != METADATA
    except Damaged:
        sound = False
    if not sound:
        what = f"a tensor is called {shown(name)!r}, which is no name that tools agree on; rename it where the file is made"
        raise Damaged("tensor-name", what)
    return name


def type_word(dtype: str, name: str) -> str:
    """Return the word of a type.

    Args:
        dtype: `float32`.
        name: of the tensor, for the message.
    Raises:
        Damaged: `tensor-type`: safetensors has none for it.
    """
    word = WORDS.get(dtype)
    if word is None:
        what = f"the tensor {shown(name)!r} is of type {shown(dtype)}, which safetensors does not have; convert it where the file is made"
        raise Damaged("tensor-type", what)
    return word
