"""Raw deflate: exactly what was promised, to the last octet of what is compressed."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.supply.containers.inflate import inflated
from bartizan.supply.format import Damaged
from bartizan.supply.octets import Budget, Exhausted


def deflated(octets: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(octets) + stream.flush()


@given(st.binary(max_size=3000), st.integers(1, 100))
def test_what_was_deflated_comes_back(octets: bytes, times: int) -> None:
    whole = octets * times
    assert inflated(memoryview(deflated(whole)), len(whole), Budget()) == whole


@pytest.mark.parametrize("more", [1, 9, 1 << 16, 1 << 17])
def test_nothing_may_stand_after_the_end_of_what_is_compressed(more: int) -> None:
    compressed = deflated(b"words " * 100) + bytes(more)
    with pytest.raises(Damaged):
        inflated(memoryview(compressed), 600, Budget())


@given(st.binary(min_size=1, max_size=300), st.data())
def test_what_is_cut_off_is_damaged(octets: bytes, data: st.DataObject) -> None:
    compressed = deflated(octets)
    with pytest.raises(Damaged):
        inflated(
            memoryview(compressed[: data.draw(st.integers(0, len(compressed) - 1))]), len(octets), Budget()
        )


@pytest.mark.parametrize("size", [0, 1, 599, 601, 1 << 40])
def test_another_size_than_was_promised_is_damaged(size: int) -> None:
    with pytest.raises(Damaged):
        inflated(memoryview(deflated(b"words " * 100)), size, Budget())


def test_what_the_budget_does_not_reach_is_not_begun() -> None:
    with pytest.raises(Exhausted):
        inflated(memoryview(deflated(bytes(10_000))), 10_000, Budget(expanded=9_999))
