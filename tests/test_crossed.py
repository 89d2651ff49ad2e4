"""The crossed design separates every two of its members, and needs few groups for that."""

from itertools import pairwise, permutations

from hypothesis import given
from hypothesis import strategies as st

from tests.crossed import crossed


@given(st.integers(min_value=2, max_value=120))
def test_for_any_two_there_is_a_group_with_the_one_and_without_the_other(members: int) -> None:
    groups = [{*group} for group in crossed(range(members))]
    parted = {(one, other) for group in groups for one in group for other in {*range(members)} - group}
    assert {*permutations(range(members), 2)} == parted
    assert len(groups) <= (2 * members) ** 0.5 + 2


@given(st.integers(min_value=11, max_value=120))
def test_neighbours_are_in_no_group_together(members: int) -> None:
    for group in crossed(range(members)):
        assert all(other - one > 1 for one, other in pairwise(group))


def test_no_members_need_no_group() -> None:
    assert crossed(()) == ()
