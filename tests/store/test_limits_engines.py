"""What holds for limits whoever counts: the memory of a process, or a server that many share."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bartizan.clock import MICROSECOND, MINUTE, SECOND, Nanoseconds
from bartizan.store.gauge import NEVER, OWED, Answer, Ask, Budget, Exceeded, Gauge, Granted, Places, Rate
from bartizan.store.memory_limits import LEASE
from tests.store.engines import Engine

START = Nanoseconds(1_800_000_000 * SECOND)
ENDS = Nanoseconds(START + 3600 * SECOND)
RATE = Rate(Nanoseconds(SECOND), 10)


any_engine = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40
)
STEPS = st.lists(
    st.tuples(
        st.integers(min_value=0, max_value=4_000_000),  # microseconds since the last step
        st.integers(min_value=0, max_value=12),  # expected
        st.integers(min_value=0, max_value=12),  # spent
        st.integers(min_value=0, max_value=5),  # how many requests later it ends
    ),
    max_size=40,
)


def held(key: str, gauge: Gauge, units: int) -> tuple[Ask, ...]:
    return (Ask(key, gauge, units),)


@any_engine
@given(steps=STEPS)
def test_what_is_paid_in_any_span_is_at_most_the_burst_and_the_rate(
    engine: Engine, steps: list[tuple[int, int, int, int]]
) -> None:
    """Where nothing costs more than was expected; what does is owed and has to be waited for."""
    engine.fresh()
    now, open_, spent = START, list[tuple[int, str, int, int]](), list[tuple[Nanoseconds, int]]()
    for number, (gap, expected, cost, later) in enumerate(steps):
        now = Nanoseconds(now + gap * MICROSECOND)
        for due in [one for one in open_ if one[0] <= number]:
            open_.remove(due)
            engine.settle(due[1], now, held("k", RATE, due[2]), (due[3],))
            spent.append((now, due[3]))
        lease = f"q{number}"
        if isinstance(engine.ask(lease, now, held("k", RATE, expected)), Granted):
            open_.append((number + later, lease, expected, min(cost, expected)))
    for first in range(len(spent)):
        for last in range(first, len(spent)):
            span = spent[last][0] - spent[first][0]
            assert sum(cost for _, cost in spent[first : last + 1]) <= RATE.burst + span / RATE.interval


@any_engine
@given(costs=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 6)), max_size=5), order=st.randoms())
def test_the_order_of_settling_does_not_matter(
    engine: Engine, costs: list[tuple[int, int]], order: st.DrawFn
) -> None:
    answers = []
    for shuffled in (False, True):
        engine.fresh()
        for number, (expected, _) in enumerate(costs):
            engine.ask(f"q{number}", START, held("k", RATE, expected))
        ends = list(enumerate(costs))
        if shuffled:
            order.shuffle(ends)  # type: ignore[attr-defined]
        now = Nanoseconds(START + SECOND)
        for number, (expected, cost) in ends:
            engine.settle(f"q{number}", now, held("k", RATE, expected), (cost,))
        answers.append(engine.ask("last", now, held("k", RATE, 0)))
    assert answers[0] == answers[1]


def test_all_limits_are_charged_or_none(engine: Engine) -> None:
    asks = (Ask("a", RATE, 1, held=False), Ask("b", Places(1)), Ask("c", Budget(100, ENDS), 10))
    assert isinstance(engine.ask("one", START, asks), Granted)
    for _ in range(20):
        assert engine.ask("two", START, asks) == Exceeded(1, Nanoseconds(SECOND), (0, 0, 0))
    engine.settle("one", START, asks, (1, 1, 10))
    answer = engine.ask("three", START, asks)
    assert isinstance(answer, Granted)
    assert answer.left == (8, 0, 80)


def test_the_limit_that_has_to_be_waited_for_longest_is_named(engine: Engine) -> None:
    asks = (Ask("places", Places(1)), Ask("budget", Budget(10, ENDS), 10), Ask("rate", RATE, 1))
    assert isinstance(engine.ask("one", START, asks), Granted)
    engine.settle("one", START, asks, (1, 10, 1))
    answer = engine.ask("two", START, asks)
    assert isinstance(answer, Exceeded)
    assert (answer.at, answer.wait) == (1, ENDS - START)


def test_what_costs_more_than_there_ever_is_never_passes(engine: Engine) -> None:
    assert engine.ask("one", START, held("k", RATE, 11)) == Exceeded(0, NEVER, (0,))
    assert isinstance(engine.ask("two", START, held("k", RATE, 10)), Granted)


@pytest.mark.parametrize("most", [1, 7, 11, 19, 61, 7_000, 999_999_999])
def test_a_rate_that_is_no_whole_number_of_microseconds_grants_all_of_its_burst(
    engine: Engine, most: int
) -> None:
    """As many a minute: a server counts in microseconds, and what it rounds must not make one unit too dear for ever."""
    for burst in (1, max(1, most // 10), most):
        engine.fresh()
        gauge = Rate(Nanoseconds(-(-MINUTE // most)), burst)
        assert isinstance(engine.ask("one", START, held("k", gauge, burst)), Granted)
        engine.settle("one", START, held("k", gauge, burst), (burst,))
        assert isinstance(engine.ask("two", START, held("k", gauge, burst)), Exceeded)


def test_whoever_costs_more_than_expected_waits_for_it(engine: Engine) -> None:
    asks = held("k", RATE, 1)
    engine.ask("one", START, asks)
    engine.settle("one", START, asks, (30,))
    answer = engine.ask("two", START, asks)
    assert answer == Exceeded(0, Nanoseconds(21 * SECOND), (0,))
    assert isinstance(engine.ask("three", Nanoseconds(START + 21 * SECOND), asks), Granted)


def test_holding_for_long_and_giving_back_at_the_end_buys_no_second_burst(engine: Engine) -> None:
    engine.ask("long", START, held("k", RATE, 10))
    later = Nanoseconds(START + 30 * SECOND)
    assert isinstance(engine.ask("two", later, held("k", RATE, 1)), Exceeded)
    engine.settle("long", later, held("k", RATE, 10), (0,))
    engine.ask("burst", later, held("k", RATE, 10))
    engine.settle("burst", later, held("k", RATE, 10), (10,))
    assert isinstance(engine.ask("more", later, held("k", RATE, 1)), Exceeded)


def test_settling_twice_gives_nothing_back_twice(engine: Engine) -> None:
    asks = held("k", RATE, 5)
    engine.ask("one", START, asks)
    engine.ask("two", START, asks)
    engine.settle("one", START, asks, (0,))
    engine.settle("one", START, asks, (0,))
    answer = engine.ask("three", START, held("k", RATE, 0))
    assert isinstance(answer, Granted)
    assert answer.left == (5,)


def test_what_a_dead_worker_held_is_paid_when_its_lease_runs_out(engine: Engine) -> None:
    asks = (Ask("places", Places(1)), Ask("budget", Budget(100, ENDS), 60))
    assert isinstance(engine.ask("dead", START, asks), Granted)
    assert isinstance(engine.ask("two", Nanoseconds(START + LEASE - MICROSECOND), asks), Exceeded)
    answer = engine.ask("two", Nanoseconds(START + LEASE), (asks[0], Ask("budget", Budget(100, ENDS), 40)))
    assert isinstance(answer, Granted)
    assert answer.left == (0, 0)


def test_a_lease_that_is_renewed_does_not_run_out(engine: Engine) -> None:
    asks = held("places", Places(1), 1)
    engine.ask("long", START, asks)
    engine.renew("long", Nanoseconds(START + LEASE // 2), asks)
    assert isinstance(engine.ask("two", Nanoseconds(START + LEASE), asks), Exceeded)
    assert isinstance(engine.ask("two", Nanoseconds(START + LEASE + LEASE // 2), asks), Granted)


def test_each_threshold_of_a_budget_is_told_of_once(engine: Engine) -> None:
    budget, told = Budget(100, ENDS), list[int]()
    for number in range(120):
        asks = held("k", budget, 1)
        answer = engine.ask(f"q{number}", START, asks)
        told.extend(_told(answer) if isinstance(answer, Exceeded) else ())
        if isinstance(answer, Granted):
            told.extend(engine.settle(f"q{number}", START, asks, (1,)))
    assert [(place, threshold) for place, threshold in enumerate(told) if threshold] == [
        (49, 50),
        (79, 80),
        (99, 100),
    ]


def test_a_budget_that_refuses_is_used_up_although_a_little_is_left(engine: Engine) -> None:
    budget = Budget(100, ENDS)
    engine.ask("one", START, held("k", budget, 95))
    assert engine.settle("one", START, held("k", budget, 95), (95,)) == (80,)
    assert engine.ask("two", START, held("k", budget, 10)) == Exceeded(0, Nanoseconds(ENDS - START), (100,))
    assert engine.ask("three", START, held("k", budget, 10)) == Exceeded(0, Nanoseconds(ENDS - START), (0,))


def test_large_figures_are_counted_to_the_unit(engine: Engine) -> None:
    most = 10**15
    asks = held("k", Budget(most, ENDS), most - 1)
    engine.ask("one", START, asks)
    engine.settle("one", START, asks, (most - 1,))
    answer = engine.ask("two", START, held("k", Budget(most, ENDS), 1))
    assert isinstance(answer, Granted)
    assert answer.left == (0,)


@pytest.mark.parametrize("gauge", [Rate(Nanoseconds(60 * SECOND), 1), RATE, Budget(100, ENDS)])
def test_a_claim_of_any_size_is_owed_for_a_month_at_most_and_breaks_nothing(
    engine: Engine, gauge: Gauge
) -> None:
    for number, claim in enumerate((2**53, 10**18, 10**30)):
        asks = (*held(f"k{number}", gauge, 1), *held("places", Places(9), 1))
        assert isinstance(engine.ask(f"q{number}", START, asks), Granted)
        engine.settle(f"q{number}", START, asks, (claim, 1))
        answer = engine.ask("next", START, asks)
        assert isinstance(answer, Exceeded)
        assert 0 < answer.wait <= OWED + SECOND
        assert isinstance(engine.ask(f"other {number}", START, held("another", RATE, 1)), Granted)
        later = Nanoseconds(START + OWED)
        if isinstance(gauge, Rate):
            assert isinstance(engine.ask(f"r{number}", later, held(f"k{number}", gauge, 1)), Granted)


@pytest.mark.parametrize("gauge", [RATE, Places(10), Budget(100, ENDS)])
def test_a_request_of_any_size_is_answered(engine: Engine, gauge: Gauge) -> None:
    for units in (2**53, 10**18, 10**30):
        assert engine.ask("q", START, held("k", gauge, units)) == Exceeded(0, NEVER, (0,))


def test_a_place_that_was_forgotten_is_taken_again_by_whoever_is_in_it(engine: Engine) -> None:
    asks = held("places", Places(1), 1)
    engine.ask("long", START, asks)
    later = Nanoseconds(START + LEASE)
    engine.renew("long", later, asks)  # late: the lease ran out
    assert isinstance(engine.ask("two", later, asks), Exceeded)
    engine.settle("long", later, asks, (1,))
    assert isinstance(engine.ask("two", later, asks), Granted)


def test_who_ends_after_its_lease_ran_out_has_paid_what_was_expected(engine: Engine) -> None:
    asks = held("k", Budget(100, ENDS), 60)
    engine.ask("long", START, asks)
    later = Nanoseconds(START + LEASE)
    engine.settle("long", later, asks, (0,))
    assert isinstance(engine.ask("two", later, held("k", Budget(100, ENDS), 41)), Exceeded)
    engine.settle("long", later, asks, (70,))
    assert isinstance(engine.ask("two", later, held("k", Budget(100, ENDS), 31)), Exceeded)
    assert isinstance(engine.ask("two", later, held("k", Budget(100, ENDS), 30)), Granted)


def test_what_ran_out_and_was_paid_is_not_held_again(engine: Engine) -> None:
    asks = held("k", Budget(100, ENDS), 60)
    engine.ask("long", START, asks)
    later = Nanoseconds(START + LEASE)
    engine.renew("long", later, asks)
    assert isinstance(engine.ask("two", later, held("k", Budget(100, ENDS), 40)), Granted)


@any_engine
@given(key=st.text(st.characters(exclude_categories=()), max_size=40))
def test_any_text_is_a_key_of_its_own(engine: Engine, key: str) -> None:
    engine.fresh()
    assert isinstance(engine.ask("q", START, held(key, Places(1), 1)), Granted)
    assert isinstance(engine.ask("r", START, held(key, Places(1), 1)), Exceeded)
    assert isinstance(engine.ask("s", START, held(key + " ", Places(1), 1)), Granted)


def _told(answer: Answer) -> tuple[int, ...]:
    return answer.told if isinstance(answer, Exceeded | Granted) else ()
