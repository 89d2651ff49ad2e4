"""safetensors: tensors behind a header of JSON; data and nothing else, where every octet is accounted for.

Rules of this file: the tensors lie side by side in the order of their offsets, from the first octet after the header to the last of
the file, each as large as its type and shape say. Source: the format's own description, huggingface/safetensors README.md, "Format".
"""

import struct
from typing import Any, Final

from bartizan.supply.format import Damaged, Format, Look, Read
from bartizan.supply.octets import Budget, Octets, TooShort
from bartizan.supply.parsers.json_tree import parsed
from bartizan.supply.parsers.telling import Telling, shown, told

HEADER: Final = 100_000_000
"""Octets of a header at most, as the library has it."""
BITS: Final = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
    "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
    "I16": 16, "U16": 16, "F16": 16, "BF16": 16,
    "I32": 32, "U32": 32, "F32": 32,
    "I64": 64, "U64": 64, "F64": 64, "C64": 64,
}  # fmt: skip
"""Type of an element -> its bits."""
_MEMBERS: Final = {"dtype", "shape", "data_offsets"}
_LENGTH: Final = 8


def knows(octets: Octets) -> bool:
    """Return whether it begins with a length that a header may have, and with the brace of one."""
    if len(octets) <= _LENGTH or octets.view[_LENGTH] != ord("{"):
        return False
    return _header(octets) <= HEADER


def _header(octets: Octets) -> int:
    return int(struct.unpack("<Q", octets.take(0, _LENGTH))[0])


def read(octets: Octets, budget: Budget, look: Look) -> Read:
    """Return what is said of a file."""
    del look
    return told(lambda telling: _walk(octets, budget, telling))


def _walk(octets: Octets, budget: Budget, telling: Telling) -> None:
    length = _header(octets)
    if length > len(octets) - _LENGTH:
        raise TooShort("header")
    tree = parsed(octets.part(_LENGTH, length), budget)
    if octets.view[_LENGTH + length - 1] not in b"} ":
        raise Damaged("header-padding", "its header is padded with something else than spaces")
    del telling
    _metadata(tree.pop("__metadata__", {}))
    _covered([_tensor(name, each) for name, each in tree.items()], len(octets) - _LENGTH - length)


def _metadata(found: object) -> None:
    if not isinstance(found, dict) or not all(isinstance(each, str) for each in found.values()):
        raise Damaged("metadata-malformed", "its metadata are more than names with a text each")
    for name in found:
        _printable(name)


def _printable(name: str) -> None:
    if not name.isprintable():
        raise Damaged("name-unprintable", f"it has a name that does not print: {shown(name)}")


def _tensor(name: str, tensor: Any) -> tuple[int, int]:  # noqa: ANN401 - JSON is what it is
    """Return begin and end of a tensor, which its type and shape agree with."""
    _printable(name)
    if not isinstance(tensor, dict) or tensor.keys() != _MEMBERS:
        raise Damaged("tensor-malformed", f"tensor {shown(name)} has not exactly type, shape and offsets")
    dtype, shape, offsets = tensor["dtype"], tensor["shape"], tensor["data_offsets"]
    if not (_whole(shape) and _whole(offsets) and len(offsets) == 2):  # noqa: PLR2004 - begin and end
        raise Damaged("tensor-malformed", f"shape or offsets of tensor {shown(name)} are no whole numbers")
    bits = BITS.get(dtype) if isinstance(dtype, str) else None
    if bits is None:
        raise Damaged("tensor-type", f"tensor {shown(name)} is of no type that is known")
    begin, end = offsets
    if 8 * (end - begin) != _product(shape) * bits:
        raise Damaged("tensor-size", f"tensor {shown(name)} is not as large as its type and shape say")
    return begin, end


def _whole(numbers: object) -> bool:
    return isinstance(numbers, list) and all(type(each) is int and 0 <= each < 1 << 63 for each in numbers)


def _product(shape: list[int]) -> int:
    if len(shape) > 64:  # noqa: PLR2004 - no framework has more dimensions
        raise Damaged("tensor-malformed", "a tensor has more than 64 dimensions")
    product = 1
    for each in shape:
        product *= each
    return product


def _covered(places: list[tuple[int, int]], data: int) -> None:
    at = 0
    for begin, end in sorted(places):
        if begin != at:
            raise Damaged(
                "tensors-apart", "its tensors overlap, or leave octets between them to nobody", begin
            )
        at = end
    if at > data:
        raise TooShort("tensors")
    if at < data:
        raise Damaged("octets-left", "octets follow its last tensor; nothing belongs there", at)


FORMAT: Final = Format("safetensors", knows, read, order=20)
