"""Limits against published figures, against the binomial distribution itself, and by their coverage."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.threats.evaluation.interval import beta_share, exact, wilson

COUNTS = st.integers(1, 400).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of)))


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),  # Newcombe 1998, table I, method 3 (score)
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilsons_limits_are_those_that_newcombe_published(
    hits: int, of: int, low: float, high: float
) -> None:
    assert wilson(hits, of) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [
        (81, 263, 0.2527, 0.3676),  # Newcombe 1998, table I, method 5 (Clopper and Pearson)
        (15, 148, 0.0578, 0.1617),
        (0, 20, 0.0, 0.1684),
        (1, 29, 0.0009, 0.1776),
    ],
)
def test_exact_limits_are_those_that_newcombe_published(hits: int, of: int, low: float, high: float) -> None:
    assert exact(hits, of) == pytest.approx((low, high), abs=5e-5)


@given(COUNTS)
def test_beyond_each_exact_limit_lies_a_fortieth_of_the_binomial(count: tuple[int, int]) -> None:
    hits, of = count
    low, high = exact(hits, of)
    if hits:
        assert _tail(of, low, range(hits, of + 1)) == pytest.approx(0.025, abs=1e-6)
    if hits < of:
        assert _tail(of, high, range(hits + 1)) == pytest.approx(0.025, abs=1e-6)


def _tail(of: int, share: float, counts: range) -> float:
    return math.fsum(math.comb(of, k) * share**k * (1 - share) ** (of - k) for k in counts)


@given(COUNTS)
def test_limits_hold_the_share(count: tuple[int, int]) -> None:
    hits, of = count
    for low, high in (wilson(hits, of), exact(hits, of)):
        assert 0 <= low <= hits / of <= high <= 1


def test_of_none_nothing_is_known() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    assert exact(0, 0) == (0.0, 1.0)
    assert beta_share(0, 1, 1) == 0
    assert beta_share(1, 1, 1) == 1
