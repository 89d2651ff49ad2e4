"""The manifest of weights of TensorFlow.js: which octets of a file beside belong to which tensor.

Rules of this file: what is not written as its converter writes it describes nothing. Source: tensorflow/tfjs, tfjs-core/src/io/types.ts.
"""

import math
from typing import Any, Final

from bartizan.supply.parsers.places import stays_beside
from bartizan.supply.parsers.telling import Telling

_WIDTHS: Final = {"float32": 4, "int32": 4, "uint8": 1, "uint16": 2, "bool": 1, "complex64": 8, "float16": 2}
"""Type of an element -> its octets, of those that have as many in every tensor."""


def describe(tree: Any, telling: Telling) -> None:  # noqa: ANN401 - JSON is what it is
    """Say of each file that holds a whole group of tensors that it belongs to the manifest."""
    if not isinstance(tree, list):
        return
    for group in tree:
        match group:
            case {"paths": [str() as path], "weights": [*weights]} if stays_beside(path):
                sizes = [_size(each) for each in weights]
                if all(each >= 0 for each in sizes):
                    telling.describe(path, 0, sum(sizes))
            case _:
                pass


def _size(weight: object) -> int:
    """Return the octets of a tensor; -1 where they do not follow from what is said of it."""
    match weight:
        case {"shape": [*shape], "dtype": str() as kind, **more} if all(
            type(each) is int and each >= 0 for each in shape
        ):
            packed = more.get("quantization")
            stored = packed.get("dtype") if isinstance(packed, dict) else kind
            width = _WIDTHS.get(stored) if isinstance(stored, str) else None
            return -1 if width is None else math.prod(shape) * width
        case _:
            return -1
