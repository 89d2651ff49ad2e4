"""Files of octets without a form of their own (tensors beside a graph), judged by the file of their folder that describes them.

Rules of this file: every octet of such a file belongs to a part that an inert file beside it describes, or is a zero between two of them.
Source: onnx/onnx, docs/ExternalData.md; TensorFlow's tensor bundles.
"""

import os
from collections.abc import Iterable, Iterator
from typing import Final

from bartizan.supply.subject import Beside, ModelFile, Standing

DESCRIBED: Final = "tensor-data"
"""Word for the format of such a file."""
MOST_LOOKED_AT: Final = 256
"""Files of a folder that are asked whether they describe another one."""
_LARGEST_GAP: Final = 1 << 20
_GAPS: Final = 64 << 20
"""Octets between parts, all together."""


def described(name: str, files: Iterable[ModelFile]) -> Iterator[Beside]:
    """Yield what inert files say of a file beside them.

    Args:
        name: of the file.
        files: of its folder.
    """
    for file in files:
        if file.standing is Standing.INERT:
            yield from (each for each in file.beside if each.name == name)


def is_whole(descriptor: int, said: Beside) -> bool:
    """Return whether each octet of an open file is of a described part, or a zero between two.

    Raises:
        OSError: it cannot be read.
    """
    size, at, left = os.fstat(descriptor).st_size, 0, _GAPS
    for start, count in said.parts:
        end = size if count < 0 else start + count
        gap = max(start - at, 0)
        left -= gap
        if end > size or gap > _LARGEST_GAP or left < 0 or any(os.pread(descriptor, gap, at)):
            return False
        at = max(at, end)
    return at == size
