"""A bounded room: strangers give way to each other, never those who have earned their place."""

from hypothesis import given
from hypothesis import strategies as st

from bartizan.access.signin.shards import Shards
from bartizan.access.signin.source import WATCH
from tests.access.signin.given import signin, wrong


def test_no_number_of_strangers_pushes_out_who_signed_in_well() -> None:
    shards = Shards(WATCH, earned=8, strange=8)
    shards.step(signin(0, source="a-home"))
    for n in range(1000):
        shards.step(wrong(1, source=f"a-{n}"))
    assert shards.state("a-home").good_days == 1
    assert len(shards) <= 9


def test_who_tries_on_stays_while_others_come_and_go() -> None:
    shards = Shards(WATCH, earned=8, strange=8)
    for n in range(1000):
        shards.step(wrong(1, source=f"a-{n}"))
        if n % 4 == 0:
            shards.step(wrong(1, principal=f"p-{n}", source="a-busy"))
    assert shards.state("a-busy").tries == 250


@given(
    sources=st.lists(st.integers(0, 50), max_size=200),
    good=st.lists(st.booleans(), min_size=200, max_size=200),
)
def test_the_room_is_bounded_and_a_copy_of_it_goes_on_alike(sources: list[int], good: list[bool]) -> None:
    shards = Shards(WATCH, earned=6, strange=5)
    for n, each in enumerate(sources):
        made = signin if good[n] else wrong
        shards.step(made(n / 50, source=f"a-{each}"))
        assert len(shards) <= 11
    copy = Shards(WATCH, earned=6, strange=5)
    for key, state in shards.items():
        copy.put(key, state)
    assert copy.items() == shards.items()
