"""What holds for limits in memory alone: how much of it there is."""

from hypothesis import given
from hypothesis import strategies as st

from bartizan.clock import SECOND, Nanoseconds
from bartizan.store.gauge import Ask, Exceeded, Granted, Places, Rate
from bartizan.store.memory_limits import LEASE, MemoryLimits

START = Nanoseconds(1_000 * SECOND)
RATE = Rate(SECOND, 1)


def once(key: str) -> tuple[Ask, ...]:
    return (Ask(key, RATE, held=False),)


def test_a_flood_of_keys_does_not_wash_out_the_one_that_is_limited() -> None:
    limits = MemoryLimits(capacity=100)
    assert isinstance(limits.ask("q", START, once("attacker")), Granted)
    answers = [limits.ask(f"q{number}", START, once(f"key-{number}")) for number in range(1_000)]
    assert sum(isinstance(answer, Granted) for answer in answers) == 99
    assert all(
        isinstance(answer, Granted) or answer.wait > 0 for answer in answers if isinstance(answer, Exceeded)
    )
    assert isinstance(limits.ask("q", START, once("attacker")), Exceeded)


def test_who_holds_something_keeps_its_place_until_the_lease_runs_out() -> None:
    limits = MemoryLimits(capacity=1)
    limits.ask("q", START, (Ask("held", Places(1)),))
    assert isinstance(limits.ask("r", Nanoseconds(START + LEASE - 1), once("new")), Exceeded)
    assert isinstance(limits.ask("r", Nanoseconds(START + LEASE), once("new")), Granted)


@given(st.lists(st.tuples(st.integers(0, 2 * SECOND), st.integers(0, 12), st.booleans()), max_size=80))
def test_a_small_memory_grants_nothing_that_a_large_one_would_not(asked: list[tuple[int, int, bool]]) -> None:
    small, large = MemoryLimits(capacity=4), MemoryLimits(capacity=10_000)
    now = START
    for number, (gap, key, held) in enumerate(asked):
        now = Nanoseconds(now + gap)
        asks = (Ask(f"{key} {held}", Places(1) if held else RATE, held=held),)
        answer = small.ask(f"q{number}", now, asks)
        assert len(small) <= 4
        if isinstance(answer, Granted):
            assert isinstance(large.ask(f"q{number}", now, asks), Granted)
