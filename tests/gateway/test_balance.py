"""Requests are shared out by weight among the targets that are fit; who stands by is asked last."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from bartizan.gateway.balance import Balance


@given(st.lists(st.integers(1, 20), min_size=1, max_size=6))
def test_in_each_round_every_target_has_its_weight_exactly(weights: list[int]) -> None:
    balance, everybody = Balance(weights), range(len(weights))
    for _ in range(3):
        told = Counter(balance.choose(everybody) for _ in range(sum(weights)))
        assert told == Counter(dict(enumerate(weights)))


@given(st.lists(st.integers(0, 5), min_size=1, max_size=6), st.data())
def test_only_who_is_fit_is_chosen_and_who_stands_by_only_where_nobody_else_is(
    weights: list[int], data: st.DataObject
) -> None:
    balance = Balance(weights)
    for fit in data.draw(st.lists(st.sets(st.integers(0, len(weights) - 1)), max_size=30)):
        chosen = balance.choose(fit)
        assert (chosen in fit) if fit else chosen is None
        if chosen is not None and not weights[chosen]:
            assert not any(weights[place] for place in fit)


def test_the_turns_are_spread() -> None:
    balance = Balance([3, 1])
    assert [balance.choose([0, 1]) for _ in range(8)] == [0, 0, 1, 0, 0, 0, 1, 0]
