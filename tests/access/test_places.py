"""Who gives way to a newcomer: one of the crowd's, and of nobody who is of as many as the newcomer's own."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.access.places import UNKNOWN, Whence, gives_way, whence

WHENCE = st.builds(
    lambda wide, network: (wide, f"{wide}.{network}"), st.sampled_from("abc"), st.integers(0, 3)
)


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("203.0.113.0/24", ("203.0.0.0/16", "203.0.113.0/24")),
        ("2001:db8:1:200::/56", ("2001:db8::/32", "2001:db8:1:200::/56")),
        ("", (UNKNOWN, "a-1")),
    ],
)
def test_a_network_is_of_a_wide_one(prefix: str, expected: Whence) -> None:
    assert whence(prefix, "a-1") == expected


def test_the_oldest_of_the_largest_network_in_the_largest_wide_one_goes() -> None:
    there = [("a", "a.1"), ("b", "b.1"), ("b", "b.2"), ("b", "b.2"), ("a", "a.1")]
    assert gives_way(there, ("c", "c.1")) == 2


def test_where_all_are_of_as_many_the_newcomer_goes() -> None:
    there = [("a", "a.1"), ("b", "b.1")]
    assert gives_way(there, ("c", "c.1")) is None
    assert gives_way(there, ("a", "a.1")) == 0
    assert gives_way(there, ("a", "a.2")) is None  # of its wide network both networks have one


@given(st.lists(WHENCE, min_size=1, max_size=40), WHENCE)
def test_nobody_gives_way_to_one_who_is_of_as_many(there: list[Whence], newcomer: Whence) -> None:
    over = gives_way(there, newcomer)
    wides = Counter(wide for wide, _ in there)
    if over is None:
        assert max(wides.values()) <= wides[newcomer[0]] + 1
        return
    lost = there[over]
    assert wides[lost[0]] == max(wides.values()) or lost[0] == newcomer[0]
    if lost[0] != newcomer[0]:
        assert wides[lost[0]] > wides[newcomer[0]] + 1
    assert lost not in there[:over]  # the oldest of its network


@given(st.lists(WHENCE, min_size=1, max_size=30), st.integers(1, 60))
def test_a_crowd_however_large_takes_places_from_itself_alone(there: list[Whence], many: int) -> None:
    fewest = max(Counter(wide for wide, _ in there).values())
    places = [*there, *(("crowd", f"crowd.{number}") for number in range(fewest))]
    for number in range(many):
        newcomer = ("crowd", f"crowd.{number % 7}.new")
        over = gives_way(places, newcomer)
        if over is not None:
            assert places[over][0] == "crowd"
            places = [*places[:over], *places[over + 1 :], newcomer]
    assert [each for each in places if each[0] != "crowd"] == there
