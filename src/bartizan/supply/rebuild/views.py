"""The octets of a tensor in the order of its elements, from wherever they stand in its storage.

Rules of this file: what stands in a row is handed on as it is, and never copied here. What does not is gathered by slices with a
step, along the longest axis, in pieces that are bounded; each slice is counted as work.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Final, Literal

from bartizan.supply.octets import Budget
from bartizan.supply.rebuild.tensor import WIDTHS, Tensor

PIECE: Final = 16 << 20
"""Octets that are written, or gathered, at once."""
_Format = Literal["B", "H", "I", "Q"]
_FORMATS: Final[dict[int, _Format]] = {1: "B", 2: "H", 4: "I", 8: "Q"}
_COSTS: Final = 4
Axis = tuple[int, int]
"""Elements along it, and from one to the next."""


def octets(tensor: Tensor, budget: Budget) -> Iterator[memoryview]:
    """Yield the octets of a tensor, in pieces.

    Args:
        tensor: all of it lies within its storage.
        budget: of the file; a slice costs operations.
    Raises:
        Exhausted: the budget does not reach.
    """
    if not tensor.elements:
        return
    width = WIDTHS[tensor.word]
    axes = merged(tensor.shape, tensor.stride)
    if not axes or (len(axes) == 1 and axes[0][1] == 1):
        start = tensor.offset * width
        yield from _cut(tensor.storage[start : start + tensor.octets])
        return
    whole = len(tensor.storage) // width
    elements = tensor.storage[: whole * width].cast(_FORMATS[width])
    yield from _gathered(elements, tensor.offset, axes, width, budget)


def merged(shape: Sequence[int], stride: Sequence[int]) -> tuple[Axis, ...]:
    """Return the axes of a tensor, those left out that have one element, and those made one that run on into each other."""
    found: list[Axis] = []
    for extent, step in zip(shape, stride, strict=True):
        if extent == 1:
            continue
        if found and found[-1][1] == extent * step:
            found[-1] = (found[-1][0] * extent, step)
        else:
            found.append((extent, step))
    return tuple(found)


def _cut(row: memoryview) -> Iterator[memoryview]:
    for start in range(0, len(row), PIECE):
        yield row[start : start + PIECE]


def _gathered(
    elements: memoryview, offset: int, axes: tuple[Axis, ...], width: int, budget: Budget
) -> Iterator[memoryview]:
    """Yield elements in their order; the first axis is parted where all of it would be more than a piece."""
    below = math.prod(extent for extent, _ in axes[1:]) * width
    (extent, step), rest = axes[0], axes[1:]
    at_once = max(1, PIECE // below)
    if at_once == 1 and rest:
        for place in range(extent):
            yield from _gathered(elements, offset + place * step, rest, width, budget)
        return
    for place in range(0, extent, at_once):
        count = min(at_once, extent - place)
        yield _slab(elements, offset + place * step, ((count, step), *rest), budget)


def _slab(elements: memoryview, offset: int, axes: tuple[Axis, ...], budget: Budget) -> memoryview:
    """Return elements in their order, all of them at once."""
    counts = [extent for extent, _ in axes]
    kept = memoryview(bytearray(math.prod(counts) * elements.itemsize)).cast(_FORMATS[elements.itemsize])
    places = [math.prod(counts[axis + 1 :]) for axis in range(len(axes))]
    longest = max(range(len(axes)), key=lambda axis: counts[axis])
    others = [axis for axis in range(len(axes)) if axis != longest]
    budget.spend(_COSTS * math.prod(counts[axis] for axis in others))
    extent, step = axes[longest]
    for index in product(*(range(counts[axis]) for axis in others)):
        source = offset + sum(place * axes[axis][1] for place, axis in zip(index, others, strict=True))
        target = sum(place * places[axis] for place, axis in zip(index, others, strict=True))
        kept[target : target + (extent - 1) * places[longest] + 1 : places[longest]] = _row(
            elements, source, extent, step
        )
    return kept.cast("B")


def _row(elements: memoryview, start: int, count: int, step: int) -> memoryview:
    if step:
        return elements[start : start + (count - 1) * step + 1 : step]
    one = elements[start : start + 1]
    return memoryview(one.tobytes() * count).cast(_FORMATS[elements.itemsize])
