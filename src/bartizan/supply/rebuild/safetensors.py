"""Writing tensors as safetensors: a header in one form, then their octets side by side, each aligned to its type.

Rules of this file: octets go from the map of the source to the file by the kernel; nothing of them is looked at. What comes out is
at most a few times as large as what went in: a short file can show one storage under many names.
Source: the format's own description, huggingface/safetensors README.md, "Format".
"""

import json
import os
from collections.abc import Iterable, Mapping
from typing import Final

from bartizan.supply.format import Damaged
from bartizan.supply.formats.safetensors import HEADER
from bartizan.supply.octets import Budget
from bartizan.supply.rebuild.tensor import METADATA, WIDTHS, Tensor
from bartizan.supply.rebuild.views import octets

_GROWS: Final = 8
_FREE: Final = 64 << 20
"""How far a file may grow: so many times, and so many octets beside."""
_ALIGNED: Final = 8
_MOST_TENSORS: Final = 500_000


def write(
    descriptor: int, tensors: Iterable[Tensor], metadata: Mapping[str, str], most: int, budget: Budget
) -> tuple[str, ...]:
    """Write tensors; return their names in the order in which they stand.

    Args:
        descriptor: of a new file.
        tensors: each with a name of its own.
        metadata: texts by name.
        most: octets of the file at most.
        budget: of the file.
    Raises:
        Damaged: they are too many, or take more octets than a file of this size is worth.
        Exhausted: the budget does not reach.
        OSError: it cannot be written.
    """
    ordered = sorted(tensors, key=lambda each: (-WIDTHS[each.word], each.name))
    head = _head(ordered, metadata)
    if len(head) + sum(each.octets for each in ordered) > most:
        raise Damaged(
            "expands",
            "its tensors show the same octets again and again, and would fill the disk; save it anew",
        )
    put(descriptor, memoryview(head))
    for each in ordered:
        for piece in octets(each, budget):
            put(descriptor, piece)
    return tuple(each.name for each in ordered)


def limit(source: int) -> int:
    """Return how many octets may come of a source of so many."""
    return source * _GROWS + _FREE


def _head(tensors: list[Tensor], metadata: Mapping[str, str]) -> bytes:
    if len(tensors) > _MOST_TENSORS:
        raise Damaged("too-many-tensors", f"it has more than {_MOST_TENSORS} tensors; save it in parts")
    tree: dict[str, object] = {METADATA: dict(metadata)} if metadata else {}
    at = 0
    for each in tensors:
        tree[each.name] = {
            "dtype": each.word,
            "shape": list(each.shape),
            "data_offsets": [at, at + each.octets],
        }
        at += each.octets
    text = json.dumps(tree, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % _ALIGNED)
    if len(text) > HEADER:
        raise Damaged(
            "too-many-tensors", "the names of its tensors are more than a header holds; save it in parts"
        )
    return len(text).to_bytes(8, "little") + text


def put(descriptor: int, piece: memoryview) -> None:
    """Write all of a piece.

    Raises:
        OSError: it cannot be written.
    """
    while piece:
        piece = piece[os.write(descriptor, piece) :]
