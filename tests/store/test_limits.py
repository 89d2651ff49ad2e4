from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from bartizan.clock import SECOND, Nanoseconds
from bartizan.store.gauge import Rate
from bartizan.store.limits import MemoryLimiter, gcra

LIMITS = st.builds(
    lambda interval, burst: Rate(Nanoseconds(interval), burst),
    st.integers(min_value=1, max_value=10 * SECOND),
    st.integers(min_value=1, max_value=50),
)
GAPS = st.lists(st.integers(min_value=0, max_value=3 * SECOND), max_size=80)
START = Nanoseconds(1_000 * SECOND)


def instants(gaps: Sequence[int]) -> list[Nanoseconds]:
    times, now = [], START
    for gap in gaps:
        now = Nanoseconds(now + gap)
        times.append(now)
    return times


@given(LIMITS, GAPS)
def test_in_no_span_pass_more_than_the_burst_and_the_rate_allow(limit: Rate, gaps: list[int]) -> None:
    tat = Nanoseconds(0)
    passed = []
    for now in instants(gaps):
        conforms, tat, _ = gcra(tat, now, limit)
        if conforms:
            passed.append(now)
    for first in range(len(passed)):
        for last in range(first, len(passed)):
            span = passed[last] - passed[first]
            assert last - first + 1 <= limit.burst + span // limit.interval


@given(LIMITS, GAPS)
def test_whoever_waits_as_long_as_told_passes_and_not_a_nanosecond_earlier(
    limit: Rate, gaps: list[int]
) -> None:
    tat = Nanoseconds(0)
    for now in instants(gaps):
        conforms, tat, wait = gcra(tat, now, limit)
        if not conforms:
            assert wait > 0
            assert gcra(tat, Nanoseconds(now + wait), limit)[0]
            assert not gcra(tat, Nanoseconds(now + wait - 1), limit)[0]


@given(LIMITS)
def test_a_new_key_has_its_whole_burst_at_once(limit: Rate) -> None:
    limiter = MemoryLimiter()
    answers = [limiter.ask("a", START, limit) for _ in range(limit.burst + 1)]
    assert all(answer < 0 for answer in answers[:-1])
    assert answers[-1] > 0


@given(LIMITS, GAPS)
def test_the_memory_answers_as_the_pure_step_does(limit: Rate, gaps: list[int]) -> None:
    limiter, tat = MemoryLimiter(), Nanoseconds(0)
    for now in instants(gaps):
        conforms, tat, wait = gcra(tat, now, limit)
        answer = limiter.ask("a", now, limit)
        assert answer == (now - tat if conforms else wait)
        if answer > 0:
            assert limiter.waits("a", now, limit) == wait


@given(
    LIMITS, st.lists(st.tuples(st.integers(min_value=0, max_value=SECOND), st.integers(0, 12)), max_size=120)
)
def test_a_full_memory_never_frees_a_key_that_still_owes(limit: Rate, asked: list[tuple[int, int]]) -> None:
    small, large = MemoryLimiter(capacity=4), MemoryLimiter(capacity=10_000)
    now = START
    passed: dict[int, list[int]] = {}
    for gap, key in asked:
        now = Nanoseconds(now + gap)
        answer, unbounded = small.ask(str(key), now, limit), large.ask(str(key), now, limit)
        assert len(small) <= 4
        if answer <= 0:
            passed.setdefault(key, []).append(now)
        elif unbounded <= 0:
            assert len(small) == 4  # refused for want of room
    for times in passed.values():
        for first in range(len(times)):
            span = times[-1] - times[first]
            assert len(times) - first <= limit.burst + span // limit.interval


def test_a_flood_of_keys_does_not_wash_out_the_one_that_is_limited() -> None:
    limiter, limit = MemoryLimiter(capacity=100), Rate(SECOND, 1)
    assert limiter.ask("attacker", START, limit) < 0
    answers = [limiter.ask(f"key-{number}", START, limit) for number in range(1_000)]
    assert sum(answer < 0 for answer in answers) == 99
    assert limiter.ask("attacker", START, limit) > 0


def test_a_key_that_owes_nothing_gives_its_place_to_a_new_one() -> None:
    limiter, limit = MemoryLimiter(capacity=2), Rate(SECOND, 1)
    limiter.ask("a", START, limit)
    limiter.ask("b", START, limit)
    assert limiter.ask("c", Nanoseconds(START + SECOND - 1), limit) > 0
    assert limiter.ask("c", Nanoseconds(START + SECOND), limit) < 0
    assert len(limiter) == 2


def test_keys_that_keep_asking_do_not_hide_one_that_stopped() -> None:
    limiter, limit = MemoryLimiter(capacity=50), Rate(SECOND, 2)
    for second in range(10):
        now = Nanoseconds(START + second * SECOND)
        for number in range(50):
            if number < 49 or second == 0:
                limiter.ask(str(number), now, limit)
    later = Nanoseconds(START + 9 * SECOND)
    answers = [limiter.ask("new", later, limit) for _ in range(10)]
    assert any(answer < 0 for answer in answers)


@given(LIMITS, GAPS, st.lists(st.integers(0, 30 * SECOND), min_size=80, max_size=80))
def test_what_others_have_counted_is_only_ever_added(limit: Rate, gaps: list[int], told: list[int]) -> None:
    limiter, alone = MemoryLimiter(), MemoryLimiter()
    for now, more in zip(instants(gaps), told, strict=False):
        limiter.owe("a", now, Nanoseconds(now + more))
        earliest = max(0, more - (limit.burst - 1) * limit.interval)
        assert limiter.waits("a", now, limit) >= earliest
        if limiter.ask("a", now, limit) <= 0:
            assert alone.ask("a", now, limit) <= 0


def test_what_others_have_counted_takes_nobodys_place() -> None:
    limiter, limit = MemoryLimiter(capacity=2), Rate(SECOND, 1)
    limiter.ask("a", START, limit)
    limiter.owe("b", START, Nanoseconds(START + 5 * SECOND))
    limiter.owe("c", START, Nanoseconds(START + 5 * SECOND))
    assert len(limiter) == 2
    later = Nanoseconds(START + SECOND)
    limiter.owe("c", later, Nanoseconds(later + SECOND))  # nothing is owed at "a" any more
    assert len(limiter) == 2
    assert [limiter.waits(key, later, limit) for key in "abc"] == [0, 4 * SECOND, SECOND]
    limiter.owe("d", later, later)
    assert len(limiter) == 2
