"""What follows from a seed is the same everywhere, and evenly drawn."""

from hypothesis import given
from hypothesis import strategies as st

from bartizan.threats.evaluation.draw import Draw


def test_the_same_words_give_the_same_choices_for_ever() -> None:
    drawn = Draw(7, "sample")
    assert [drawn.below(1000) for _ in range(5)] == [Draw(7, "sample").below(1000), *_next(4)]
    assert Draw(1).pick("abcdef", 6) == ("d", "c", "a", "b", "f", "e")


def _next(count: int) -> list[int]:
    drawn = Draw(7, "sample")
    drawn.below(1000)
    return [drawn.below(1000) for _ in range(count)]


@given(st.lists(st.integers(), unique=True, max_size=40), st.integers(0, 60), st.integers(0, 2**53))
def test_what_is_picked_is_among_the_things_each_once(things: list[int], count: int, seed: int) -> None:
    picked = Draw(seed).pick(things, count)
    assert len(picked) == len(set(picked)) == min(count, len(things))
    assert set(picked) <= set(things)


def test_choices_are_even() -> None:
    drawn = Draw("even")
    counts = [0] * 10
    for _ in range(10_000):
        counts[drawn.below(10)] += 1
    assert all(850 < count < 1150 for count in counts)  # five standard deviations
    assert 2_700 < sum(drawn.percent(30) for _ in range(10_000)) < 3_300
