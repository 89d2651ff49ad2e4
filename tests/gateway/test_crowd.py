"""There is always room as long as a stranger can make it, and nobody who is trusted makes it."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.gateway import crowd
from bartizan.gateway.crowd import Crowd

MOST, SHARE = 5, 2
STEPS = st.lists(
    st.tuples(st.sampled_from(["enter", "trust", "leave"]), st.integers(0, 11), st.sampled_from("pq"))
)


class Place:
    def __init__(self) -> None:
        self.aborted = 0

    def abort(self) -> None:
        self.aborted += 1


@given(STEPS)
def test_only_strangers_make_room_and_the_crowd_is_bounded(steps: list[tuple[str, int, str]]) -> None:
    places, trusted = [Place() for _ in range(12)], dict[int, str]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(crowd, "_SHARE", MOST // SHARE)
        there = Crowd(MOST)
        for does, number, principal in steps:
            place = places[number]
            if does == "enter" and not place.aborted:
                there.enter(place)
                assert not [one for one in trusted if places[one].aborted]
                if place in (one for one in places if one.aborted):
                    assert len(trusted) == MOST
            elif does == "trust" and there.trust(place, principal):
                trusted.setdefault(number, principal)
            elif does == "leave":
                there.leave(place)
                trusted.pop(number, None)
            assert len(there) <= MOST
            assert max(Counter(trusted.values()).values(), default=0) <= SHARE
            assert there.evicted == sum(one.aborted for one in places)


@pytest.mark.parametrize(("most", "share"), [(1, 1), (64, 8), (400, 50), (8192, 512), (65536, 512)])
def test_no_principal_has_more_than_its_share_however_few_places_there_are(most: int, share: int) -> None:
    there, places = Crowd(most), [Place() for _ in range(share + 1)]
    for place in places:
        there.enter(place)
    assert [there.trust(place, "greedy") for place in places if not place.aborted].count(True) == share


def test_the_oldest_stranger_makes_room() -> None:
    there, places = Crowd(2), [Place() for _ in range(3)]
    for place in places:
        there.enter(place)
    assert [place.aborted for place in places] == [1, 0, 0]


def test_a_source_beyond_its_share_makes_the_room_itself() -> None:
    there, honest = Crowd(16), [Place() for _ in range(4)]
    for number, place in enumerate(honest):
        there.enter(place, f"honest-{number}")
    flood = [Place() for _ in range(100)]
    for place in flood:
        there.enter(place, "flood")
    assert not any(place.aborted for place in honest)
    assert sum(place.aborted for place in flood) == 100 - 12


def test_who_comes_from_a_familiar_address_makes_room_after_all_other_strangers() -> None:
    there, familiar = Crowd(16), Place()
    there.enter(familiar, "home", familiar=True)
    flood = [Place() for _ in range(100)]
    for number, place in enumerate(flood):
        there.enter(place, f"network-{number}")
    assert [familiar.aborted, sum(place.aborted for place in flood)] == [0, 100 - 15]
    more = [Place() for _ in range(16)]
    for number, place in enumerate(more):
        there.enter(place, f"familiar-{number}", familiar=True)
    assert familiar.aborted == 1
    assert len(there) == 16


@given(STEPS)
def test_whoever_left_is_not_counted_for_any_source(steps: list[tuple[str, int, str]]) -> None:
    there, places = Crowd(MOST), [Place() for _ in range(12)]
    for does, number, word in steps:
        if does == "enter" and not places[number].aborted:
            there.enter(places[number], word, familiar=number % 2 == 0)
        elif does == "trust":
            there.trust(places[number], word)
        else:
            there.leave(places[number])
    for place in places:
        there.leave(place)
    assert len(there) == 0
    assert not there._by_source
