"""A target that fails in a row is left alone for a while, then tried with one request, never with many."""

from hypothesis import given
from hypothesis import strategies as st

from bartizan.clock import SECOND, Nanoseconds
from bartizan.gateway.circuit import FAILURES, LONGEST, SHORTEST, TRIAL, Circuit

START = Nanoseconds(1_000 * SECOND)


def opened() -> Circuit:
    circuit = Circuit()
    for number in range(FAILURES):
        assert circuit.fail(START) is (number == FAILURES - 1)
    return circuit


def test_a_few_failures_with_an_answer_between_them_open_nothing() -> None:
    circuit = Circuit()
    for _ in range(20):
        for _ in range(FAILURES - 1):
            assert not circuit.fail(START)
        assert not circuit.succeed()
        assert circuit.closed


def test_an_open_circuit_lets_one_through_when_its_time_is_up() -> None:
    circuit = opened()
    assert not circuit.admits(Nanoseconds(START + SHORTEST - 1))
    trial = Nanoseconds(START + SHORTEST)
    assert circuit.admits(trial)
    circuit.begin(trial)
    assert not circuit.admits(trial)
    assert not circuit.admits(Nanoseconds(trial + TRIAL - 1))
    assert circuit.admits(Nanoseconds(trial + TRIAL))  # whoever tried has been forgotten
    assert circuit.succeed()
    assert circuit.closed
    assert circuit.admits(START)


def test_each_failed_trial_doubles_the_wait_up_to_the_longest() -> None:
    circuit, now, spans = opened(), START, list[int]()
    for _ in range(10):
        now = circuit.until
        circuit.begin(now)
        assert not circuit.fail(now)
        spans.append(circuit.until - now)
    assert spans[:3] == [2 * SHORTEST, 4 * SHORTEST, 8 * SHORTEST]
    assert spans[-1] == LONGEST
    circuit.succeed()
    assert opened().until - START == SHORTEST


@given(st.lists(st.sampled_from(["ask", "succeed", "fail", "wait"]), max_size=200))
def test_while_it_is_not_closed_at_most_one_goes_through_at_a_time(steps: list[str]) -> None:
    circuit, now, under_way = Circuit(), START, 0
    for step in steps:
        if step == "wait":
            now = Nanoseconds(now + SHORTEST // 2)
        elif step == "ask" and circuit.admits(now):
            on_trial = not circuit.closed
            circuit.begin(now)
            assert not on_trial or not circuit.admits(now)
            under_way += 1
        elif under_way and step in {"succeed", "fail"}:
            under_way -= 1
            circuit.succeed() if step == "succeed" else circuit.fail(now)
        assert circuit.closed or circuit.until <= now + max(LONGEST, TRIAL)
