"""A tensor of ONNX alone in a file, as its test data come: a message without a magic, known by the whole of its form.

Rules of this file: it is known where every field is one of a tensor's, up to the last octet; one that lies in yet another file is refused.
Source: onnx/onnx, onnx.proto (TensorProto).
"""

from typing import Final

from bartizan.supply.format import LAST, Damaged, Format, Look, Read
from bartizan.supply.octets import Budget, Exhausted, Octets, TooShort
from bartizan.supply.parsers.onnx_schema import SCHEMA, WIDTHS
from bartizan.supply.parsers.protobuf import Message, parsed

_FIRST: Final = frozenset({0x08, 0x0A, 0x10})
"""Tags that one begins with: its dimensions, one by one or packed, or its type where it has none."""
_KNOWING: Final = 20_000
"""Steps that are worth knowing one: a tensor has few fields, but for numbers that are not packed."""
_KINDS: Final = (
    "float_data",
    "int32_data",
    "string_data",
    "int64_data",
    "raw_data",
    "double_data",
    "uint64_data",
)


def knows(octets: Octets) -> bool:
    """Return whether all of it is one."""
    if len(octets) < 2 or octets.view[0] not in _FIRST:  # noqa: PLR2004 - a tag and a value
        return False
    try:
        return _is_one(parsed(octets, SCHEMA, "TensorProto", Budget(operations=_KNOWING)))
    except (Damaged, TooShort):
        return False
    except Exhausted:
        return True


def _is_one(tensor: Message) -> bool:
    return tensor.has("data_type") and (tensor.has("name") or any(tensor.has(each) for each in _KINDS))


def read(octets: Octets, budget: Budget, look: Look) -> Read:
    """Return nothing against it.

    Raises:
        Damaged: it contradicts itself, or lies elsewhere.
        TooShort, Exhausted: it is cut off, or is too large.
    """
    del look
    tensor = parsed(octets, SCHEMA, "TensorProto", budget)
    if tensor.has("external_data") or tensor.number("data_location"):
        raise Damaged("external-data-malformed", "it is a tensor whose data lie in yet another file", 0)
    if not _is_one(tensor):
        raise Damaged("part-missing", "it has no type, or neither name nor data: it is cut off, or no tensor")
    width, count = WIDTHS.get(tensor.number("data_type")), 1
    for each in tensor.numbers("dims")[:64]:
        count *= each
    if tensor.has("raw_data") and width is not None and len(tensor.octets("raw_data")[0]) != count * width:
        raise Damaged("tensor-size", "it is not as large as its type and shape say", 0)
    return Read()


FORMAT: Final = Format("onnx-tensor", knows, read, order=LAST + 5)
"""Asked before text, which begins with none of its fields and goes on as one to its end."""
