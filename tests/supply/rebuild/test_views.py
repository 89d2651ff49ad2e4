"""The octets of a tensor come in the order of its elements, whatever its strides."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.supply.octets import Budget, Exhausted
from bartizan.supply.rebuild import views
from bartizan.supply.rebuild.tensor import WIDTHS, Tensor, strides
from bartizan.supply.rebuild.views import merged, octets

AXES = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 7)), max_size=4)


def made(axes: list[tuple[int, int]], word: str, offset: int) -> Tensor:
    shape, stride = tuple(each for each, _ in axes), tuple(each for _, each in axes)
    span = offset + sum(max(extent - 1, 0) * step for extent, step in axes) + 1
    width = WIDTHS[word]
    storage = memoryview(bytes(place * 7 % 251 for place in range(span * width + 3)))
    return Tensor("w", word, shape, stride, offset, storage)


def plainly(tensor: Tensor) -> bytes:
    width = WIDTHS[tensor.word]
    places = (
        tensor.offset + sum(at * step for at, step in zip(index, tensor.stride, strict=True))
        for index in itertools.product(*map(range, tensor.shape))
    )
    return b"".join(bytes(tensor.storage[at * width : (at + 1) * width]) for at in places)


@pytest.mark.property
@given(AXES, st.sampled_from(sorted(WIDTHS)), st.integers(0, 3), st.sampled_from([1, 16, 64, 1 << 20]))
def test_any_view_is_read_element_by_element(
    axes: list[tuple[int, int]], word: str, offset: int, piece: int
) -> None:
    tensor = made(axes, word, offset)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(views, "PIECE", piece)
        assert b"".join(map(bytes, octets(tensor, Budget()))) == plainly(tensor)


@given(st.lists(st.integers(1, 9), max_size=5))
def test_what_stands_in_a_row_is_never_copied(shape: list[int]) -> None:
    storage = memoryview(bytes(math.prod(shape) * 4))
    tensor = Tensor("w", "F32", tuple(shape), strides(tuple(shape)), 0, storage)
    for piece in octets(tensor, Budget()):
        assert piece.obj is storage.obj


def test_axes_that_run_on_are_one_and_those_of_one_element_none() -> None:
    assert merged((2, 1, 3, 4), (12, 99, 4, 1)) == ((24, 1),)
    assert merged((3, 2), (1, 3)) == ((3, 1), (2, 3))
    assert merged((), ()) == ()


def test_a_view_that_takes_many_slices_is_counted() -> None:
    tensor = made([(40, 41), (40, 1)], "U8", 0)
    with pytest.raises(Exhausted):
        list(octets(tensor, Budget(operations=39 * 4)))
