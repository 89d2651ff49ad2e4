import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.sample.embed import embed


@given(st.text(max_size=300), st.integers(1, 600))
def test_a_vector_has_length_one_and_is_always_the_same(text: str, dimensions: int) -> None:
    vector = embed(text, dimensions)
    assert len(vector) == dimensions
    assert math.isclose(sum(value * value for value in vector), 1.0)
    assert vector == embed(text, dimensions)


def test_texts_that_share_words_are_nearer_than_texts_that_do_not() -> None:
    tower, same, other = (embed(text) for text in ("the old stone tower", "The OLD tower", "pickled fish"))
    assert _dot(tower, same) > 0.7
    assert _dot(tower, other) < 0.3


def _dot(left: list[float], right: list[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))


@pytest.mark.parametrize("text", ["", "  \n", "!?"])
def test_a_text_without_words_has_a_vector_too(text: str) -> None:
    assert embed(text, 3) == [1.0, 0.0, 0.0]
